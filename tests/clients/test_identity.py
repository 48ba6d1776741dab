"""Real kubectl, and who one is: `--as`, `auth whoami`, `auth can-i --as`, `--token` of an OpenID Connect issuer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.issuer import AUDIENCE, TestIssuer
from tests.peers.portal import PortalProcess

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def issuer(tmp_path_factory) -> Iterator[TestIssuer]:
    with TestIssuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture(scope="module")
def portal(tmp_path_factory, issuer) -> Iterator[PortalProcess]:
    """A portal that trusts the issuer, as a site would set it up."""
    trusted = {
        "PORTAL_OIDC_ISSUER_URL": issuer.url,
        "PORTAL_OIDC_CLIENT_ID": AUDIENCE,
        "PORTAL_OIDC_USERNAME_CLAIM": "email",
        "PORTAL_OIDC_USERNAME_PREFIX": "corp:",
        "PORTAL_OIDC_GROUPS_CLAIM": "groups",
        "PORTAL_OIDC_REQUIRED_CLAIMS": "tier=1",
        "PORTAL_OIDC_CA_FILE": str(issuer.ca_file),
        "PORTAL_OIDC_SIGNING_ALGS": "RS256,ES256",
        "PORTAL_OIDC_ADMIN_GROUP": "staff",
    }
    with PortalProcess(tmp_path_factory.mktemp("portal"), **trusted) as running:
        yield running


class Stranger:
    """A kubectl that knows the portal's address and authority, and has nothing but a token."""

    def __init__(self, binary: Path, portal: PortalProcess) -> None:
        self.words = [
            binary,
            f"--server=https://127.0.0.1:{portal.tls_port}",
            f"--certificate-authority={portal.folder / 'data' / 'tls' / 'ca.crt'}",
            "--kubeconfig=/dev/null",
        ]
        self.environment = portal.environment

    def __call__(self, token: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.words, f"--token={token}", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def stranger(kubectl, portal) -> Stranger:
    return Stranger(kubectl, portal)


def carol(issuer: TestIssuer, **claims) -> str:
    return issuer.token(**{"email": "carol@example.com", "tier": "1", **claims})


def test_whoami_tells_a_person_from_an_account(alice):
    told = json.loads(alice("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert told["username"] == "alice"
    assert told["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("TOKEN=")
    alice("create", "serviceaccount", "bot")
    token = alice("create", "token", "bot").strip()
    assert "system:serviceaccount:team-a:bot" in alice("auth", "whoami", "--token", token)


def test_an_admin_sees_as_others_see(admin):
    assert admin("get", "vm", "-n", "team-a", "--as", "alice")
    assert "NotFound" in admin.run("get", "vm", "-n", "team-a", "--as", "nobody").stderr
    assert admin("auth", "can-i", "create", "vm", "-n", "team-a", "--as", "alice") == "yes\n"
    assert admin.run("auth", "can-i", "create", "vm", "-n", "team-b", "--as", "alice").stdout.startswith("no")
    told = admin("auth", "whoami", "--as", "jane", "--as-group", "a", "--as-group", "b", "--as-uid", "7")
    for word in ("jane", "a b system:authenticated", "7"):
        assert word in told.replace("[", "").replace("]", "").replace(",", " ")


def test_what_an_admin_makes_in_another_s_name_is_made(admin, portal):
    admin("create", "configmap", "made-as", "-n", "team-a", "--as", "alice")
    refused = admin.run("create", "namespace", "mine", "--as", "alice").stderr
    assert 'User "alice" cannot create resource "namespaces"' in refused


def test_others_may_not_and_nobody_becomes_a_master(alice, admin):
    refused = alice.run("get", "vm", "--as", "bob").stderr
    assert 'users "bob" is forbidden: User "alice" cannot impersonate resource "users"' in refused
    refused = admin.run("get", "vm", "--as", "admin", "--as-group", "system:masters").stderr
    assert "PORTAL_PRIVILEGED_IMPERSONATION is off" in refused


def test_a_token_of_the_issuer_opens_what_bindings_say(admin, issuer, stranger):
    assert "corp:carol@example.com" in stranger(carol(issuer), "auth", "whoami").stdout
    assert "NotFound" in stranger(carol(issuer), "get", "vm", "-n", "team-a").stderr
    admin("create", "rolebinding", "devs", "-n", "team-a", "--clusterrole=edit", "--group=oidc:devs")
    member = carol(issuer, groups=["devs"])
    assert stranger(member, "get", "vm", "-n", "team-a").returncode == 0
    assert "created" in stranger(member, "create", "configmap", "by-carol", "-n", "team-a").stdout
    assert stranger(carol(issuer, groups=["staff"]), "auth", "can-i", "*", "*").stdout == "yes\n"


def test_tokens_that_are_not_good_open_nothing(issuer, stranger):
    for wrong in ({"tier": "2"}, {"aud": "another"}, {"exp": 1}, {"email_verified": False}):
        assert "Unauthorized" in stranger(carol(issuer, **wrong), "get", "ns").stderr, wrong


def test_an_admin_reviews_a_token(admin, issuer):
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": carol(issuer, groups=["devs"])},
    }
    words = ("create", "-o", "json", "--validate=false", "-f", "-")
    told = json.loads(admin(*words, given=json.dumps(review)))["status"]
    assert told["authenticated"]
    assert told["user"]["username"] == "corp:carol@example.com"
    assert "oidc:devs" in told["user"]["groups"]
