"""How a guest is set up: providers, LinuxPrep and vApp (section 6.5 of the catalogue). Part of `vms.rules`.

Cloud-Init's cloud config and Sysprep's answers have files of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import get
from vmportal.admission.rule import feature, forbidden, invalid, rule
from vmportal.errors import FieldError

BOOTSTRAP = "spec.bootstrap"
LINUX_PREP = f"{BOOTSTRAP}.linuxPrep"
VAPP = f"{BOOTSTRAP}.vAppConfig"
PROPERTIES = f"{VAPP}.properties"

# With it, LinuxPrep and Sysprep take scripts and passwords.
PARITY = feature("GuestCustomizationVCDParity")

NOT_HERE = "Leave this out: guests are not set up with it here."
GIVEN_TWICE = "Write the value here or name a Secret in from, not both."


@rule("VB-26", op="U", exempt="priv", who="admin")
def the_bootstrap_is_not_taken_away(vm: Admitting) -> Iterator[FieldError]:
    """A VM with bootstrap settings keeps some; only privileged users take all of them away."""
    if get(vm.old, BOOTSTRAP) is not None and vm.get(BOOTSTRAP) is None:
        yield forbidden(
            BOOTSTRAP, "Put the bootstrap settings back: only privileged users may take them away."
        )


@rule("VB-27", op="U", exempt="priv", who="admin")
def the_bootstrap_provider_stays(vm: Admitting) -> Iterator[FieldError]:
    """A VM keeps its bootstrap provider: Cloud-Init, LinuxPrep or Sysprep. Its settings are free."""
    if vm.get(BOOTSTRAP) is None:
        return
    for provider in ("cloudInit", "linuxPrep", "sysprep"):
        path = f"{BOOTSTRAP}.{provider}"
        if get(vm.old, path) is not None and vm.get(path) is None:
            yield forbidden(
                path, f"Put {provider} back: only privileged users may give a VM another bootstrap provider."
            )
            return


@rule("VB-01")
def cloud_init_comes_alone(vm: Admitting) -> Iterator[FieldError]:
    """Cloud-Init excludes LinuxPrep, Sysprep and vApp configuration."""
    if _has(vm, "cloudInit") and _has(vm, "linuxPrep", "sysprep", "vAppConfig"):
        yield forbidden("spec.bootstrap.cloudInit", "Use Cloud-Init alone: leave the other providers out.")


@rule("VB-02")
def linux_prep_comes_without_another_provider(vm: Admitting) -> Iterator[FieldError]:
    """LinuxPrep excludes Cloud-Init and Sysprep."""
    if _has(vm, "linuxPrep") and _has(vm, "cloudInit", "sysprep"):
        yield forbidden(LINUX_PREP, "LinuxPrep excludes Cloud-Init and Sysprep: keep one of them.")


@rule("VB-03")
def sysprep_comes_without_another_provider(vm: Admitting) -> Iterator[FieldError]:
    """Sysprep excludes Cloud-Init and LinuxPrep."""
    if _has(vm, "sysprep") and _has(vm, "cloudInit", "linuxPrep"):
        yield forbidden(
            "spec.bootstrap.sysprep", "Sysprep excludes Cloud-Init and LinuxPrep: keep one of them."
        )


@rule("VB-04")
def vapp_configuration_comes_without_cloud_init(vm: Admitting) -> Iterator[FieldError]:
    """vApp configuration excludes Cloud-Init."""
    if _has(vm, "vAppConfig") and _has(vm, "cloudInit"):
        yield forbidden(VAPP, "Cloud-Init excludes vApp configuration: keep one of them.")


@rule("VB-09", gate=PARITY)
def the_script_of_linux_prep_is_given_once(vm: Admitting) -> Iterator[FieldError]:
    """LinuxPrep's script is written here or stands in a Secret."""
    script = f"{LINUX_PREP}.scriptText"
    if is_given_twice(vm.get(script)):
        yield invalid(f"{LINUX_PREP}.scriptText.value", GIVEN_TWICE)


@rule("VB-10", gate=~PARITY, who="vsphere")
def linux_prep_expires_no_password(vm: Admitting) -> Iterator[FieldError]:
    """Without guest customization parity LinuxPrep expires no password."""
    if vm.get(f"{LINUX_PREP}.expirePasswordAfterNextLogin") is True:
        yield forbidden(f"{LINUX_PREP}.expirePasswordAfterNextLogin", NOT_HERE)


@rule("VB-11", gate=~PARITY, who="vsphere")
def linux_prep_sets_no_password(vm: Admitting) -> Iterator[FieldError]:
    """Without guest customization parity LinuxPrep sets no password."""
    if vm.get(f"{LINUX_PREP}.password") is not None:
        yield forbidden(f"{LINUX_PREP}.password", NOT_HERE)


@rule("VB-12", gate=~PARITY, who="vsphere")
def linux_prep_runs_no_script(vm: Admitting) -> Iterator[FieldError]:
    """Without guest customization parity LinuxPrep runs no script."""
    if vm.get(f"{LINUX_PREP}.scriptText") is not None:
        yield forbidden(f"{LINUX_PREP}.scriptText", NOT_HERE)


@rule("VB-23")
def vapp_properties_are_structured_or_raw(vm: Admitting) -> Iterator[FieldError]:
    """vApp properties are listed here or stand in a Secret."""
    if vm.get(PROPERTIES) and vm.text(f"{VAPP}.rawProperties"):
        yield FieldError(VAPP, "TypeInvalid", "Leave either properties or rawProperties out.")


@rule("VB-24")
def a_vapp_property_has_a_key(vm: Admitting) -> Iterator[FieldError]:
    """Each vApp property has a key."""
    # Without index, as the reference has it (QRK-10).
    if any(not item.get("key") for _, item in vm.each(PROPERTIES)):
        yield invalid("spec.bootstrap.vAppConfig.properties.key", "Give each property a key.")


@rule("VB-25")
def a_vapp_property_is_given_once(vm: Admitting) -> Iterator[FieldError]:
    """The value of a vApp property is written here or stands in a Secret."""
    if any(is_given_twice(item.get("value")) for _, item in vm.each(PROPERTIES)):
        yield invalid("spec.bootstrap.vAppConfig.properties.value", GIVEN_TWICE)


def is_given_twice(value: object) -> bool:
    """Whether a value is both written and in a Secret; an empty text is one, too."""
    return isinstance(value, dict) and value.get("from") is not None and value.get("value") is not None


def _has(vm: Admitting, *providers: str) -> bool:
    """Whether any of these is there; an empty object is."""
    return any(vm.get(f"{BOOTSTRAP}.{provider}") is not None for provider in providers)
