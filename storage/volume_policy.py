"""What the portal asks of a VM's volumes beyond VM Operator's rules. Part of `vms.policy`; pure.

What concerns the disks of the image is `vms.disk_policy`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage.volume_sharing import WINDOWS, has_many_writers, is_shared, judged
from storage.volumes import CLAIM_NAME, VOLUMES, is_same, volumes_by_name
from vmportal.admission import Admitting
from vmportal.admission.metadata import is_dns_label, is_dns_subdomain
from vmportal.admission.reading import text
from vmportal.admission.rule import FieldWarning, invalid, policy, warn
from vmportal.errors import FieldError


@policy("D-05", exempt="vmop")
def many_writers_need_a_shared_claim(vm: Admitting) -> Iterator[FieldError]:
    """Sharing mode MultiWriter needs a claim with ReadWriteMany, for an application or not (STO-35)."""
    for path, volume, claim in judged(vm):
        # What has an application type is VV-26's.
        is_known_unshared = bool(claim) and not is_shared(claim)
        if has_many_writers(volume) and is_known_unshared and not text(volume, "applicationType"):
            yield invalid(
                f"{path}.sharingMode", "Choose a claim with access mode ReadWriteMany, or None here."
            )


@policy("D-32")
def a_windows_cluster_shares_the_controller_only(vm: Admitting) -> Iterator[FieldWarning]:
    """A volume for a Windows failover cluster shares through its controller, not by MultiWriter (STO-42)."""
    before = volumes_by_name(vm.old)
    for path, volume in vm.each(VOLUMES):
        is_changed = not is_same(volume, before.get(text(volume, "name")))
        if is_changed and text(volume, "applicationType") == WINDOWS and has_many_writers(volume):
            yield warn(
                f"{path}.sharingMode", "A failover cluster shares its controller; MultiWriter may harm it."
            )


@policy("D-42", exempt="vmop")
def the_name_of_a_volume_is_a_dns_label(vm: Admitting) -> Iterator[FieldError]:
    """A new volume is named by a DNS label (STO-17)."""
    before = volumes_by_name(vm.old)
    for path, volume in vm.each(VOLUMES):
        name = text(volume, "name")
        # What makes no subdomain either is VV-04's.
        if name not in before and is_dns_subdomain(f"{vm.name}-{name}") and not is_dns_label(name):
            yield invalid(
                f"{path}.name",
                "Use lower case letters, digits and inner '-' only, and keep to 63 characters.",
            )


@policy("QRK-18", op="U")
def a_volume_gets_another_disk(vm: Admitting) -> Iterator[FieldWarning]:
    """Another claim under the name of a volume is accepted with a warning."""
    before = volumes_by_name(vm.old)
    for path, volume in vm.each(VOLUMES):
        name = text(volume, "name")
        was, now = text(before.get(name), CLAIM_NAME), text(volume, CLAIM_NAME)
        if was and now and was != now:
            yield warn(
                f"{path}.persistentVolumeClaim.claimName",
                f"Volume {name!r} gets another disk: what is on {was!r} stays there.",
            )
