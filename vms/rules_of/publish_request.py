"""What a VirtualMachinePublishRequest may look like (section 7.5 of the catalogue). Pure.

The source VM need not exist, nor be named (PUB-03). What belongs to a group's request is refused without path and
alone, as in the reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting, Policies
from vmportal.admission.deletion import guards_in_deletion
from vmportal.admission.reading import annotation, get, label, put, text
from vmportal.admission.rule import Gate, forbidden, invalid, not_supported, policy, required, rule
from vmportal.errors import FieldError

SOURCE, TARGET = "spec.source", "spec.target"
LOCATION = f"{TARGET}.location"
VERSIONS = tuple(
    f"vmoperator.vmware.com/{version}" for version in ("v1alpha1", "v1alpha2", "v1alpha3", "v1alpha5")
)
FORGOTTEN_VERSION = "vmoperator.vmware.com/v1alpha4"
LIBRARY_VERSIONS = ("imageregistry.vmware.com/v1alpha1", "imageregistry.vmware.com/v1alpha2")
SOURCE_FIELDS = ("apiVersion", "kind", "name")
TARGET_FIELDS = (
    "item.name",
    "item.description",
    "location.apiVersion",
    "location.kind",
    "location.name",
)
QUOTA_ANNOTATIONS = (
    "vmware-system-vcfa-storage-quota",
    "vcfa.storage.quota.check.vmware.com/requested-capacity",
    "vcfa.storage.quota.check.vmware.com/status",
    "vcfa.storage.quota.check.vmware.com/message",
)
MANAGED_BY = "vmoperator.vmware.com/virtualmachinepublishrequest-managed-by"
GROUP_REQUEST = "VirtualMachineGroupPublishRequest"
PROVIDER_ADMINS = "sso:SupervisorProviderAdministrators@vsphere.local"
STAYS = "This cannot be changed: put it back, or make another request."


def _is_of_no_group(request: Admitting) -> bool:
    """Whether it says that it belongs to a group's request, and none of its owners is that."""
    uid = request.label(MANAGED_BY)
    return uid is not None and not any(
        (text(owner, "kind"), text(owner, "uid")) == (GROUP_REQUEST, uid)
        for _, owner in request.each("metadata.ownerReferences")
    )


def _is_of_a_group(request: Admitting) -> bool:
    return label(request.old, MANAGED_BY) is not None


def _is_locked(request: Admitting) -> bool:
    return not (request.is_privileged or PROVIDER_ADMINS in request.user.groups) and (
        _is_of_a_group(request) or request.label(MANAGED_BY) is not None
    )


UNOWNED = Gate(f"label {MANAGED_BY} without its owner", _is_of_no_group)
MANAGED = Gate(f"label {MANAGED_BY} before", _is_of_a_group)
LOCKED = Gate(f"label {MANAGED_BY} for the user", _is_locked)
ORDINARY = Gate(f"not by {PROVIDER_ADMINS}", lambda request: PROVIDER_ADMINS not in request.user.groups)


@rule("PUB-07", op="C", gate=UNOWNED)
def a_part_of_a_group_has_its_owner(request: Admitting) -> Iterator[FieldError]:
    """A request that says it is part of a group's request is owned by that."""
    yield forbidden(
        "", f"Take the label {MANAGED_BY} off: the request it names is not the owner of this one."
    )


@rule("PUB-08", op="U", exempt="priv", gate=MANAGED & ORDINARY, who="admin")
def a_part_of_a_group_stays(request: Admitting) -> Iterator[FieldError]:
    """A part of a group's request is changed by privileged users and provider administrators only."""
    yield forbidden("", "Change the request of the group instead: this one is part of it.")


@rule("PUB-09", op="U", exempt="priv", gate=~MANAGED & ORDINARY, who="admin")
def none_becomes_a_part_of_a_group(request: Admitting) -> Iterator[FieldError]:
    """A request does not become part of a group's request later."""
    if request.label(MANAGED_BY) is not None:
        yield forbidden("", f"Take the label {MANAGED_BY} off: only new requests have it.")


