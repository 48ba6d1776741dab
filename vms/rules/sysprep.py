"""What Sysprep's answers look like (section 6.5 of the catalogue, VB-13 on). Part of `vms.rules`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import Gate, forbidden, invalid, rule
from vmportal.errors import FieldError
from vms.rules.bootstrap import GIVEN_TWICE, NOT_HERE, PARITY, is_given_twice

SYSPREP = "spec.bootstrap.sysprep"
ANSWERS = f"{SYSPREP}.sysprep"
LOGON = f"{ANSWERS}.guiUnattended"
IDENTIFICATION = f"{ANSWERS}.identification"
DOMAIN = "spec.network.domainName"

INLINE = Gate("answers inline", lambda vm: vm.get(ANSWERS) is not None)
IDENTIFIED = INLINE & Gate("identification present", lambda vm: vm.get(IDENTIFICATION) is not None)


@rule("VB-13")
def the_answers_are_inline_or_raw(vm: Admitting) -> Iterator[FieldError]:
    """Sysprep's answers are written here or stand in a Secret, not both."""
    if vm.get(ANSWERS) is not None and vm.get(f"{SYSPREP}.rawSysprep") is not None:
        yield invalid(SYSPREP, "Leave either sysprep or rawSysprep out.")


@rule("VB-14")
def the_answers_are_given(vm: Admitting) -> Iterator[FieldError]:
    """Sysprep needs its answers, here or in a Secret."""
    is_given = any(vm.get(f"{SYSPREP}.{key}") is not None for key in ("sysprep", "rawSysprep"))
    if vm.get(SYSPREP) is not None and not is_given:
        yield invalid(SYSPREP, "Give Sysprep's answers in sysprep, or name their Secret in rawSysprep.")


@rule("VB-15", gate=INLINE)
def automatic_logon_is_counted(vm: Admitting) -> Iterator[FieldError]:
    """Automatic logon needs the number of logons."""
    if vm.get(f"{LOGON}.autoLogon") is True and not vm.number(f"{LOGON}.autoLogonCount"):
        yield invalid(ANSWERS, "Say in autoLogonCount how often to log on, or leave autoLogon out.")


@rule("VB-16", gate=INLINE)
def automatic_logon_has_a_password(vm: Admitting) -> Iterator[FieldError]:
    """Automatic logon needs the administrator's password."""
    if vm.get(f"{LOGON}.autoLogon") is True and not vm.text(f"{LOGON}.password.name"):
        yield invalid(ANSWERS, "Name the Secret of the administrator's password, or leave autoLogon out.")


@rule("VB-17", gate=IDENTIFIED)
def a_domain_excludes_a_workgroup(vm: Admitting) -> Iterator[FieldError]:
    """A guest joins a domain or a workgroup."""
    if vm.text(DOMAIN) and vm.text(f"{IDENTIFICATION}.joinWorkgroup"):
        yield invalid(ANSWERS, "Leave either joinWorkgroup or spec.network.domainName out.")


@rule("VB-18", gate=IDENTIFIED)
def joining_a_domain_needs_its_admin(vm: Admitting) -> Iterator[FieldError]:
    """Joining a domain needs a domain admin and his password."""
    is_complete = all(
        vm.text(f"{IDENTIFICATION}.{key}") for key in ("domainAdmin", "domainAdminPassword.name")
    )
    if vm.text(DOMAIN) and not is_complete:
        yield invalid(ANSWERS, "Give domainAdmin and domainAdminPassword, or leave identification out.")


@rule("VB-19", gate=IDENTIFIED)
def a_workgroup_has_no_domain_settings(vm: Admitting) -> Iterator[FieldError]:
    """Joining a workgroup excludes all settings of a domain."""
    has_domain = (
        vm.text(f"{IDENTIFICATION}.domainAdmin")
        or vm.text(f"{IDENTIFICATION}.domainOU")
        or vm.get(f"{IDENTIFICATION}.domainAdminPassword") is not None
    )
    if vm.text(f"{IDENTIFICATION}.joinWorkgroup") and has_domain:
        yield invalid(ANSWERS, "With joinWorkgroup, leave domainAdmin, domainAdminPassword and domainOU out.")


@rule("VB-20", gate=INLINE & PARITY)
def the_script_of_sysprep_is_given_once(vm: Admitting) -> Iterator[FieldError]:
    """Sysprep's script is written here or stands in a Secret."""
    if is_given_twice(vm.get(f"{ANSWERS}.scriptText")):
        yield invalid(f"{ANSWERS}.scriptText.value", GIVEN_TWICE)


# The two paths that follow are one level short, as the reference has them (QRK-10).


@rule("VB-21", gate=INLINE & ~PARITY, who="vsphere")
def sysprep_expires_no_password(vm: Admitting) -> Iterator[FieldError]:
    """Without guest customization parity Sysprep expires no password."""
    if vm.get(f"{ANSWERS}.expirePasswordAfterNextLogin") is True:
        yield forbidden(f"{SYSPREP}.expirePasswordAfterNextLogin", NOT_HERE)


@rule("VB-22", gate=INLINE & ~PARITY, who="vsphere")
def sysprep_runs_no_script(vm: Admitting) -> Iterator[FieldError]:
    """Without guest customization parity Sysprep runs no script."""
    if vm.get(f"{ANSWERS}.scriptText") is not None:
        yield forbidden(f"{SYSPREP}.scriptText", NOT_HERE)
