"""Signing in: with a password, with one click in the demo, slowly after too many failures."""

from __future__ import annotations

from django.test import Client

from tests.pages.reading import html, text
from vmportal.pages.sign_in import FAILURES


def sign_in(client: Client, password: str, **more: str):
    return client.post("/sign-in/", {"username": "alice", "password": password, **more})


def test_a_password_leads_to_where_one_wanted(demo_data):
    assert sign_in(Client(), "alice", next="/ns/team-a/images/").headers["Location"] == "/ns/team-a/images/"


def test_nobody_is_led_to_another_site(demo_data):
    for odd in ("https://elsewhere.example/", "team-a", "vms:list", "//elsewhere.example/"):
        assert sign_in(Client(), "alice", next=odd).headers["Location"] == "/"


def test_one_click_signs_a_demo_user_in(demo_data):
    client = Client()
    client.post("/sign-in/", {"demo": "bob"})
    assert "team-b" in text(client.get("/ns/team-b/vms/"))


def test_the_click_is_gone_where_it_is_no_demo(demo_data, settings):
    settings.IS_DEMO = False
    assert "This is a demo" not in text(Client().get("/sign-in/"))
    assert Client().post("/sign-in/", {"demo": "bob"}).status_code == 422


def test_a_wrong_password_is_told_and_the_name_kept(demo_data):
    page = sign_in(Client(), "wrong")
    assert page.status_code == 422
    assert "do not belong together" in text(page)
    assert 'value="alice"' in html(page)


def test_after_too_many_failures_even_the_right_password_waits(demo_data):
    client = Client()
    for _ in range(FAILURES):
        sign_in(client, "wrong")
    assert sign_in(client, "alice").status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, "alice").status_code == 302


def test_signing_out_needs_a_post(alice):
    assert alice.get("/sign-out/").status_code == 405
    alice.post("/sign-out/")
    assert alice.get("/ns/team-a/vms/").status_code == 302


def test_the_theme_is_kept_and_leads_back_here(alice):
    response = alice.post("/theme/", {"theme": "dark", "next": "/ns/team-a/images/"})
    assert response.headers["Location"] == "/ns/team-a/images/"
    assert 'data-bs-theme="dark"' in html(alice.get("/ns/team-a/images/"))
    for odd in ("https://elsewhere.example", "team-a"):
        assert alice.post("/theme/", {"theme": "pink", "next": odd}).headers["Location"] == "/"
