"""Who is privileged in VM Operator's rules (webhook-rules.md, section 2): a setting, apart from the portal's admins."""

from __future__ import annotations

import pytest

from tests.api.conftest import Caller
from tests.api.test_verbs import MAPS, refusal
from tests.builders import config_map, create, obj
from vmportal.models import Audit, Revision

CLAIMS = "/api/v1/namespaces/team-a/persistentvolumeclaims?dryRun=All"
GUARDED = {"vmoperator.vmware.com/instance-storage-resource": "true"}


@pytest.fixture
def listed(settings, team_a) -> str:
    settings.PRIVILEGED_USERS = "system:serviceaccount:backup:restorer, ed, https://issuer.example.com#carol"
    return "ed"


def may(caller: Caller, **headers: str) -> bool:
    """Whether they may make a claim with the label that is kept for privileged users (PVC-01)."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = obj("PersistentVolumeClaim", "a", "team-a", meta={"labels": GUARDED}, spec=spec)
    response = caller.post(CLAIMS, claim, **headers)
    causes = response.json().get("details", {}).get("causes", [])
    assert response.status_code == 201 or [one["rule"] for one in causes] == ["PVC-01"], response.content
    return response.status_code == 201


def test_admins_of_the_portal_are_not_privileged(root, alice, ed, listed):
    assert [may(caller) for caller in (root, alice, ed)] == [False, False, True]


def test_an_admin_is_by_the_switch_and_in_another_s_name(root, listed, settings):
    as_ed = {"Impersonate-User": "ed"}
    masters = {"Impersonate-User": "root", "Impersonate-Group": "system:masters"}
    assert refusal(root.post(CLAIMS, {}, **as_ed))[0] == 403
    settings.PRIVILEGED_IMPERSONATION = True
    assert may(root, **as_ed)
    assert may(root, **masters)
    assert not may(root)


def test_what_privileged_users_write_is_noted(ed, alice, root, listed, settings):
    assert alice.post(MAPS, config_map("a")).status_code == 201
    assert not Audit.objects.filter(action="privileged").exists()
    assert ed.post(MAPS, config_map("b")).status_code == 201
    assert ed.patch(f"{MAPS}/b", {"data": {"k": "v"}}).status_code == 200
    assert ed.post(f"{MAPS}?dryRun=All", config_map("c")).status_code == 201
    assert ed.delete(f"{MAPS}/b").status_code == 200
    lines = Audit.objects.filter(action="privileged").order_by("pk")
    assert [(one.who, one.name, one.details["did"]) for one in lines] == [
        ("ed", "b", "create"),
        ("ed", "b", "update"),
        ("ed", "b", "delete"),
    ]
    settings.PRIVILEGED_IMPERSONATION = True
    assert root.post(MAPS, config_map("d"), **{"Impersonate-User": "ed"}).status_code == 201
    line = Audit.objects.get(action="privileged", name="d")
    assert (line.who, line.details) == ("root", {"impersonated": "ed", "did": "create"})
    assert Revision.objects.get(name="d").who == "root"


def test_a_refused_write_is_not_noted_as_one_of_the_privileged(ed, listed):
    create(obj("ConfigMap", "a", "team-a"))
    assert refusal(ed.post(MAPS, config_map("a")))[0] == 409
    assert not Audit.objects.filter(action="privileged").exists()
