"""Bearer tokens of an OpenID Connect issuer: who comes in by them, as whom, and what is refused."""

from __future__ import annotations

import base64
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest
from django.test import Client

from tests.api.issuer import AUDIENCE, FETCHING, SigningKey, TestIssuer
from tests.api.test_verbs import MAPS, refusal
from tests.builders import config_map, create, obj
from vmportal.api import oidc, signing_keys
from vmportal.api.signing_keys import SigningKeys
from vmportal.models import Audit, Revision, User
from vmportal.oidc import ALGORITHMS, Issuer, Refused

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
CREDENTIAL = "authentication.kubernetes.io/credential-id"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("first")


@pytest.fixture
def issuer(tmp_path, key) -> Iterator[TestIssuer]:
    with TestIssuer(tmp_path, key) as running:
        yield running


@pytest.fixture
def trusted(issuer, settings, team_a) -> Issuer:
    """What the portal is told of the issuer."""
    settings.OIDC = Issuer(
        issuer.url, (AUDIENCE, "cli"), groups_claim="groups", ca_file=str(issuer.ca_file), admin_group="staff"
    )
    return settings.OIDC


def caller(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}", "User-Agent": "kubectl/v1.37"})


def who(token: str) -> dict[str, Any]:
    answer = caller(token).post(WHO, {}, "application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()["status"]["userInfo"]


def status(token: str) -> int:
    return caller(token).get("/api").status_code


def bind_name(name: str, role: str = "edit", kind: str = "User") -> None:
    subject = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "ClusterRole", "name": role, "apiGroup": "rbac.authorization.k8s.io"}
    create(obj("RoleBinding", f"{kind}-{role}", "team-a", subjects=[subject], roleRef=reference))


def test_an_identity_needs_no_user_in_the_portal(issuer, trusted):
    found = who(issuer.token(groups=["devs", "ops"], jti="t-1"))
    assert found == {
        "username": f"{issuer.url}#carol",
        "groups": ["system:authenticated", "oidc:devs", "oidc:ops"],
        "extra": {CREDENTIAL: ["JTI=t-1"]},
    }
    assert not User.objects.filter(username__contains="carol").exists()


def test_it_may_what_bindings_give_its_name_and_groups(issuer, trusted):
    token = issuer.token(groups="devs")
    assert caller(token).get(MAPS).status_code == 404
    bind_name("oidc:devs", "view", "Group")
    assert caller(token).get(MAPS).status_code == 200
    assert refusal(caller(token).post(MAPS, config_map("a"), "application/json"))[0] == 403
    bind_name(f"{issuer.url}#carol")
    assert caller(token).post(MAPS, config_map("a"), "application/json").status_code == 201


def test_history_and_audit_name_it(issuer, trusted):
    name = f"{issuer.url}#carol"
    bind_name(name)
    client = caller(issuer.token())
    made = client.post(MAPS, config_map("a"), "application/json").json()
    assert made["metadata"]["managedFields"][0]["manager"] == "kubectl"
    create(obj("Secret", "key", "team-a"))
    assert client.get("/api/v1/namespaces/team-a/secrets/key").status_code == 200
    assert Audit.objects.filter(who=name, action="read-secret").count() == 1
    assert Revision.objects.filter(who=name, name="a", impersonated="").count() == 1


def test_admins_are_those_of_the_group_that_the_settings_name(issuer, trusted, settings):
    staff, others = issuer.token(groups=["staff"]), issuer.token(groups=["oidc:staff", "Staff"])
    assert [caller(one).get("/api/v1/namespaces/team-b").status_code for one in (staff, others)] == [200, 404]
    settings.OIDC = replace(trusted, admin_group="")
    assert caller(staff).get("/api/v1/namespaces/team-b").status_code == 404


