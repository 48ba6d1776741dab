"""Tokens in the browser: made, shown once, copied, revoked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.client import VMS, Client

pytestmark = pytest.mark.browser


def test_a_token_is_made_copied_used_and_revoked(alice, context, portal):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.goto("/account/")
    alice.get_by_label("Name", exact=True).fill("laptop")
    alice.get_by_label("Good for").select_option("7 days")
    alice.get_by_label("Only in this namespace").fill("team-a")
    alice.get_by_label("Only from these networks").fill("nonsense")
    alice.get_by_label("It may only read").check()
    alice.get_by_role("button", name="Make token").click()
    expect(alice.locator("#error-networks")).to_contain_text("'nonsense' is no network")
    alice.get_by_label("Only from these networks").fill("127.0.0.0/8")
    alice.get_by_role("button", name="Make token").click()
    token = alice.get_by_label("Token", exact=True).input_value()
    alice.get_by_role("button", name="Copy").click()
    expect(alice.locator("#said")).to_have_text("Copied")
    assert alice.evaluate("navigator.clipboard.readText()") == token
    with Client(portal.url, token) as client:
        assert client("GET", VMS.format("team-a")).status == 200
        assert client("GET", VMS.format("team-b")).status == 404
        assert client("DELETE", f"{VMS.format('team-a')}/web-1").status == 403
        alice.goto("/account/")
        assert token not in alice.content()
        row = alice.get_by_role("row", name="laptop")
        expect(row).to_contain_text("127.0.0.0/8")
        row.get_by_role("button", name="Revoke laptop").click()
        expect(alice.get_by_role("status")).to_contain_text("is revoked")
        expect(alice.get_by_role("row", name="laptop")).to_have_count(0)
        assert client("GET", VMS.format("team-a")).status == 401
