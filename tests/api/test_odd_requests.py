"""What the fuzz (tests/fuzz) found once: each odd request has its right answer."""

from __future__ import annotations

from django.test import Client

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


def test_an_address_that_is_not_there_is_told_as_a_status_whatever_the_method(root):
    browser = Client(enforce_csrf_checks=True)
    response = browser.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/", {})
    assert (response.status_code, response.json()["reason"]) == (404, "NotFound")


def test_a_review_has_no_empty_time(root):
    """The documents say that a time is a text; a kube-apiserver leaves out those of reviews."""
    review = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
    response = root.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert response.json()["metadata"] == {}
