"""What the tests of the pages stand on: the demo, and clients of its people."""

from __future__ import annotations

import pytest
from celery import current_app
from django.core.cache import cache
from django.test import Client

from vmportal import demo
from vmportal.access import forget_memberships
from vmportal.models import User


@pytest.fixture(autouse=True)
def nobody_is_woken(monkeypatch):
    """The broker in memory outlives a test; what is to be done stands in the database anyway."""
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: None)


@pytest.fixture
def demo_data(db, settings):
    """The demo: its users, catalogue and eight machines; nobody works on them, so they stay "Creating"."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    cache.clear()
    forget_memberships()
    demo.seed()


def client_of(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


@pytest.fixture
def alice(demo_data) -> Client:
    """Admin of team-a, viewer of team-b."""
    return client_of("alice")


@pytest.fixture
def bob(demo_data) -> Client:
    """Editor of team-b, a stranger in team-a."""
    return client_of("bob")


@pytest.fixture
def admin(demo_data) -> Client:
    return client_of("admin")
