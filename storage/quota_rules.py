"""What a ResourceQuota may limit, as a kube-apiserver checks it. Put together in `storage.admission`; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storage.quota import COUNT, COUNTED_PLAINLY, OF_CLASS, is_bytes, key_of
from vmportal.admission import Admitting
from vmportal.admission.reading import get, mapping
from vmportal.admission.rule import forbidden, invalid, rule
from vmportal.errors import FieldError
from vmportal.schema import parse_quantity

HARD = "spec.hard"
# Kubernetes' own names. What the portal has none of, such as pods, is always 0.
KNOWN = frozenset(
    {
        *COUNTED_PLAINLY,
        "cpu", "memory", "ephemeral-storage",
        "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
        "limits.cpu", "limits.memory", "limits.ephemeral-storage",
        "services.nodeports", "services.loadbalancers",
    }
)  # fmt: skip
OF_A_CLASS = ("requests.storage", "persistentvolumeclaims")
_COUNTED = re.compile(re.escape(COUNT) + r"[a-z][a-z0-9]*(\.[a-z0-9]([-a-z0-9.]*[a-z0-9])?)?")


@rule("K8S-10", op="CU", who="admin")
def limits_are_quantities(quota: Admitting) -> Iterator[FieldError]:
    """What a ResourceQuota allows is 0 or more, and whole where things are counted."""
    for resource, written in mapping(quota.new, HARD).items():
        try:
            most = parse_quantity(written)
        except ValueError:
            continue  # the schema has said so
        if most < 0:
            yield invalid(f"spec.hard[{resource}]", "Allow 0 or more.")
        elif most % 1 and _is_counted(resource):
            yield invalid(f"spec.hard[{resource}]", "Allow a whole number.")


def _is_counted(resource: str) -> bool:
    return not is_bytes(key_of(resource)) and not resource.endswith("cpu")


@rule("K8S-11", op="CU", who="admin")
def limits_are_of_known_resources(quota: Admitting) -> Iterator[FieldError]:
    """A ResourceQuota limits what Kubernetes can limit: by a standard name, by storage class, or by count."""
    for resource in mapping(quota.new, HARD):
        storage_class, is_of_class, rest = resource.partition(OF_CLASS)
        is_known = rest in OF_A_CLASS and bool(storage_class) if is_of_class else resource in KNOWN
        # Extended resources, such as requests.nvidia.com/gpu, are no matter of the portal, and count 0.
        is_extended = resource.startswith("requests.") and "/" in resource and not is_of_class
        if not (is_known or is_extended or _COUNTED.fullmatch(resource)):
            yield invalid(
                f"spec.hard[{resource}]",
                "Limit a standard resource, such as requests.cpu, or a count, such as "
                "count/virtualmachines.vmoperator.vmware.com.",
            )


@rule("K8S-12", op="CU", who="admin")
def a_quota_has_no_scopes(quota: Admitting) -> Iterator[FieldError]:
    """Scopes sort pods; as the portal has none, a ResourceQuota with scopes would limit nothing."""
    for path in ("spec.scopes", "spec.scopeSelector"):
        if get(quota.new, path):
            yield forbidden(
                path, "Leave scopes out: they choose among pods, and a quota of VMs counts them all."
            )


RULES = (limits_are_quantities, limits_are_of_known_resources, a_quota_has_no_scopes)
