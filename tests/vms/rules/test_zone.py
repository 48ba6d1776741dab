"""In which zone a VM may stand (section 6.1 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER, PRIVILEGED, User, refused, stored, vm

LABEL = "topology.kubernetes.io/zone"
NODE = {"cluster.x-k8s.io/cluster-name": "c1"}
PATH = f"metadata.labels[{LABEL}]"


def labels(zone: str | None, **more: str) -> dict:
    return {"labels": more | ({LABEL: zone} if zone is not None else {})}


def test_the_zone_belongs_to_the_namespace():
    """VZ-01, VML-29: on create, and when the label is first set."""
    assert refused(vm(meta=labels("zone-a"))) == []
    for zone in ("zone-nowhere", "Zone-a", "az-1"):
        assert refused(vm(meta=labels(zone))) == [(PATH, "Invalid", "VZ-01")]
        assert refused(stored(meta=labels(zone)), stored()) == [(PATH, "Invalid", "VZ-01")]


def test_no_zone_is_chosen_by_the_placement():
    """VZ-05."""
    assert refused(vm(meta=labels(""))) == []


def test_isolation_is_forced_on_except_for_nodes_of_clusters():
    """VZ-01, VZ-02."""
    off = {"WorkloadDomainIsolation": False}
    assert refused(vm(meta=labels("az-1")), **off) == [(PATH, "Invalid", "VZ-01")]
    assert refused(vm(meta=labels("az-1", **NODE)), **off) == []
    assert refused(vm(meta=labels("zone-a", **NODE)), **off) == [(PATH, "Invalid", "VZ-02")]
    assert refused(vm(meta=labels("az-1", **NODE))) == [(PATH, "Invalid", "VZ-01")]


def test_a_zone_in_deletion_takes_no_vms():
    """VZ-03."""
    old_zone = vm(meta=labels("zone-old"))
    assert refused(old_zone) == [(PATH, "Invalid", "VZ-03")]
    assert refused(old_zone, user=PRIVILEGED) == []
    maker = "system:serviceaccount:svc-tkg-domain-c1:default"
    assert refused(old_zone, user=User(maker)) == []
    for name in (maker + "x", "system:serviceaccount:svc-tkg-domain-:default", maker.replace("-c1", "-a:b")):
        assert refused(old_zone, user=User(name)) == [(PATH, "Invalid", "VZ-03")]


@pytest.mark.parametrize("zone", ["zone-b", "zone-nowhere", "", None])
def test_the_zone_stays(zone):
    """VZ-04, VML-20: neither changed nor removed; privileged users may write anything."""
    old = stored(meta=labels("zone-a"))
    assert refused(stored(meta=labels(zone)), old) == [(PATH, "Invalid", "VZ-04")]
    assert refused(stored(meta=labels(zone)), old, user=MASTER) == []
