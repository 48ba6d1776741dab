"""`manage.py token` and `manage.py kubeconfig`."""

from __future__ import annotations

import base64
import io

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client

from tests.api.test_verbs import MAPS
from vmportal.models import User


def printed(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def alice_user(team_a) -> User:
    return User.objects.create(username="alice")


def test_a_printed_token_opens_the_api(alice_user):
    token = printed("token", "alice").strip()
    assert Client().get(MAPS, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_kubeconfig_has_all_that_kubectl_needs(alice_user, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    config = yaml.safe_load(printed("kubeconfig", "alice", "--ttl", "8h"))
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"])
    assert authority.startswith(b"-----BEGIN CERTIFICATE-----")
    assert config["clusters"][0]["cluster"]["server"].startswith("https://127.0.0.1:")
    assert config["contexts"][0]["context"]["namespace"] == "team-a"
    token = config["users"][0]["user"]["token"]
    assert Client().get(MAPS, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_an_unknown_user_is_a_clear_error(alice_user):
    with pytest.raises(CommandError, match=r"no active user 'alicia' \(there are: alice\)"):
        printed("token", "alicia")


@pytest.mark.parametrize("ttl", ["0h", "8", "forever", "-1d", "99999d"])
def test_a_lifetime_that_means_nothing_is_refused(alice_user, ttl):
    with pytest.raises(CommandError):
        printed("token", "alice", f"--ttl={ttl}")
