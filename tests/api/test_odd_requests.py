"""What the fuzz (tests/fuzz) found once: each odd request has its right answer."""

from __future__ import annotations

MAPS = "/api/v1/namespaces/team-a/configmaps"


def test_a_host_that_the_portal_does_not_answer_for_is_told_as_a_status(root):
    response = root.client.get(MAPS, headers={"Host": "evil.example"})
    told = response.json()
    assert (response.status_code, told["kind"], told["reason"]) == (400, "Status", "BadRequest")
    assert "PORTAL_ALLOWED_HOSTS" in told["message"]


def test_a_host_that_the_portal_does_not_answer_for_is_told_on_a_page(root):
    response = root.client.get("/account/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "PORTAL_ALLOWED_HOSTS" in response.text
