"""VirtualMachineServices (section 7.7 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER
from tests.admission.kinds import Asked
from vms.kinds import VIRTUAL_MACHINE_SERVICE

SERVICES = Asked(VIRTUAL_MACHINE_SERVICE)
ADDRESS, NAME, RANGES = "spec.clusterIP", "spec.externalName", "spec.loadBalancerSourceRanges"


def port(number=80, name="http", protocol="TCP", target=8080):
    return {"name": name, "port": number, "protocol": protocol, "targetPort": target}


HTTP = port()


def service(type_="ClusterIP", *, name="web", ports=(HTTP,), **spec):
    return SERVICES.obj(name, type=type_, ports=list(ports) if ports is not None else None, **spec)


def external(**spec):
    return service("ExternalName", **{"externalName": "db.example.com", "ports": None, **spec})


@pytest.mark.parametrize(
    ("name", "is_good"), [("a-1", True), ("s" * 63, True), ("s" * 64, False), ("1svc", False), ("a.b", False)]
)
def test_the_name_is_a_host_name(name, is_good):
    """SVC-01: on create only."""
    errors = [] if is_good else [("metadata.name", "Invalid", "SVC-01")]
    assert SERVICES.refused(service(name=name), user=MASTER) == errors
    assert SERVICES.refused(service(name=name), service(name=name)) == []


@pytest.mark.parametrize(
    ("new", "errors"),
    [
        (service("LoadBalancer"), []),
        (service("LoadBalancer", clusterIp="10.0.0.1"), []),
        (service("LoadBalancer", clusterIp="None"), [(ADDRESS, "Invalid", "SVC-02")]),
        (service(clusterIp="None"), []),
        (external(), []),
        (external(clusterIp=""), []),
        (external(clusterIp="10.0.0.1"), [(ADDRESS, "Forbidden", "SVC-03")]),
        (external(clusterIp="None"), [(ADDRESS, "Forbidden", "SVC-03")]),
        (external(clusterIp="x"), [(ADDRESS, "Forbidden", "SVC-03"), (ADDRESS, "Invalid", "SVC-16")]),
    ],
)
def test_addresses_by_type(new, errors):
    """SVC-02, SVC-03."""
    assert SERVICES.refused(new) == errors


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        (None, [(NAME, "Required", "SVC-04")]),
        (".", [(NAME, "Required", "SVC-04")]),
        ("a.example.com.", []),
        ("a..", [(NAME, "Invalid", "SVC-05")]),
        ("A.com", [(NAME, "Invalid", "SVC-05")]),
        ("a_b", [(NAME, "Invalid", "SVC-05")]),
        ("x" * 254, [(NAME, "Invalid", "SVC-05")]),
    ],
)
def test_external_names(name, errors):
    """SVC-04, SVC-05: only of that type."""
    assert SERVICES.refused(external(externalName=name)) == errors
    assert SERVICES.refused(service(externalName=name)) == []


def test_there_are_ports():
    """SVC-06: unless there is no address, or only a name."""
    for ports in (None, []):
        assert SERVICES.refused(service(ports=ports)) == [("spec.ports", "Required", "SVC-06")]
        assert SERVICES.refused(service(ports=ports, clusterIp="None")) == []
        assert SERVICES.refused(external(ports=ports)) == []


@pytest.mark.parametrize(
    ("ports", "errors"),
    [
        ([port(name="")], []),
        ([port(1, ""), port(2, "b")], [("spec.ports[0].name", "Required", "SVC-07")]),
        ([port(name="web-1")], []),
        ([port(name="p" * 64)], [("spec.ports[0].name", "Invalid", "SVC-08")]),
        ([port(name="HTTP")], [("spec.ports[0].name", "Invalid", "SVC-08")]),
        ([port(1, "a"), port(2, "b"), port(3, "a")], [("spec.ports[2].name", "Duplicate", "SVC-09")]),
        ([port(0)], [("spec.ports[0].port", "Invalid", "SVC-10")]),
        ([port(65536)], [("spec.ports[0].port", "Invalid", "SVC-10")]),
        ([port(65535)], []),
        ([port(target=0)], [("spec.ports[0].targetPort", "Invalid", "SVC-11")]),
        ([port(target=65536)], [("spec.ports[0].targetPort", "Invalid", "SVC-11")]),
        ([port(target="http")], [("spec.ports[0].targetPort", "TypeInvalid", "SCHEMA")]),
        ([port(protocol="")], [("spec.ports[0].protocol", "Required", "SVC-12")]),
        ([port(protocol="tcp")], [("spec.ports[0].protocol", "NotSupported", "SVC-13")]),
        ([port(protocol="SCTP")], []),
        ([port(1, "a"), port(1, "b")], [("spec.ports[1]", "Duplicate", "SVC-14")]),
        ([port(1, "a"), port(1, "b", "UDP")], []),
    ],
)
def test_ports(ports, errors):
    """SVC-07 to SVC-14: on create and update."""
    new = service(ports=ports)
    found = [(path, "Invalid" if kind == "TypeInvalid" else kind, rule) for path, kind, rule in errors]
    for old in (None, service()):
        seen = [
            (path, "Invalid" if kind == "TypeInvalid" else kind, rule)
            for path, kind, rule in SERVICES.refused(new, old)
        ]
        assert seen == found


@pytest.mark.parametrize(
    ("selector", "is_good"),
    [(None, True), ({}, True), ({"app": "web"}, True), ({"a b": "c"}, False), ({"app": "v" * 64}, False)],
)
def test_the_selector_has_labels(selector, is_good):
    """SVC-15."""
    errors = [] if is_good else [("spec.selector", "Invalid", "SVC-15")]
    assert SERVICES.refused(service(selector=selector)) == errors


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        ("10.0.0.1", True),
        ("fd00::1", True),
        ("None", True),
        ("none", False),
        ("10.0.0.01", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.0/8", False),
    ],
)
def test_the_address_is_an_ip_address(address, is_good):
    """SVC-16, PYT-01."""
    errors = [] if is_good else [(ADDRESS, "Invalid", "SVC-16")]
    assert SERVICES.refused(service(clusterIp=address)) == errors


@pytest.mark.parametrize(
    ("type_", "errors"),
    [
        ("", [("spec.type", "Required", "SVC-17")]),
        ("NodePort", [("spec.type", "NotSupported", "SVC-18")]),
        ("clusterIP", [("spec.type", "NotSupported", "SVC-18")]),
        (None, [("spec.type", "Required", "SCHEMA")]),
    ],
)
def test_types(type_, errors):
    """SVC-17, SVC-18, UNE-13."""
    assert SERVICES.refused(service(type_)) == errors


@pytest.mark.parametrize(
    ("network", "is_good"),
    [
        ("10.0.0.0/8", True),
        (" 10.0.0.5/8\t", True),
        ("fd00::/64", True),
        ("10.0.0.1", False),
        ("10.0.0.0/255.0.0.0", False),
        ("10.0.0.0/33", False),
        ("", False),
    ],
)
def test_source_ranges_are_networks(network, is_good):
    """SVC-20, PYT-02: blanks around it do no harm."""
    errors = [] if is_good else [(f"{RANGES}[1]", "Invalid", "SVC-20")]
    new = service("LoadBalancer", loadBalancerSourceRanges=["192.0.2.0/24", network])
    assert SERVICES.refused(new) == errors


def test_only_load_balancers_have_source_ranges():
    """SVC-19."""
    new = service(loadBalancerSourceRanges=["192.0.2.0/24"])
    assert SERVICES.refused(new) == [(RANGES, "Forbidden", "SVC-19")]
    assert SERVICES.refused(service(loadBalancerSourceRanges=[])) == []


def test_type_and_address_stay():
    """SVC-21, SVC-22: nobody is exempt, and no address does not become one."""
    old = service(clusterIp="10.0.0.1")
    assert SERVICES.refused(service("LoadBalancer", clusterIp="10.0.0.1"), old, user=MASTER) == [
        ("spec.type", "Forbidden", "SVC-21")
    ]
    for before, after in (("10.0.0.1", None), ("10.0.0.1", "10.0.0.2"), (None, "10.0.0.1")):
        refused = SERVICES.refused(service(clusterIp=after), service(clusterIp=before), user=MASTER)
        assert refused == [(ADDRESS, "Forbidden", "SVC-22")]
    assert SERVICES.refused(service(clusterIp=""), service()) == []
