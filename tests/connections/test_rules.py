"""What a Connection may look like, and when it may go."""

from __future__ import annotations

import pytest

from tests.builders import by, create, kind, obj
from tests.connections.builders import OPERATOR, PEM, connection, kubeconfig, secret
from vmportal import service
from vmportal.access import Caller
from vmportal.errors import Forbidden, Invalid, NotFound
from vmportal.models import Connection, Revision, Work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_namespace")]


def refused(document: dict) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        create(document)
    return [(error.path.removeprefix("spec.supervisor."), error.type) for error in refusal.value.errors]


@pytest.mark.parametrize(
    ("document", "errors"),
    [
        (connection("simulator"), [("metadata.name", "Forbidden")]),
        (connection("a.b"), [("metadata.name", "Invalid")]),
        (obj("Connection", "a", spec={}), [("spec.supervisor", "Required")]),
        (obj("Connection", "a", spec={"type": "Cloud", "supervisor": {}}), [("spec.type", "NotSupported")]),
        (connection(server="http://a"), [("server", "Invalid")]),
        (connection(server="https://me:hush@a"), [("server", "Invalid")]),
        (connection(secretRef=None), [("secretRef", "Required")]),
        (connection(secretRef={}), [("secretRef.name", "Required")]),
        (connection(kubeconfigFile="a"), [("kubeconfigFile", "Forbidden")]),
        (connection(secretRef=None, kubeconfigFile="../a"), [("kubeconfigFile", "Invalid")]),
        (connection(secretRef=None, kubeconfigFile=".."), [("kubeconfigFile", "Invalid")]),
        (connection(certificateAuthority="MIIB"), [("certificateAuthority", "Invalid")]),
        (
            connection(certificateAuthority=PEM, insecureSkipTLSVerify=True),
            [("insecureSkipTLSVerify", "Invalid")],
        ),
        (connection(fieldManager="a\tb"), [("fieldManager", "Invalid")]),
        (connection(namespaces=["a", "B"]), [("namespaces[1]", "Invalid")]),
    ],
    ids=lambda value: value[0][0] if isinstance(value, list) else "",
)
def test_what_cannot_be_reached_is_refused_at_its_field(document, errors):
    assert refused(document) == errors


def test_an_account_that_is_there_is_looked_at():
    create(secret(kubeconfig=kubeconfig({"exec": {"command": "rm"}})))
    assert refused(connection()) == [("secretRef.name", "Invalid")]


def test_a_secret_may_come_later():
    made = create(connection())
    assert made["spec"]["type"] == "Supervisor"
    assert made["spec"]["supervisor"]["fieldManager"] == "vm-portal"


def test_a_new_connection_is_looked_at_at_once_and_again_when_its_secret_changes():
    made = create(connection())
    work = Work.objects.get(uid=made["metadata"]["uid"])
    create(secret(token="abc"))
    assert Work.objects.get(uid=work.uid).nudges > work.nudges
    nudges = Work.objects.get(uid=work.uid).nudges
    create(secret("another", token="abc"))
    assert Work.objects.get(uid=work.uid).nudges == nudges


def test_to_believe_whoever_answers_is_warned_of():
    saved = service.create(kind("Connection"), "", connection(insecureSkipTLSVerify=True), by())
    assert len(saved.warnings) == 1
    assert "insecureSkipTLSVerify" in saved.warnings[0]


def test_a_connection_stays_while_a_namespace_is_on_it():
    create(connection())
    create(obj("Namespace", "team-a", meta={"labels": {"vmportal.dev/connection": "site-1"}}))
    with pytest.raises(Invalid, match="team-a"):
        service.delete(kind("Connection"), "", "site-1", by())
    service.delete(kind("Namespace"), "", "team-a", by())
    service.update(
        kind("Namespace"),
        "",
        "team-a",
        lambda found: {**found, "metadata": {**found["metadata"], "labels": {}}},
        by(),
    )
    service.delete(kind("Connection"), "", "site-1", by())
    assert not Connection.objects.exists()


def test_only_portal_admins_know_of_it():
    create(connection())
    with pytest.raises((Forbidden, NotFound)):
        service.get(kind("Connection"), "", "site-1", Caller("alice", ()))


def test_what_is_secret_is_in_no_history():
    create(connection())
    create(secret(token="hush-hush"))
    assert OPERATOR
    assert not [one for one in Revision.objects.all() if "hush" in str(one.diff) or "aHVzaC" in str(one.diff)]
