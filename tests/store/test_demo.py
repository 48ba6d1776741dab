"""The demo is made once, and all of it: an interrupted first start leaves nothing that the next would stumble over."""

from __future__ import annotations

import pytest

from tests.builders import by, create, kind, obj
from vmportal import demo, service
from vmportal.backends.simulator.models import SimulatedHost
from vmportal.errors import AlreadyExists
from vmportal.models import Change, Namespace, User
from vms.models import VirtualMachine

pytestmark = pytest.mark.django_db


def test_it_is_made_once():
    demo.seed_once()
    machines = VirtualMachine.objects.count()
    assert machines == 8
    changes = Change.objects.count()
    demo.seed_once()
    assert Change.objects.count() == changes


def test_what_interrupts_it_leaves_nothing_half_done():
    create(obj("Namespace", "team-b"))  # in its way
    with pytest.raises(AlreadyExists):
        demo.seed_once()
    assert list(Namespace.objects.values_list("name", flat=True)) == ["team-b"]
    assert not User.objects.exists()
    assert not SimulatedHost.objects.exists()
    Namespace.objects.all().delete()
    demo.seed_once()
    assert VirtualMachine.objects.count() == 8


def test_what_was_deleted_stays_deleted():
    demo.seed_once()
    service.delete(kind("VirtualMachine"), "team-b", _machine_of("team-b"), by())
    demo.seed_once()
    assert VirtualMachine.objects.count() == 7


def _machine_of(namespace: str) -> str:
    return VirtualMachine.objects.filter(namespace=namespace).values_list("name", flat=True).first()
