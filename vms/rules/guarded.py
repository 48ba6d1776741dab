"""Annotations and labels that not everybody writes (section 6.11 of the catalogue, VA-01 to VA-12). Part of `vms.rules`.

Absent and empty are the same here (VA-11). The checks, which anybody may see, stand in `checks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import annotation, label
from vmportal.admission.rule import forbidden, rule
from vmportal.errors import FieldError
from vms.annotations import (
    CLOUD_INIT_INSTANCE_ID,
    CLUSTER_MODULE,
    CREATED_AT_BUILD,
    CREATED_AT_SCHEMA,
    FAILED_OVER,
    FIRST_BOOT_DONE,
    IMPORTED,
    PAUSED_LABEL,
    PROXY_ALLOWLIST,
    PROXY_WATERMARK,
    RESTORED,
)


@rule("VA-01")
def a_cluster_module_needs_a_resource_policy(vm: Admitting) -> Iterator[FieldError]:
    """A VM in a cluster module names the resource policy that has it."""
    if vm.annotation(CLUSTER_MODULE) and not vm.text("spec.reserved.resourcePolicyName"):
        yield forbidden(
            f"metadata.annotations[{CLUSTER_MODULE}]",
            "Name the resource policy of the cluster module in spec.reserved.resourcePolicyName, "
            "or leave the annotation out.",
        )


@rule("VA-02", exempt="priv", who="admin")
def the_instance_id_of_cloud_init_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users write the annotation that overrides Cloud-Init's instance ID."""
    yield from _unchanged(vm, CLOUD_INIT_INSTANCE_ID)


@rule("VA-03", exempt="priv", who="admin")
def the_first_boot_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users note that a VM has booted once."""
    yield from _unchanged(vm, FIRST_BOOT_DONE)


@rule("VA-04", exempt="priv", who="admin")
def a_restore_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users note that a VM was restored."""
    yield from _unchanged(vm, RESTORED)


@rule("VA-05", exempt="priv", who="admin")
def a_failover_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users note that a VM failed over."""
    yield from _unchanged(vm, FAILED_OVER)


@rule("VA-06", exempt="priv", who="admin")
def an_import_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users note that a VM was imported."""
    yield from _unchanged(vm, IMPORTED)


@rule("VA-07", exempt="priv", who="admin")
def the_management_proxy_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users write the annotations of the management proxy."""
    yield from _unchanged(vm, PROXY_ALLOWLIST)
    yield from _unchanged(vm, PROXY_WATERMARK)


@rule("VA-08", op="U", exempt="priv", who="admin")
def the_build_at_birth_stays(vm: Admitting) -> Iterator[FieldError]:
    """The build that a VM was created at stays noted."""
    yield from _unchanged(vm, CREATED_AT_BUILD)


@rule("VA-09", op="U", exempt="priv", who="admin")
def the_schema_at_birth_stays(vm: Admitting) -> Iterator[FieldError]:
    """The schema version that a VM was created at stays noted."""
    yield from _unchanged(vm, CREATED_AT_SCHEMA)


@rule("VA-10", op="U", exempt="priv", who="admin")
def the_cluster_module_stays(vm: Admitting) -> Iterator[FieldError]:
    """After its creation a VM stays in, or out of, its cluster module."""
    yield from _unchanged(vm, CLUSTER_MODULE)


@rule("VA-12", exempt="priv", who="admin")
def the_label_of_a_pause_is_guarded(vm: Admitting) -> Iterator[FieldError]:
    """Only privileged users write the label that says who paused a VM."""
    if (vm.label(PAUSED_LABEL) or "") != (label(vm.old, PAUSED_LABEL) or ""):
        yield forbidden(
            f"metadata.labels.{PAUSED_LABEL}",
            "Leave this label as it was: only privileged users may write it.",
        )


def _unchanged(vm: Admitting, key: str) -> Iterator[FieldError]:
    if (vm.annotation(key) or "") != (annotation(vm.old, key) or ""):
        yield forbidden(
            f"metadata.annotations[{key}]",
            "Leave this annotation as it was: only privileged users may write it.",
        )
