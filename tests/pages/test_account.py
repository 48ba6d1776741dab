"""The account page: tokens are shown once, open what was chosen, and go when they are revoked; so do sessions."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.pages.conftest import client_of
from tests.pages.reading import html, slot, text
from vmportal.models import Audit, Token

VMS = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/{}/virtualmachines"


def make(client: Client, **fields: str) -> Any:
    return client.post("/account/tokens/", {"name": "build server", "lifetime": "30", **fields})


def shown(page: Any) -> str:
    """The token that the page shows."""
    found = re.search(r'value="([0-9a-f]{64})"', html(page))
    assert found, text(page)
    return found[1]


def code(token: str, namespace: str = "team-a", **more: Any) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return Client().get(VMS.format(namespace), headers=headers, **more).status_code


def test_a_token_is_shown_once_and_then_by_what_it_may(alice):
    made = make(alice, read_only="yes", namespace="team-a", networks="127.0.0.0/8, 2001:db8::/32")
    token = shown(made)
    assert made.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert "build server" in text(made)
    assert [code(token), code(token, "team-b"), code(token, REMOTE_ADDR="10.0.0.1")] == [200, 404, 401]
    later = alice.get("/account/")
    assert token not in html(later)
    assert f"build server {token[:8]}… read team-a 127.0.0.0/8 2001:db8::/32" in text(later)
    assert re.search(r'Last used">\s*<time', html(later))


def test_a_token_of_all_that_one_may(alice):
    token = shown(make(alice))
    assert [code(token), code(token, "team-b")] == [200, 200]
    assert "read and write everywhere" in text(alice.get("/account/"))


def test_two_tokens_of_one_name_are_told_apart(alice):
    first, second = shown(make(alice)), shown(make(alice))
    address = f"/account/tokens/{first[:15]}/revoke/"
    assert f"The token {first[:8]}… is revoked." in text(alice.post(address, follow=True))
    assert [code(first), code(second)] == [401, 200]
    assert "is revoked" not in text(alice.post(address, follow=True))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Give it a name by which you will know it again."),
        ("name", "x" * 500, "At most 100 characters."),
        ("lifetime", "never", "Tokens live at most 365 days here."),
        ("namespace", "nowhere", "There is no namespace 'nowhere' that alice may look into."),
        ("namespace", "\0", "There is no namespace '\\x00' that alice may look into."),
        ("networks", "10.0.0.0/8 10.0.0.0/33", "'10.0.0.0/33' is no network"),
        ("networks", "<script>", "'<script>' is no network"),
    ],
)
def test_what_a_token_cannot_be_is_said_beside_the_field(alice, field, value, said):
    page = make(alice, **{field: value})
    assert page.status_code == 422
    assert said in slot(page, field)
    assert not Token.objects.exists()


def test_what_was_typed_is_still_there_when_it_is_refused(alice):
    page = html(make(alice, networks="nonsense", read_only="yes", lifetime="90", namespace="team-b"))
    assert 'value="build server"' in page
    assert ">nonsense</textarea>" in page
    assert 'name="read_only" value="yes" checked' in page
    assert '<option value="90" selected>' in page
    assert 'value="team-b" list=' in page


def test_lifetimes_are_offered_as_far_as_the_setting_goes(alice, settings):
    def offered() -> list[str]:
        return re.findall(
            r'<option value="(\w+)"(?: selected)?>[^<]*(?:day|ever)', html(alice.get("/account/"))
        )

    assert offered() == ["1", "7", "30", "90", "365"]
    settings.TOKEN_MAX_DAYS = 20
    assert offered() == ["1", "7"]
    assert make(alice, lifetime="30").status_code == 422
    settings.TOKEN_MAX_DAYS = 0
    assert offered() == ["1", "7", "30", "90", "365", "never"]
    assert code(shown(make(alice, lifetime="never"))) == 200


def test_a_kubeconfig_has_what_was_chosen_for_its_token(alice, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    answer = alice.post("/account/kubeconfig/", {"namespace": "team-b", "lifetime": "7"})
    config = yaml.safe_load(answer.content)
    assert config["contexts"][0]["context"]["namespace"] == "team-b"
    token = config["users"][0]["user"]["token"]
    assert [code(token), code(token, "team-b")] == [404, 200]
    assert Token.objects.get().name == "kubeconfig"
    refused = alice.post("/account/kubeconfig/", {"networks": "nonsense"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "text/html; charset=utf-8")


def test_a_token_does_not_open_pages(alice):
    token = shown(make(alice))
    page = Client().get("/account/", headers={"Authorization": f"Bearer {token}"})
    assert page.headers["Location"].startswith("/sign-in/")


def test_tokens_made_and_revoked_are_noted(alice):
    token = shown(make(alice))
    alice.post(f"/account/tokens/{token[:15]}/revoke/")
    notes = Audit.objects.filter(action__endswith="-token").order_by("id")
    assert [(note.who, note.action, note.name) for note in notes] == [
        ("alice", "make-token", "build server"),
        ("alice", "revoke-token", "build server"),
    ]


def test_signing_out_everywhere_ends_all_sessions_and_no_token(alice, bob):
    elsewhere, token = client_of("alice"), shown(make(alice))
    assert elsewhere.get("/account/").status_code == 200
    assert alice.post("/account/sign-out-everywhere/").headers["Location"] == "/sign-in/"
    assert [who.get("/account/").status_code for who in (alice, elsewhere, bob)] == [302, 302, 200]
    assert elsewhere.get(VMS.format("team-a")).status_code == 401  # the API by session, too
    assert code(token) == 200
    assert client_of("alice").get("/account/").status_code == 200


def test_many_tokens_are_shown_page_by_page(alice):
    for _ in range(26):
        make(alice)
    assert html(alice.get("/account/")).count("/revoke/") == 25
    assert html(alice.get("/account/?page=2")).count("/revoke/") == 1
