"""The portal's own finalizer: without it a deleted VM would run on in vSphere, and nothing would know of it."""

from __future__ import annotations

import pytest

from tests.builders import by, create, kind, vm
from vmportal import demo, service
from vmportal.access import Caller

pytestmark = pytest.mark.django_db

MACHINES = kind("VirtualMachine")
ALICE = Caller("alice", roles={"team-a": "edit"})


def with_finalizers(given):
    def change(found):
        found["metadata"]["finalizers"] = given
        return found

    return change


@pytest.fixture
def held():
    demo.seed()
    create(vm("held"), ALICE)
    given = with_finalizers([MACHINES.finalizer, "example.com/mine"])
    service.update(MACHINES, "team-a", "held", given, service.operator())


@pytest.mark.parametrize("given", [None, [], ["example.com/mine"]])
def test_nobody_but_the_portal_takes_it_away(held, given):
    kept = service.update(MACHINES, "team-a", "held", with_finalizers(given), by(ALICE)).object
    assert kept["metadata"]["finalizers"] == [*(given or []), MACHINES.finalizer]


def test_it_holds_a_vm_that_is_being_deleted(held):
    service.delete(MACHINES, "team-a", "held", by(ALICE))
    assert not service.update(MACHINES, "team-a", "held", with_finalizers([]), by(ALICE)).is_removed
    assert service.update(MACHINES, "team-a", "held", with_finalizers([]), service.operator()).is_removed
