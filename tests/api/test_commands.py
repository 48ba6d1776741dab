"""`manage.py token` and `manage.py kubeconfig`."""

from __future__ import annotations

import base64
import io
import re

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.test import Client

from tests.api.conftest import bind
from tests.api.test_verbs import MAPS
from vmportal.models import Token, User


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


def test_a_token_is_made_as_the_flags_say(alice_user):
    flags = ["--name", "build", "--ttl", "8h", "--read-only", "--namespace", "team-a"]
    token = printed("token", "alice", *flags, "--network", "127.0.0.0/8", "--network", "::1").strip()
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get(MAPS).status_code == 200
    assert client.post(MAPS, {}, "application/json").status_code == 403
    assert client.get(MAPS, REMOTE_ADDR="10.0.0.1").status_code == 401
    [line] = printed("token", "alice", "--list").splitlines()
    assert line.startswith(token[:15])
    assert "build" in line
    assert line.endswith("; read-only; only team-a; from 127.0.0.0/8, ::1/128")
    assert token not in line


def test_a_kubeconfig_begins_in_the_namespace_of_its_token(alice_user, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    bind("alice", "view", "team-b")
    config = yaml.safe_load(printed("kubeconfig", "alice", "--namespace", "team-b", "--read-only"))
    assert config["contexts"][0]["context"]["namespace"] == "team-b"
    headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
    assert Client().get(MAPS, headers=headers).status_code == 404
    assert Client().get(MAPS.replace("team-a", "team-b"), headers=headers).status_code == 200


def test_tokens_are_revoked_by_key_or_all(alice_user):
    first, second, third = (printed("token", "alice").strip() for _ in range(3))

    def codes() -> list[int]:
        every = (first, second, third)
        return [Client().get(MAPS, headers={"Authorization": f"Bearer {one}"}).status_code for one in every]

    printed("token", "alice", "--revoke", second[:15])
    assert codes() == [200, 401, 200]
    with pytest.raises(CommandError, match="no token with the key 'nonsense': --list shows the keys"):
        printed("token", "alice", "--revoke", "nonsense")
    printed("token", "alice", "--revoke", "all")
    assert codes() == [401, 401, 401]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--ttl", "never"], "--ttl: Tokens live at most 365 days here."),
        (["--ttl", "366d"], "--ttl: Tokens live at most 365 days here."),
        (["--name", "x" * 500], "--name: At most 100 characters."),
        (["--name", "  "], "--name: Give it a name by which you will know it again."),
        (["--name", "a\nb"], "--name: Only characters that can be seen."),
        (
            ["--namespace", "nowhere"],
            "--namespace: There is no namespace 'nowhere' that alice may look into.",
        ),
        (["--namespace", "team-b"], "--namespace: There is no namespace 'team-b' that alice may look into."),
        (["--network", "10.0.0.1/8"], "is an address within a network: write 10.0.0.0/8 for all of it"),
        (["--network", "everywhere"], "'everywhere' is no network: write 10.0.0.0/8, 2001:db8::/32 or one"),
        (["--network", "::ffff:10.0.0.0/104"], "write it as IPv4"),
        (["--network", "10.0.0.0/8"] * 21, "--network: At most 20 networks."),
    ],
)
def test_what_a_token_cannot_be_is_said_by_flag(alice_user, flags, said):
    with pytest.raises(CommandError, match=re.escape(said)):
        printed("token", "alice", *flags)
    assert not Token.objects.exists()


def test_all_that_is_wrong_is_said_at_once(alice_user):
    with pytest.raises(CommandError) as refused:
        printed("token", "alice", "--name", "", "--ttl", "never", "--network", "x")
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "--name",
        "--ttl",
        "--network",
    ]


def test_tokens_may_live_for_ever_where_the_setting_says_so(alice_user, settings):
    settings.TOKEN_MAX_DAYS = 0
    printed("token", "alice", "--ttl", "never")
    assert Token.objects.get().expiry is None


def test_a_token_of_which_nothing_is_said_lives_no_longer_than_it_may(alice_user, settings):
    settings.TOKEN_MAX_DAYS = 1
    assert printed("token", "alice").strip()