@rule("PUB-01", op="C", gate=~UNOWNED)
def the_source_has_a_known_version(request: Admitting) -> Iterator[FieldError]:
    """The API version of the source is one of VM Operator's, but v1alpha4 is not (QRK-01)."""
    if request.text(f"{SOURCE}.apiVersion") not in ("", *VERSIONS):
        yield not_supported("spec.source.apiVersion", f"Leave this out, or say {VERSIONS[-1]}.")


@rule("PUB-02", op="C", gate=~UNOWNED)
def the_source_is_a_vm(request: Admitting) -> Iterator[FieldError]:
    """The source is a VirtualMachine."""
    if request.text(f"{SOURCE}.kind") not in ("", "VirtualMachine"):
        yield not_supported("spec.source.kind", "Leave this out, or say VirtualMachine.")


@rule("PUB-04", op="C", gate=~UNOWNED)
def a_library_is_named(request: Admitting) -> Iterator[FieldError]:
    """The library that the image goes to is named."""
    if not request.text(f"{LOCATION}.name"):
        yield required("spec.target.location.name", "Name the content library that the image goes to.")


@rule("PUB-05", op="C", gate=~UNOWNED)
def the_library_has_a_known_version(request: Admitting) -> Iterator[FieldError]:
    """The API version of the library is one of the image registry's."""
    if request.text(f"{LOCATION}.apiVersion") not in LIBRARY_VERSIONS:
        yield not_supported("spec.target.location.apiVersion", f"Say {LIBRARY_VERSIONS[0]}.")


@rule("PUB-06", op="C", gate=~UNOWNED)
def the_target_is_a_library(request: Admitting) -> Iterator[FieldError]:
    """The image goes to a ContentLibrary."""
    if request.text(f"{LOCATION}.kind") != "ContentLibrary":
        yield not_supported("spec.target.location.kind", "Say ContentLibrary.")


@rule("PUB-10", op="U", gate=~LOCKED)
def the_source_stays(request: Admitting) -> Iterator[FieldError]:
    """The source is immutable."""
    if any(request.changed(f"{SOURCE}.{field}") for field in SOURCE_FIELDS):
        yield invalid("spec.source", STAYS)


@rule("PUB-11", op="U", gate=~LOCKED)
def the_target_stays(request: Admitting) -> Iterator[FieldError]:
    """The target is immutable."""
    if any(request.changed(f"{TARGET}.{field}") for field in TARGET_FIELDS):
        yield invalid("spec.target", STAYS)


@rule("PUB-12", exempt="priv", gate=ORDINARY & ~(UNOWNED | LOCKED), who="admin")
def the_quota_check_is_not_touched(request: Admitting) -> Iterator[FieldError]:
    """The annotations of the storage quota check are for privileged users and provider administrators."""
    for key in QUOTA_ANNOTATIONS:
        if (request.annotation(key) or "") != (annotation(request.old, key) or ""):
            yield forbidden(
                f"metadata.annotations[{key}]",
                "Put this annotation back as it was: it belongs to the quota check.",
            )


@policy("QRK-01", op="C")
def the_forgotten_version_is_a_newer_one(request: Admitting) -> None:
    """A source of version v1alpha4, which VM Operator forgets to accept, is one of v1alpha5."""
    if get(request.new, f"{SOURCE}.apiVersion") == FORGOTTEN_VERSION:
        put(request.new, f"{SOURCE}.apiVersion", VERSIONS[-1])


ADMISSION = Admission(
    rules=(
        a_part_of_a_group_has_its_owner,
        a_part_of_a_group_stays,
        none_becomes_a_part_of_a_group,
        the_source_has_a_known_version,
        the_source_is_a_vm,
        a_library_is_named,
        the_library_has_a_known_version,
        the_target_is_a_library,
        the_source_stays,
        the_target_stays,
        the_quota_check_is_not_touched,
    ),
    policies=Policies(
        complete=(the_forgotten_version_is_a_newer_one,),
        in_deletion=(
            guards_in_deletion(
                a_part_of_a_group_stays, none_becomes_a_part_of_a_group, the_quota_check_is_not_touched
            ),
        ),
    ),
)