NOW = int(time.time())
WRONG = {
    "another issuer's": {"iss": "https://elsewhere.example.com"},
    "for somebody else": {"aud": "another"},
    "for somebody else and others": {"aud": ["another", "third"]},
    "for nobody": {"aud": None},
    "expired": {"exp": NOW - 60},
    "without end": {"exp": None},
    "with an end that is no number": {"exp": "soon"},
    "not yet valid": {"nbf": NOW + 3600},
    "of nobody": {"sub": None},
    "of an empty name": {"sub": ""},
    "of a name that is no text": {"sub": 7},
    "of a name with a line break": {"sub": "carol\nroot"},
    "of a name with NUL": {"sub": "carol\0"},
    "of half a character": {"sub": "carol\ud800"},
    "of too long a name": {"sub": "c" * 400},
    "with groups that are no texts": {"groups": [1]},
    "with groups that are no list": {"groups": {"a": "b"}},
    "with too many groups": {"groups": [f"g{n}" for n in range(1001)]},
    "with a group with a line break": {"groups": ["a\nb"]},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_a_token_with_wrong_claims_is_unauthorized(issuer, trusted, claims):
    response = caller(issuer.token(**claims)).get("/api")
    assert refusal(response) == (401, "Unauthorized", "Unauthorized")


def test_it_may_be_for_several_and_of_clocks_that_differ_a_little(issuer, trusted):
    now = int(time.time())
    assert status(issuer.token(aud=["others", "cli"])) == 200
    assert status(issuer.token(nbf=now + 5, iat=now + 3600, exp=now - 5)) == 200


def _unsigned(issuer: TestIssuer, algorithm: str) -> str:
    parts = ({"alg": algorithm, "kid": issuer.key.kid}, issuer.claims())
    coded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts]
    return ".".join([*coded, ""])


def test_only_the_issuer_s_keys_sign(issuer, trusted):
    good = issuer.token()
    head, body, signature = good.split(".")
    admin = issuer.claims(groups=["staff"])
    other = base64.urlsafe_b64encode(json.dumps(admin).encode()).decode().rstrip("=")
    stranger = SigningKey("first")  # the same id
    by_public_key = jwt.api_jws.PyJWS().encode(
        json.dumps(admin).encode(), b"a" * 32, "HS256", headers={"kid": "first"}
    )
    forged = {
        "tampered": f"{head}.{other}.{signature}",
        "cut": f"{head}.{body}.{signature[:-8]}",
        "unsigned": _unsigned(issuer, "none"),
        "unsigned in capitals": _unsigned(issuer, "NONE"),
        "by a password": by_public_key,
        "by a stranger": issuer.token(key=stranger),
        "by a stranger without an id": issuer.token(key=stranger, headers={"kid": None}),
    }
    assert {name: status(token) for name, token in forged.items()} == dict.fromkeys(forged, 401)
    assert status(good) == 200
    assert status(issuer.token(headers={"kid": None})) == 200


def test_a_public_key_is_no_password(issuer, trusted, settings):
    """The oldest trick: HS256 with the published key as its secret."""
    settings.OIDC = replace(trusted, algorithms=("RS256", "ES256"))
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps(issuer.claims()).encode()).decode().rstrip("=")
    mac = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{body}".encode(), issuer.key.public_pem)
    assert status(f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}") == 401


def test_other_algorithms_count_where_the_settings_name_them(issuer, trusted, settings):
    settings.OIDC = replace(trusted, algorithms=("ES256", "PS256"))
    assert status(issuer.token()) == 401
    issuer.keys = [SigningKey("curve", "ES256"), SigningKey("padded", "PS256")]
    assert [status(issuer.token(key=key)) for key in issuer.keys] == [200, 200]
    crossed = SigningKey("curve", "PS256")
    crossed.private = issuer.keys[1].private
    assert status(issuer.token(key=crossed)) == 401


@pytest.mark.parametrize(
    "nonsense",
    ["a.b.c", "..", "e30.e30.e30", "e30.W10.", f"e30.{base64.urlsafe_b64encode(b'[' * 30000).decode()}.e30"],
)
def test_nonsense_is_unauthorized(issuer, trusted, nonsense):
    assert status(nonsense) == 401
    assert issuer.asked == []


