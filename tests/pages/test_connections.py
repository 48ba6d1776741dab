"""The pages of connections: made with a pasted account, told what was found, changed, and taken away."""

from __future__ import annotations

import json

import pytest

from tests.builders import as_portal, create, kind, obj
from tests.pages.reading import html, text
from vmportal import service
from vmportal.models import Connection, Secret

HUSH = "hush-hush"
SERVER = "https://10.0.0.1:6443"
STATUS = {
    "server": SERVER,
    "account": "system:serviceaccount:portal:portal",
    "version": "v1.31.4",
    "lastSeen": "2026-11-24T10:00:00Z",
    "lagMilliseconds": 12,
    "kinds": [
        {"name": "virtualmachinegroups.vmoperator.vmware.com", "version": "v1alpha5", "state": "Missing"}
    ],
    "missingRights": [{"name": "secrets", "verbs": ["create"]}],
    "capabilities": [{"name": "VMGroups", "enabled": False, "source": "NotServed"}],
    "conditions": [
        {
            "type": "Ready",
            "status": "False",
            "reason": "RightsMissing",
            "message": "The account may not create secrets.",
            "lastTransitionTime": "2026-11-24T10:00:00Z",
        }
    ],
}


def form(**fields: str) -> dict[str, str]:
    return {
        "name": "site-1",
        "server": SERVER,
        "account": "token",
        "pasted": HUSH,
        "manager": "vm-portal",
        **fields,
    }


def make(admin, **fields: str):
    return admin.post("/admin/new-connection/", form(**fields))


def stored() -> dict:
    return json.loads(Connection.objects.get(name="site-1").body)


def test_a_pasted_token_becomes_a_secret_and_is_never_shown(admin):
    assert make(admin).headers["Location"] == "/admin/connections/site-1/"
    assert stored()["spec"]["supervisor"]["secretRef"] == {"name": "site-1"}
    assert Secret.objects.filter(namespace="vmware-system-vmop", name="site-1").exists()
    for page in ("", "edit/", "delete/"):
        response = admin.get(f"/admin/connections/site-1/{page}")
        assert response.status_code == 200
        assert HUSH not in html(response)


def test_what_is_refused_stands_beside_its_field_and_nothing_is_made(admin):
    response = make(admin, server="http://a", namespaces="One")
    assert response.status_code == 422
    assert HUSH not in html(response)
    assert "https://host:port" in text(response)
    assert "spec.supervisor.namespaces[0]" in text(response)
    assert not Connection.objects.exists()
    assert not Secret.objects.filter(name="site-1").exists()


def test_a_kubeconfig_that_would_run_a_program_is_refused(admin):
    given = """{kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],
        clusters: [{name: a, cluster: {server: "https://a"}}], users: [{name: a, user: {exec: {command: rm}}}]}"""
    response = make(admin, account="kubeconfig", pasted=given, server="")
    assert response.status_code == 422
    assert "exec" in text(response)


def test_nothing_pasted_is_said(admin):
    assert "Paste the account" in text(make(admin, pasted=""))


def test_a_secret_of_others_is_not_overwritten(admin):
    create(obj("Secret", "site-1", "vmware-system-vmop", stringData={"mine": "own"}))
    assert make(admin).status_code == 422
    assert "mine" in Secret.objects.get(name="site-1").body


def test_what_was_found_is_told(admin):
    make(admin)
    service.update(
        kind("Connection"),
        "",
        "site-1",
        lambda found: {**found, "status": STATUS},
        as_portal(),
        subresource="status",
    )
    page = text(admin.get("/admin/connections/site-1/"))
    for word in ("RightsMissing", "v1.31.4", "12 ms", "virtualmachinegroups", "VMGroups", "secrets"):
        assert word in page
    assert "RightsMissing" in text(admin.get("/admin/connections/"))


def test_it_is_changed_without_pasting_the_account_again(admin):
    make(admin)
    change = form(account="secret", reference="site-1", pasted="", server="https://10.0.0.2:6443")
    assert admin.post("/admin/connections/site-1/edit/", change).status_code == 302
    assert stored()["spec"]["supervisor"]["server"] == "https://10.0.0.2:6443"
    assert admin.post("/admin/connections/site-1/edit/", {**change, "version": "1"}).status_code == 422


def test_another_token_replaces_the_one_before(admin):
    make(admin)
    before = Secret.objects.get(name="site-1").version
    assert admin.post("/admin/connections/site-1/edit/", form(pasted="another")).status_code == 302
    assert Secret.objects.get(name="site-1").version > before


def test_that_nobody_is_checked_is_shown(admin):
    make(admin, insecure="1")
    assert "The server is not checked" in text(admin.get("/admin/connections/site-1/"))


def test_it_stays_while_a_namespace_is_on_it(admin):
    make(admin)
    create(obj("Namespace", "far", meta={"labels": {"vmportal.dev/connection": "site-1"}}))
    refused = admin.post("/admin/connections/site-1/delete/")
    assert refused.status_code == 422
    assert "far" in text(refused)


def test_it_goes_and_its_secret_stays(admin):
    make(admin)
    assert admin.post("/admin/connections/site-1/delete/").status_code == 302
    assert not Connection.objects.exists()
    assert Secret.objects.filter(name="site-1").exists()


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_nobody_else_knows_of_it(who, request, admin):
    make(admin)
    client = request.getfixturevalue(who)
    assert client.get("/admin/connections/").status_code == 403
    assert client.get("/admin/connections/site-1/").status_code == 404
    assert client.post("/admin/connections/site-1/try/").status_code == 404
