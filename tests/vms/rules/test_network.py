"""Network and interfaces (section 6.6 of the catalogue)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import MASTER, changed, refused, stored, vm

PATH = "spec.network"
FIRST = "spec.network.interfaces[0]"
PROVIDERS = {
    "none": None,
    "vapp": {"vAppConfig": {"rawProperties": "ovf"}},
    "cloud": {"cloudInit": {}},
    "linux": {"linuxPrep": {}},
    "sysprep": {"sysprep": {"rawSysprep": {"name": "s", "key": "k"}}},
}
ROUTES = [{"to": "10.1.0.0/16", "via": "10.0.0.1"}]


def nic(**fields: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "eth0", **fields}]}


@pytest.mark.parametrize(
    ("field", "off", "rules"),
    [
        ("nameservers", "useGlobalNameserversAsDefault", ("VN-01", "VN-02")),
        ("searchDomains", "useGlobalSearchDomainsAsDefault", ("VN-04", "VN-05")),
    ],
)
def test_who_takes_global_name_servers_and_search_domains(field, off, rules):
    """VN-01, VN-02, VN-04, VN-05."""
    network = {field: ["10.0.0.2"]}
    for name, bootstrap in PROVIDERS.items():
        expected = [(f"{PATH}.{field}", "Invalid", rules[1])] if name in ("none", "vapp") else []
        assert refused(vm(bootstrap=bootstrap, network=network)) == expected
        assert refused(vm(bootstrap=bootstrap, network={field: []})) == []
    for value, expected in ((False, [(f"{PATH}.{field}", "Invalid", rules[0])]), (True, [])):
        assert refused(vm(bootstrap={"cloudInit": {off: value}}, network=network)) == expected
        assert refused(vm(bootstrap={"cloudInit": {off: value}})) == []


def test_name_servers_are_addresses():
    """VN-03, VN-18: of either family."""
    servers = ["10.0.0.2", "dns.local", "fd00::2", "fe80::1%eth0"]
    cloud = PROVIDERS["cloud"]
    errors = refused(vm(bootstrap=cloud, network={"nameservers": servers}))
    assert errors == [(f"{PATH}.nameservers[{n}]", "Invalid", "VN-03") for n in (1, 3)]
    errors = refused(vm(bootstrap=cloud, network=nic(nameservers=servers)))
    assert errors == [(f"{FIRST}.nameservers[{n}]", "Invalid", "VN-18") for n in (1, 3)]


@pytest.mark.parametrize(
    ("field", "value", "takers", "rule"),
    [
        ("guestDeviceName", "eth10", {"cloud"}, "VN-22"),
        ("mtu", 1500, {"cloud"}, "VN-23"),
        ("mtu", 0, {"cloud"}, "VN-23"),
        ("routes", ROUTES, {"cloud"}, "VN-24"),
        ("nameservers", ["10.0.0.2"], {"cloud", "sysprep"}, "VN-25"),
        ("searchDomains", ["example.com"], {"cloud"}, "VN-26"),
        ("routes", [], set(PROVIDERS), ""),
        ("addresses", ["10.0.0.5/24"], set(PROVIDERS), ""),
    ],
)
def test_who_takes_what_of_an_interface(field, value, takers, rule):
    """VN-22 to VN-26."""
    for name, bootstrap in PROVIDERS.items():
        expected = [] if name in takers else [(f"{FIRST}.{field}", "Invalid", rule)]
        assert refused(vm(bootstrap=bootstrap, network=nic(**{field: value})), user=MASTER) == expected


@pytest.mark.parametrize(
    ("network", "error"),
    [
        ({"apiVersion": "a/b/c", "kind": "K", "name": "n"}, ("network.apiVersion", "VN-06")),
        ({"apiVersion": "v1", "kind": "K", "name": "n"}, None),
        ({"apiVersion": "/", "kind": "K", "name": "n"}, None),
        ({"name": "net_1"}, ("name", "VN-07")),
        ({"name": "VM Network"}, ("name", "VN-07")),
        ({"name": "net.1"}, None),
        ({"name": "n" * 242}, None),  # with "web-1-" and "-eth0" 253
        ({"name": "n" * 243}, ("name", "VN-07")),
    ],
)
def test_what_an_interface_is_connected_to(network, error):
    """VN-06, VN-07."""
    expected = [(f"{FIRST}.{error[0]}", "Invalid", error[1])] if error else []
    assert refused(vm(network=nic(network=network))) == expected


def test_the_default_network_of_named_networks_makes_no_name():
    """QRK-08: its name has a blank."""
    assert refused(vm(), provider="NAMED") == [(f"{FIRST}.name", "Invalid", "VN-07")]


@pytest.mark.parametrize(
    ("api_version", "rules"),
    [
        ("crd.nsx.vmware.com/v1alpha1", []),
        ("crd.nsx.vmware.com/v2", []),
        ("netoperator.vmware.com/v1alpha1", ["VN-08"]),
        ("crd.nsx.vmware.com", ["VN-08"]),
        ("crd.nsx.vmware.com/v1/x", ["VN-06", "VN-08"]),
        ("", ["VN-08"]),  # the provider's
    ],
)
def test_a_mac_address_needs_a_vpc(api_version, rules):
    """VN-08: whatever the provider of the installation is."""
    network = {"apiVersion": api_version, "kind": "SubnetSet", "name": "n"}
    errors = refused(vm(network=nic(macAddr="00:50:56:aa:bb:cc", network=network)))
    assert [rule for *_, rule in errors] == rules
    assert refused(vm(network=nic(macAddr="00:50:56:aa:bb:cc")), provider="NSXT_VPC") == []


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"addresses": ["10.0.0.5/24", "fd00::5/64"], "gateway4": "10.0.0.1", "gateway6": "fd00::1"}, []),
        ({"addresses": ["10.0.0.5"]}, [("addresses[0]", "VN-09")]),
        ({"addresses": ["10.0.0.5/24", "10.0.0.6/255.255.255.0"]}, [("addresses[1]", "VN-09")]),
        ({"gateway4": "10.0.0.1"}, [("gateway4", "VN-10")]),
        ({"addresses": ["fd00::5/64"], "gateway4": "10.0.0.1"}, [("gateway4", "VN-10")]),
        ({"addresses": ["10.0.0.5/24"], "gateway4": "fd00::1"}, [("gateway4", "VN-11")]),
        ({"addresses": ["10.0.0.5/24"], "gateway4": "none"}, [("gateway4", "VN-11")]),
        ({"addresses": ["10.0.0.5/24"], "gateway4": None}, []),
        ({"gateway4": "None"}, []),
        ({"gateway6": "fd00::1"}, [("gateway6", "VN-12")]),
        ({"addresses": ["fd00::5/64"], "gateway6": "::ffff:10.0.0.1"}, [("gateway6", "VN-13")]),
        ({"addresses": ["fd00::5/64"], "gateway6": "10.0.0.1"}, [("gateway6", "VN-13")]),
        ({"gateway6": "None"}, []),
        ({"dhcp4": True, "dhcp6": True}, []),
        ({"dhcp4": True, "addresses": ["fd00::5/64"]}, []),
        ({"dhcp4": True, "addresses": ["10.0.0.5/24"]}, [("dhcp4", "VN-14")]),
        ({"dhcp4": True, "gateway4": "None"}, [("gateway4", "VN-15")]),
        ({"dhcp4": True, "gateway4": ""}, []),
        ({"dhcp4": False, "addresses": ["10.0.0.5/24"], "gateway4": "None"}, []),
        ({"dhcp6": True, "addresses": ["fd00::5/64"]}, [("dhcp6", "VN-16")]),
        ({"dhcp6": True, "addresses": ["10.0.0.5/24"]}, []),
        ({"dhcp6": True, "gateway6": "None"}, [("gateway6", "VN-17")]),
    ],
)
def test_addresses_gateways_and_dhcp(fields, errors):
    """VN-09 to VN-17."""
    expected = [(f"{FIRST}.{field}", "Invalid", rule) for field, rule in errors]
    assert refused(vm(network=nic(**fields))) == expected


@pytest.mark.parametrize(
    ("to", "via", "errors"),
    [
        ("10.1.0.0/16", "10.0.0.1", []),
        ("10.1.0.0/16", "::ffff:10.0.0.1", []),
        ("fd01::/64", "fd00::1", []),
        ("default", "fd00::1", []),
        ("10.1.0.1", "10.0.0.1", [(".to", "VN-19")]),
        ("Default", "10.0.0.1", [(".to", "VN-19")]),
        ("default", "gw", [(".via", "VN-20")]),
        ("x", "y", [(".to", "VN-19"), (".via", "VN-20")]),
        ("fd01::/64", "gw", [(".via", "VN-20")]),
        ("10.1.0.0/16", "gw", [(".via", "VN-20"), ("", "VN-21")]),
        ("10.1.0.0/16", "fd00::1", [("", "VN-21")]),
        ("fd01::/64", "10.0.0.1", [("", "VN-21")]),
    ],
)
def test_routes(to, via, errors):
    """VN-19 to VN-21."""
    network = nic(routes=[*ROUTES, {"to": to, "via": via}])
    expected = [(f"{FIRST}.routes[1]{field}", "Invalid", rule) for field, rule in errors]
    assert refused(vm(bootstrap=PROVIDERS["cloud"], network=network)) == expected


OLD = [{"name": f"eth{n}", "network": {"apiVersion": "a/v1", "kind": "Network", "name": ""}} for n in (0, 1)]


@pytest.mark.parametrize(
    ("interfaces", "errors"),
    [
        (OLD, []),
        (OLD[:1], [("", "Forbidden", "VN-27")]),
        ([*OLD, {"name": "eth2"}], [("", "Forbidden", "VN-27")]),
        ([{**OLD[0], "name": "eth9"}], [("", "Forbidden", "VN-27")]),
        (OLD[::-1], [("[0].name", "Forbidden", "VN-29"), ("[1].name", "Forbidden", "VN-29")]),
        ([OLD[0], {"name": "eth1"}], [("[1].network", "Forbidden", "VN-30")]),
        (
            [OLD[0], {"name": "eth1", "network": {"kind": "K", "name": ""}}],
            [("[1].network", "Forbidden", "VN-30")],
        ),
        ([OLD[0], {**OLD[1], "dhcp4": True}], []),
    ],
)
def test_what_may_change(interfaces, errors):
    """VN-27 to VN-30, VN-32: not even privileged users change more."""
    old = stored(network={"interfaces": OLD})
    new = changed(old, network={"interfaces": interfaces})
    expected = [(f"{PATH}.interfaces{where}", kind, rule) for where, kind, rule in errors]
    assert refused(new, old, user=MASTER) == expected
    assert refused(new, old, MutableNetworks=True) == []


def test_a_vm_that_has_failed_over_gets_other_networks():
    """VN-28: but no other number of interfaces."""
    old = stored(network={"interfaces": OLD})
    annotations = {**old["metadata"]["annotations"], "vmoperator.vmware.com/failed-over-vm": ""}
    old = {**old, "metadata": {**old["metadata"], "annotations": annotations}}
    assert refused(changed(old, network={"interfaces": OLD[::-1]}), old) == []
    errors = refused(changed(old, network={"interfaces": OLD[:1]}), old)
    assert errors == [(f"{PATH}.interfaces", "Forbidden", "VN-27")]


def test_no_network_is_none_at_all():
    """VN-27: an absent network has no interfaces."""
    old = stored(network=None)
    assert refused(changed(old, network={"hostName": "web"}), old) == []
    errors = refused(changed(old, network=nic()), old)
    assert errors == [(f"{PATH}.interfaces", "Forbidden", "VN-27")]


VPC = {"apiVersion": "crd.nsx.vmware.com/v1alpha1", "kind": "SubnetSet", "name": ""}


@pytest.mark.parametrize(
    ("fields", "fixed", "mutable"),
    [
        ({"macAddr": "00:50:56:00:00:01"}, [], []),
        ({"macAddr": "00:50:56:00:00:02"}, ["VN-31"], ["VN-33"]),
        ({}, ["VN-31"], ["VN-33"]),
        ({"macAddr": "00:50:56:00:00:02", "name": "eth9"}, ["VN-29", "VN-31"], []),
        ({"macAddr": "00:50:56:00:00:02", "network": {**VPC, "name": "n2"}}, ["VN-30", "VN-31"], []),
    ],
)
def test_a_mac_address_stays(fields, fixed, mutable):
    """VN-31, VN-33."""
    old = stored(network=nic(network=VPC, macAddr="00:50:56:00:00:01"))
    new = changed(old, network=nic(**{"network": VPC, **fields}))
    assert [rule for *_, rule in refused(new, old, provider="NSXT_VPC")] == fixed
    assert [rule for *_, rule in refused(new, old, provider="NSXT_VPC", MutableNetworks=True)] == mutable