def test_a_token_with_any_letter_changed_names_nobody_else(issuer, trusted):
    """The last letter of each part holds bits that mean nothing: there a change may leave the token as it is."""
    good = issuer.token(groups=["devs"])
    identity = oidc.verified(good)
    chance = random.Random(5)
    letters = "ABCxyz019-_.=~\x00é"
    refused = 0
    for _ in range(300):
        place = chance.randrange(len(good))
        changed = good[:place] + chance.choice(letters) + good[place + chance.choice((0, 1)) :]
        try:
            found = oidc.verified(changed)
        except Refused:
            found = None
        assert found in (None, identity)
        refused += found is None
    assert refused > 250


def test_claims_may_be_required(issuer, trusted, settings):
    settings.OIDC = replace(trusted, required_claims=(("hd", "example.com"), ("tier", "1")))
    tokens = [{"hd": "example.com"}, {"hd": "example.com", "tier": 1}, {"hd": "x", "tier": "1"}]
    assert [status(issuer.token(**claims)) for claims in tokens] == [401, 401, 401]
    assert status(issuer.token(hd="example.com", tier="1")) == 200


def test_names_are_prefixed_as_in_kubernetes(issuer, trusted, settings):
    def name(claim: str, prefix: str, **claims: Any) -> str:
        settings.OIDC = replace(trusted, username_claim=claim, username_prefix=prefix)
        return str(who(issuer.token(**claims))["username"])

    assert name("sub", "") == f"{issuer.url}#carol"
    assert name("sub", "corp:") == "corp:carol"
    assert name("sub", "-") == "carol"
    assert name("email", "", email="carol@example.com") == "carol@example.com"
    assert name("email", "corp:", email="carol@example.com", email_verified=True) == "corp:carol@example.com"
    for verified in (False, "true", None):
        token = issuer.token(email="carol@example.com")
        if verified is not None:
            token = issuer.token(email="carol@example.com", email_verified=verified)
            assert status(token) == 401
    settings.OIDC = replace(trusted, groups_prefix="-")
    assert who(issuer.token(groups=["devs"]))["groups"] == ["system:authenticated", "devs"]


def test_nobody_becomes_somebody_of_the_portal_s_own(issuer, trusted, settings, alice, root):
    """Without a prefix the same name would be the same powers."""
    settings.OIDC = replace(trusted, username_prefix="-", groups_prefix="-")
    assert [status(issuer.token(sub=name)) for name in ("alice", "root", "carol")] == [401, 401, 200]
    User.objects.filter(username="alice").update(is_active=False)
    assert status(issuer.token(sub="alice")) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "system:serviceaccount:team-a:bot"},
        {"sub": "system:serviceaccount:vmware-system-vmop:vmoperator-service-account"},
        {"sub": "System:admin"},
        {"sub": "kubernetes-admin"},
        {"sub": "Kubernetes-Admin"},
        {"groups": ["devs", "system:masters"]},
        {"groups": "system:serviceaccounts"},
        {"groups": "SYSTEM:masters"},
    ],
)
def test_nobody_becomes_the_system_s_own_or_privileged(issuer, trusted, settings, claims):
    settings.OIDC = replace(trusted, username_prefix="-", groups_prefix="-")
    assert status(issuer.token(**claims)) == 401
    settings.OIDC = trusted
    assert status(issuer.token(**claims)) == 200  # with a prefix it is a name as any other


def test_no_setting_makes_the_system_s_own_names():
    good = {"url": "https://issuer.example.com", "audiences": ("portal",)}
    for wrong in (
        {"url": "http://issuer.example.com"},
        {"url": "https://issuer.example.com/?a=b"},
        {"url": "https://me@issuer.example.com"},
        {"audiences": ()},
        {"audiences": ("",)},
        {"algorithms": ("RS256", "HS256")},
        {"algorithms": ("none",)},
        {"algorithms": ()},
        {"username_prefix": "system:"},
        {"groups_prefix": "System:"},
        {"admin_group": "staff"},
    ):
        with pytest.raises(ValueError, match=r"PORTAL_OIDC|system:"):
            Issuer(**{**good, **wrong})
    assert Issuer(**good, algorithms=ALGORITHMS).admins == ""


