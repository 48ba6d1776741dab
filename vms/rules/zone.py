"""In which zone a VM may stand (section 6.1 of the catalogue). Part of `vms.rules`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.reading import get, label
from vmportal.admission.rule import Gate, invalid, rule
from vmportal.errors import FieldError
from vms.annotations import CLUSTER_NAME_LABEL, ZONE_LABEL

PATH = f"metadata.labels[{ZONE_LABEL}]"
CLUSTER_MAKER = re.compile("system:serviceaccount:svc-tkg-domain-[^:]+:default")

# Only for nodes of Kubernetes clusters does the flag decide.
ISOLATED = Gate(
    f"WorkloadDomainIsolation or absent label {CLUSTER_NAME_LABEL}",
    lambda vm: vm.has("WorkloadDomainIsolation") or vm.label(CLUSTER_NAME_LABEL) is None,
)
FIRST_SET = Gate(
    "zone label newly set", lambda vm: bool(vm.label(ZONE_LABEL)) and not label(vm.old, ZONE_LABEL)
)


@rule("VZ-01", gate=FIRST_SET & ISOLATED)
def the_zone_belongs_to_the_namespace(vm: Admitting) -> Iterator[FieldError]:
    """The zone of a VM is a Zone of its namespace."""
    name = vm.label(ZONE_LABEL) or ""
    if vm.world.get("Zone", vm.namespace, name) is None:
        yield invalid(
            PATH,
            f"The namespace has no zone {name!r}: choose one of its zones, or leave it to the placement.",
        )


@rule("VZ-02", gate=FIRST_SET & ~ISOLATED)
def the_zone_is_an_availability_zone(vm: Admitting) -> Iterator[FieldError]:
    """The zone of a cluster's node is an AvailabilityZone."""
    name = vm.label(ZONE_LABEL) or ""
    if vm.world.get("AvailabilityZone", "", name) is None:
        yield invalid(
            PATH, f"There is no availability zone {name!r}: choose another, or leave it to the placement."
        )


@rule("VZ-03", exempt="priv", gate=FIRST_SET & ISOLATED)
def the_zone_is_not_being_deleted(vm: Admitting) -> Iterator[FieldError]:
    """No new VM in a zone that is being deleted; service accounts that make clusters are exempt as well."""
    zone = vm.world.get("Zone", vm.namespace, vm.label(ZONE_LABEL) or "")
    if get(zone, "metadata.deletionTimestamp") is not None and not CLUSTER_MAKER.fullmatch(vm.user.name):
        yield invalid(PATH, "This zone is being deleted: choose another.")


@rule("VZ-04", op="U", exempt="priv", who="admin")
def the_zone_stays(vm: Admitting) -> Iterator[FieldError]:
    """Once set, the zone of a VM is neither changed nor removed."""
    before = label(vm.old, ZONE_LABEL)
    if before and vm.label(ZONE_LABEL) != before:
        yield invalid(
            PATH, f"The VM stands in zone {before!r} and cannot move to another: put the label back."
        )
