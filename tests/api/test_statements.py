"""How many statements a request may cost, however many machines there are: they are its price on a busy server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.benchmarks.counting import API, Cost, cost_of, requests
from tests.benchmarks.filling import fill, running_vm
from vmportal import demo
from vmportal.access import forget_memberships
from vmportal.api.auth import new_token
from vmportal.models import User

FEW, MANY = 60, 600
MOST = {"create": 12, "create ConfigMap": 12, "patch": 12}
MOST_OF_A_READ = 4

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(settings) -> dict[str, Callable[[], Any]]:
    settings.SIMULATOR_INSTANT = True
    forget_memberships()
    demo.seed()
    fill(FEW, running_vm())
    alice = User.objects.get(username="alice")
    token, _ = new_token(alice, None)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    return {
        **requests(token, alice),
        "list all": lambda: api.get(API),
        "list by label": lambda: api.get(API, {"labelSelector": "app=app-3"}),
        "list by field": lambda: api.get(API, {"fieldSelector": "spec.className=small"}),
        "list of all namespaces": lambda: api.get(API.replace("/namespaces/team-a", "")),
        "table": lambda: api.get(API, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}),
    }


def told(costs: dict[str, Cost]) -> str:
    return "\n".join(
        f"{name}: {cost.statements}\n  " + "\n  ".join(text[:160] for text in cost.sql)
        for name, cost in costs.items()
    )


def test_a_read_takes_four_statements_and_a_write_twelve_at_most(ask):
    for name in ("list 50", "HTML list"):
        ask[name]()  # a process looks up memberships and sessions once, not with every request
    costs = {name: cost_of(request) for name, request in ask.items()}
    over = {name: cost for name, cost in costs.items() if cost.statements > MOST.get(name, MOST_OF_A_READ)}
    assert not over, told(over)


def test_the_number_of_machines_changes_no_count(ask):
    reads = [name for name in ask if name not in MOST]
    for name in ("list 50", "HTML list"):
        ask[name]()
    few = {name: cost_of(ask[name]) for name in reads}
    from vms.models import VirtualMachine

    like = running_vm()
    VirtualMachine.objects.filter(name__startswith="vm-0").delete()
    fill(MANY, like)
    many = {name: cost_of(ask[name]) for name in reads}
    assert {name: cost.statements for name, cost in many.items()} == {
        name: cost.statements for name, cost in few.items()
    }
    assert many["list all"].size > 5 * few["list all"].size