def test_a_prefix_and_a_claim_do_not_make_one_together():
    issuer = Issuer("https://issuer.example.com", ("portal",), username_prefix="sys")
    with pytest.raises(Refused):
        issuer.identity({"sub": "tem:admin", "exp": 1})


def test_a_new_key_is_fetched_once_it_signs(issuer, trusted, monkeypatch):
    old = issuer.token()
    assert status(old) == 200
    issuer.rotate()
    monkeypatch.setattr(oidc.keys_of(issuer.url, trusted.ca_file), "refetch_seconds", 0)
    assert status(issuer.token()) == 200
    assert status(old) == 401  # its key is published no more


def test_unknown_keys_do_not_flood_the_issuer(issuer, trusted):
    assert status(issuer.token()) == 200
    asked = len(issuer.asked)
    began = time.monotonic()
    for number in range(100):
        assert status(issuer.token(headers={"kid": f"none-{number}"})) == 401
    assert len(issuer.asked) == asked
    assert time.monotonic() - began < 5
    assert status(issuer.token()) == 200


def test_keys_that_the_issuer_took_away_stop_counting(issuer, key):
    keys = SigningKeys(issuer.url, str(issuer.ca_file), fresh_seconds=0.05, refetch_seconds=0.01)
    assert keys.find("first")
    issuer.rotate()
    deadline = time.monotonic() + 10
    while keys.find("first") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert keys.find("first") == []


def test_an_issuer_that_is_down_takes_nobody_with_it(issuer, trusted, alice):
    token = issuer.token()
    issuer.stop()
    began = time.monotonic()
    assert status(token) == 401
    assert alice.get(MAPS).status_code == 200
    assert time.monotonic() - began < signing_keys.WAIT_SECONDS + 2


def test_known_keys_stay_good_while_the_issuer_is_down(issuer):
    keys = SigningKeys(issuer.url, str(issuer.ca_file), fresh_seconds=0, refetch_seconds=0)
    assert keys.find("first")
    issuer.stop()
    for _ in range(20):
        began = time.monotonic()
        assert keys.find("first")
        assert time.monotonic() - began < 0.5  # nobody waits for it
        time.sleep(0.01)
    for thread in threading.enumerate():
        if thread.name == FETCHING:
            thread.join(10)
    assert "cannot be fetched" in keys.problem


def test_a_slow_issuer_holds_few(issuer, monkeypatch):
    """Of those who ask for an unknown key a few wait a bounded time, and nobody else at all."""
    monkeypatch.setattr(signing_keys, "WAIT_SECONDS", 1.0)
    issuer.delay = 2.0
    keys = SigningKeys(issuer.url, str(issuer.ca_file))
    took: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        assert keys.find("first") == []
        took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(took) == 40
    assert max(took) < 2
    assert sum(one > 0.5 for one in took) <= signing_keys.MOST_WAITING
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"issuer": "https://elsewhere.example.com"}, "calls itself"),
        ({"jwks_uri": "http://127.0.0.1/keys"}, "no https"),
        ({"jwks_uri": None}, "no https"),
        ({"jwks_uri": "<url>/none"}, "404"),
        ({"jwks_uri": "<url>/moved"}, "302"),
        ({"jwks_uri": "<url>/.well-known/openid-configuration"}, "no keys"),
    ],
)
def test_an_issuer_that_makes_no_sense_has_no_keys(issuer, document, problem):
    given = {key: value.replace("<url>", issuer.url) if value else value for key, value in document.items()}
    issuer.document = {**issuer.document, **given}
    keys = SigningKeys(issuer.url, str(issuer.ca_file))
    assert keys.find("first") == []
    assert problem in keys.problem


def test_the_issuer_s_certificate_is_looked_at(issuer):
    keys = SigningKeys(issuer.url)  # signed by nobody whom this machine knows
    assert keys.find("first") == []
    assert "CERTIFICATE_VERIFY_FAILED" in keys.problem
    assert issuer.asked == []


def test_without_an_issuer_in_the_settings_its_tokens_are_strangers(issuer, trusted, settings):
    settings.OIDC = None
    assert status(issuer.token()) == 401
    assert issuer.asked == []
