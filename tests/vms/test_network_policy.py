"""What the portal asks of a VM's network and names beyond VM Operator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.admission.asking import OPERATOR, PRIVILEGED, changed, refused, stored, vm
from vmportal.admission import User

SYSPREP = {"sysprep": {"rawSysprep": {"name": "s", "key": "k"}}}
OTHER_OFF = ("D-22",)
VM_OPERATOR = User(f"system:serviceaccount:{OPERATOR}:vmoperator-service-account")


def errors(*arguments: Any, **request: Any) -> list[tuple[str, str, str]]:
    return refused(*arguments, policy=True, **request)


def nic(**fields: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "eth0", **fields}]}


@pytest.mark.parametrize(
    ("bootstrap", "network", "path"),
    [
        ({"cloudInit": {}}, {"nameservers": ["10.0.0.2"]}, "spec.network.nameservers"),
        ({"cloudInit": {}}, {"searchDomains": ["example.com"]}, "spec.network.searchDomains"),
        (SYSPREP, nic(nameservers=["10.0.0.2"]), "spec.network.interfaces[0].nameservers"),
        ({"cloudInit": {}}, nic(nameservers=["10.0.0.2"], searchDomains=["example.com"]), None),
        ({"linuxPrep": {}}, {"nameservers": ["10.0.0.2"], "searchDomains": ["example.com"]}, None),
        (SYSPREP, {"nameservers": ["10.0.0.2"], "searchDomains": ["example.com"]}, None),
    ],
)
def test_dns_settings_are_those_of_the_provider(bootstrap, network, path):
    """D-16, NET-06, NET-07, NET-21; what stands so already may stay."""
    expected = [(path, "Invalid", "D-16")] if path else []
    assert errors(vm(bootstrap=bootstrap, network=network)) == expected
    assert errors(vm(bootstrap=bootstrap, network=network), policy_off=("D-16",)) == []
    old = stored(bootstrap=bootstrap, network=network)
    assert errors(changed(old, powerState="PoweredOff"), old) == []
    old = stored(bootstrap=bootstrap)
    assert errors(changed(old, network={**network, "interfaces": []}), old)[: len(expected)] == (
        expected if path and "interfaces" not in path else []
    )


STATIC = {"addresses": ["10.0.0.5/24"]}
OLD = {"hostName": "web", **nic(**STATIC)}
SEEN = {"uniqueID": "vm-42"}


@pytest.mark.parametrize(
    ("network", "rules"),
    [
        (OLD, []),
        ({**OLD, "disabled": False, "domainName": ""}, []),
        ({**OLD, "hostName": "other"}, [("spec.network.hostName", "Forbidden", "D-21")]),
        ({**OLD, "disabled": True}, [("spec.network.disabled", "Forbidden", "D-21")]),
        ({"hostName": "web", **nic()}, [("spec.network.interfaces[0].addresses", "Forbidden", "D-21")]),
        ({**OLD, **nic(**STATIC, dhcp6=True)}, [("spec.network.interfaces[0].dhcp6", "Forbidden", "D-21")]),
        ({"hostName": "web"}, [("spec.network.interfaces", "Forbidden", "VN-27")]),
        (None, [("spec.network.interfaces", "Forbidden", "VN-27"), ("spec.network.hostName", "Forbidden", "D-21")]),
    ],
)  # fmt: skip
def test_the_network_of_a_vm_stays(network, rules):
    """D-21, NET-01, NET-04."""
    old = stored(network=OLD, status=SEEN)
    new = changed(old, network=network)
    assert errors(new, old, user=PRIVILEGED) == rules
    assert errors(new, old, policy_off=("D-21",)) == [error for error in rules if error[2] != "D-21"]


def test_a_network_that_is_not_made_yet_changes():
    """D-21: nor does it hold where networks are mutable, for VM Operator, and after a fail-over."""
    old = stored(network=OLD)
    assert errors(changed(old, network={**OLD, "hostName": "other"}), old) == []
    old = stored(network=OLD, status=SEEN)
    new = changed(old, network={**OLD, "hostName": "other"})
    assert errors(new, old, MutableNetworks=True) == errors(new, old, user=VM_OPERATOR) == []
    failed_over = {**old["metadata"]["annotations"], "vmoperator.vmware.com/failed-over-vm": ""}
    old, new = ({**obj, "metadata": {**obj["metadata"], "annotations": failed_over}} for obj in (old, new))
    assert errors(new, old) == []


def test_a_name_that_is_no_host_name_needs_one():
    """D-22, VML-08: instead of VH-01 and VH-03, which complain of the name."""
    missing = [("spec.network.hostName", "Required", "D-22")]
    assert errors(vm("web.prod")) == errors(vm("w" * 64)) == errors(vm("10.0.0.1")) == missing
    assert errors(vm("a-name-for-windows", guestID="windows2019srv_64Guest")) == missing
    assert errors(vm("a-name-for-windows", bootstrap=SYSPREP)) == missing
    assert errors(vm("a-name-for-others", guestID="ubuntu64Guest")) == []
    assert errors(vm("web.prod", network={"hostName": "web"})) == []
    assert errors(vm("web.prod"), policy_off=OTHER_OFF) == [("metadata.name", "Invalid", "VH-01")]
    long = vm("a-name-for-windows", bootstrap=SYSPREP)
    assert errors(long, policy_off=OTHER_OFF) == [("metadata.name", "Invalid", "VH-03")]


def test_a_host_name_that_is_needed_is_not_taken_away():
    """D-22 on update; one that is wrong itself is VH-01's."""
    old = stored("web.prod", network={"hostName": "web"})
    assert errors(changed(old, network={}), old) == [("spec.network.hostName", "Required", "D-22")]
    errors_now = errors(changed(old, network={"hostName": "w.x"}), old)
    assert errors_now == [("spec.network.hostName", "Invalid", "VH-01")]
    old = stored("10.0.0.1")
    assert errors(changed(old, powerState="PoweredOff"), old) == []
