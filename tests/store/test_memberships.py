"""Memberships are kept in the process, and yet a change of them holds from the next request on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from tests.builders import by, create, kind, make_namespace, obj
from vmportal import service
from vmportal.access import AUTHENTICATED, caller_for, forget_memberships
from vmportal.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    forget_memberships()
    make_namespace()
    return User.objects.create(username="alice")


def bind(kind_name: str, name: str, role: str) -> None:
    group = "rbac.authorization.k8s.io"
    create(
        obj(
            "RoleBinding",
            f"{name}-{role}",
            "team-a",
            subjects=[{"apiGroup": group, "kind": kind_name, "name": name}],
            roleRef={"apiGroup": group, "kind": "ClusterRole", "name": role},
        )
    )


def role_of(user: User) -> str:
    return caller_for(User.objects.get(pk=user.pk)).role_in("team-a")


def test_a_binding_holds_at_once_and_ends_at_once(alice):
    assert role_of(alice) == ""
    bind("User", "alice", "edit")
    assert role_of(alice) == "edit"
    service.delete(kind("RoleBinding"), "team-a", "alice-edit", by())
    assert role_of(alice) == ""


def test_who_is_put_into_a_group_has_its_role_until_taken_out(alice):
    bind("Group", "operators", "edit")
    operators = Group.objects.create(name="operators")
    assert role_of(alice) == ""
    alice.groups.add(operators)
    assert role_of(alice) == "edit"
    alice.groups.remove(operators)
    assert role_of(alice) == ""
    operators.user_set.add(alice)
    assert role_of(alice) == "edit"
    operators.user_set.clear()
    assert role_of(alice) == ""


def test_a_group_of_another_name_is_another_group(alice):
    bind("Group", "operators", "edit")
    operators = Group.objects.create(name="operators")
    alice.groups.add(operators)
    assert role_of(alice) == "edit"
    operators.name = "visitors"
    operators.save()
    assert caller_for(alice).groups == (AUTHENTICATED, "visitors")
    assert role_of(alice) == ""
    operators.delete()
    assert caller_for(alice).groups == (AUTHENTICATED,)


def test_a_higher_role_wins(alice):
    bind("User", "alice", "view")
    bind("Group", AUTHENTICATED, "edit")
    assert role_of(alice) == "edit"


def test_when_nothing_has_changed_it_costs_one_statement(alice, django_assert_num_queries):
    user = User.objects.get(pk=alice.pk)
    caller_for(user)
    with django_assert_num_queries(1):
        caller_for(user)
