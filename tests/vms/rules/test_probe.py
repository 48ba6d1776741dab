"""Readiness probe and boot disk (section 6.9 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import (
    MASTER,
    OPERATOR,
    PROVIDER_CONFIG,
    WORLD,
    changed,
    refused,
    stored,
    thing,
    vm,
)

PATH = "spec.readinessProbe"
UNKNOWN = tuple(obj for obj in WORLD if obj["kind"] != "ConfigMap")


def world(**data: str) -> tuple:
    return (*UNKNOWN, thing("ConfigMap", PROVIDER_CONFIG, OPERATOR, data=data))


OPEN, RESTRICTED = WORLD, world(IsRestrictedNetwork="true")


@pytest.mark.parametrize(
    ("probe", "is_one"),
    [
        ({}, True),
        ({"periodSeconds": 5}, True),
        ({"tcpSocket": {"port": 22}}, True),
        ({"guestHeartbeat": {}, "guestInfo": []}, True),
        ({"tcpSocket": {"port": 22}, "guestHeartbeat": {}}, False),
        ({"tcpSocket": {"port": 22}, "guestInfo": [{"key": "a"}]}, False),
        ({"guestHeartbeat": {}, "guestInfo": [{"key": "a"}]}, False),
    ],
)
def test_there_is_one_probe(probe, is_one):
    """VP-01."""
    expected = [] if is_one else [(PATH, "Forbidden", "VP-01")]
    assert refused(vm(readinessProbe=probe), world=OPEN) == expected
    old = stored()
    assert refused(changed(old, readinessProbe=probe), old, world=OPEN, user=MASTER) == expected


@pytest.mark.parametrize("port", [6443, 22, "ssh"])
def test_no_tcp_probe_on_a_vpc(port):
    """VP-02: its restrictions are then not asked for."""
    errors = refused(vm(readinessProbe={"tcpSocket": {"port": port}}), provider="NSXT_VPC", world=RESTRICTED)
    assert errors == [(f"{PATH}.tcpSocket", "Forbidden", "VP-02")]
    assert refused(vm(readinessProbe={"guestHeartbeat": {}}), provider="NSXT_VPC") == []


@pytest.mark.parametrize(
    ("port", "is_open"),
    [(6443, True), ("6443", True), (22, False), ("ssh", False), (0, False), ("64_43", False)],
)
def test_which_ports_are_probed(port, is_open):
    """VP-03, VP-04: a named port counts as 0."""
    new = vm(readinessProbe={"tcpSocket": {"port": port}})
    not_here = [] if is_open else [(f"{PATH}.tcpSocket.port", "NotSupported", "VP-03")]
    unknown = [] if is_open else [(f"{PATH}.tcpSocket", "Forbidden", "VP-04")]
    assert refused(new, world=RESTRICTED) == not_here
    assert refused(new, world=UNKNOWN) == unknown
    for value in ("false", "True", ""):
        assert refused(new, world=world(IsRestrictedNetwork=value)) == []


@pytest.mark.parametrize(
    ("capacity", "is_whole"),
    [
        ("20Gi", True), ("1.5Gi", True), (1048576, True), ("0", True), ("-1Gi", True), ("1048575.5", True),
        ("20G", False), ("1.5Mi", False), ("1Ki", False), ("1e3", False), (1, False), ("-1", False),
    ],
)  # fmt: skip
def test_a_boot_disk_is_of_whole_mebibytes(capacity, is_whole):
    """VP-05, PYT-06: fractions of a byte are rounded up."""
    expected = [] if is_whole else [("spec.advanced.bootDiskCapacity", "Invalid", "VP-05")]
    assert refused(vm(advanced={"bootDiskCapacity": capacity})) == expected


def test_admission_lets_a_boot_disk_shrink():
    """VP-06."""
    old = stored(advanced={"bootDiskCapacity": "40Gi"})
    assert refused(changed(old, advanced={"bootDiskCapacity": "20Gi"}), old) == []
