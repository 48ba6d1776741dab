"""The traps of porting to Python (section 11.2 of the catalogue): each has a test that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.admission.asking import admitted, changed, refused, stored, vm
from vmportal.admission import Installation, User
from vmportal.admission.who import is_privileged, is_vmop

TRAPS = [f"PYT-{number:02}" for number in range(1, 12)]
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_has_a_test(trap):
    assert any(trap in path.read_text() for path in TESTS.rglob("test_*.py"))


def gateways(value: object) -> dict:
    addresses = ["10.0.0.5/24", "2001:db8::5/64"]
    interface = {"name": "eth0", "network": {"name": "n"}, "addresses": addresses}
    bootstrap = {"cloudInit": {"rawCloudConfig": {"name": "s", "key": "k"}}}
    return vm(
        bootstrap=bootstrap,
        network={"interfaces": [{**interface, "gateway4": value, "gateway6": value}]},
    )


@pytest.mark.parametrize("word", ["none", "NONE", "None ", "null", "-"])
def test_only_none_with_a_capital_means_no_gateway(word):
    """PYT-03."""
    path = "spec.network.interfaces[0]"
    assert refused(gateways(word)) == [
        (f"{path}.gateway4", "Invalid", "VN-11"),
        (f"{path}.gateway6", "Invalid", "VN-13"),
    ]


def test_none_is_a_word_and_null_is_nothing():
    """PYT-03: null is dropped, as it may not be."""
    (kept,) = admitted(gateways("None"))["spec"]["network"]["interfaces"]
    assert (kept["gateway4"], kept["gateway6"]) == ("None", "None")
    (kept,) = admitted(gateways(None))["spec"]["network"]["interfaces"]
    assert "gateway4" not in kept
    assert "gateway6" not in kept


def test_the_case_of_an_accounts_name():
    """PYT-09: of the operator and the kube admin it does not count, of those listed and of groups it does."""
    installation = Installation(privileged_users="system:serviceaccount:backup:restorer")
    operator = User("System:ServiceAccount:VMware-System-VMOP:VMOperator-Service-Account")
    assert is_vmop(operator, installation)
    assert is_privileged(User("Kubernetes-ADMIN"), installation)
    assert is_privileged(User("system:serviceaccount:backup:restorer"), installation)
    assert not is_privileged(User("system:serviceaccount:backup:Restorer"), installation)
    assert not is_privileged(User("x", ("System:Masters",)), installation)


def test_what_is_judged_has_been_completed_before():
    """PYT-11: a volume without place is refused of nobody, as it has one when the rules look."""
    old = stored()
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    (placed,) = admitted(changed(old, volumes=[volume]), old)["spec"]["volumes"]
    assert {"controllerType", "controllerBusNumber", "unitNumber"} <= placed.keys()
    # The other way round: what the client wrote of the system's marks is not judged, as it is written anew.
    assert refused(vm(meta={"annotations": {"vmoperator.vmware.com/created-at-build-version": "x"}})) == []
