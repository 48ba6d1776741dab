"""Who sees which page: strangers find nothing, viewers look, and nobody is asked twice."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.pages.reading import html, text
from vmportal.models import User

OF_A_MACHINE = [
    "",
    "conditions/",
    "events/",
    "history/",
    "yaml/",
    "live/overview/",
    "edit/",
    "delete/",
]
OF_A_NAMESPACE = [
    "vms/",
    "vm-news/",
    "new-vm/",
    "images/",
    "classes/",
    "classes/small/",
    "storage-classes/",
    "activity/",
]
PAGES = [*OF_A_NAMESPACE, *(f"vms/web-1/{tab}" for tab in OF_A_MACHINE)]


def test_a_stranger_finds_nothing(bob):
    answers = {page: bob.get(f"/ns/team-a/{page}").status_code for page in PAGES}
    assert answers == dict.fromkeys(PAGES, 404)


def test_an_admin_of_the_namespace_sees_every_page(alice):
    answers = {page: alice.get(f"/ns/team-a/{page}").status_code for page in PAGES}
    assert answers == dict.fromkeys(PAGES, 200)


def test_no_page_holds_code_or_styles_of_its_own(alice):
    """The content security policy would forbid them."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=")
    assert {page: inline.findall(html(alice.get(f"/ns/team-a/{page}"))) for page in PAGES} == {
        page: [] for page in PAGES
    }


def test_who_is_signed_out_comes_back_after_signing_in(demo_data):
    for page in PAGES:
        response = Client().get(f"/ns/team-a/{page}")
        assert response.headers["Location"].startswith("/sign-in/?next=%2Fns%2Fteam-a%2F")


def test_a_fragment_never_turns_into_a_sign_in_page(demo_data):
    """The page that asked keeps what is typed on it."""
    response = Client().post("/ns/team-a/new-vm/check/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Reswap"] == "none"
    assert "Sign in in a new tab" in text(response)


def test_a_viewer_looks_and_cannot_touch(alice):
    """Alice may only look into team-b."""
    page = alice.get("/ns/team-b/vms/win-1/")
    assert "You may only look" in text(page)
    assert "Create VM" not in text(page)
    assert alice.get("/ns/team-b/new-vm/").status_code == 403
    assert alice.get("/ns/team-b/vms/win-1/delete/").status_code == 403
    assert alice.post("/ns/team-b/vms/win-1/power/", {"verb": "off"}).status_code == 403


def test_a_machine_that_is_not_there_is_a_friendly_404(alice):
    page = alice.get("/ns/team-a/vms/nobody/")
    assert page.status_code == 404
    assert "There is nothing here" in text(page)


def test_an_address_that_is_none_is_a_friendly_404_for_everybody(alice):
    for client in (alice, Client()):
        page = client.get("/no/such/page/")
        assert page.status_code == 404
        assert "There is nothing here" in text(page)


def test_nothing_is_created_in_all_namespaces_at_once(admin):
    """`_all` is an address of the list, and no namespace."""
    assert admin.get("/ns/_all/new-vm/").status_code == 404
    assert admin.post("/ns/_all/new-vm/", {"name": "web-9"}).status_code == 404


def test_an_address_without_its_last_slash_leads_to_the_page(alice):
    response = alice.get("/ns/team-a/vms?q=web")
    assert (response.status_code, response.headers["Location"]) == (301, "/ns/team-a/vms/?q=web")
    assert alice.get("/ns/team-a/vms/web-1").headers["Location"] == "/ns/team-a/vms/web-1/"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/team-a/secrets",
        "/api/v1/namespaces/team-a/secrets/nobody",
        "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines/nobody",
        "/apis/nowhere.example",
        "/apis/nowhere.example/v1/things",
        "/apis/nowhere.example/v1/things/one/two/three/four",
        "/openapi/v2",
        "/version",
        "/livez",
    ],
)
def test_no_address_of_the_api_redirects(alice, path):
    assert {alice.get(path + end).status_code for end in ("", "/")} <= {200, 404}


def test_who_has_no_namespace_is_told_how_to_get_one(demo_data):
    newcomer = Client()
    newcomer.force_login(User.objects.create(username="newcomer"))
    assert "kubectl create rolebinding newcomer-edit" in text(newcomer.get("/"))


def test_home_is_the_namespace_looked_at_last(alice):
    alice.get("/ns/team-b/vms/")
    assert alice.get("/").headers["Location"] == "/ns/team-b/vms/"


def test_the_list_of_all_namespaces_has_only_ones_own(alice, bob):
    """VML-02: what one may not see does not exist."""
    assert {"web-1", "win-1"} <= set(text(alice.get("/ns/_all/vms/")).split())
    assert "web-1" not in text(bob.get("/ns/_all/vms/"))


def test_secrets_are_not_shown_to_viewers_in_the_activity(alice, admin):
    assert "web-cloud-init" in text(alice.get("/ns/team-a/activity/?all=1&page=2")) + text(
        alice.get("/ns/team-a/activity/?all=1")
    )
    assert "Secret" not in text(alice.get("/ns/team-b/activity/?all=1"))


def test_only_tokens_of_ones_own_can_be_revoked(alice, bob):
    made = text(alice.post("/account/tokens/", {"name": "mine", "lifetime": "30"}))
    assert "Your new token" in made
    key = re.search(r"account/tokens/(\w+)/revoke", html(alice.get("/account/")))[1]
    bob.post(f"/account/tokens/{key}/revoke/")
    assert f"{key}/revoke" in html(alice.get("/account/"))
    alice.post(f"/account/tokens/{key}/revoke/")
    assert f"{key}/revoke" not in html(alice.get("/account/"))


def test_a_kubeconfig_is_downloaded_with_a_token_of_its_own(alice):
    response = alice.post("/account/kubeconfig/")
    assert "certificate-authority-data" in html(response)
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_form_from_before_one_signed_in_anew_is_told_so(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(username="alice"))
    sent = browser.post("/ns/team-a/new-vm/", {"name": "typed"})
    assert sent.status_code == 403
    assert "This page is out of date" in text(sent)
    fragment = browser.post("/ns/team-a/new-vm/check/", {"name": "typed"}, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Reswap"]) == (403, "none")
