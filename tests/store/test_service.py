"""The one door and the store behind it: numbers, generations, managers, deletion, owners."""

from __future__ import annotations

import json

import pytest

from tests.builders import ADMIN, by, config_map, create, kind, make_namespace, obj
from vmportal import garbage, namespaces, service
from vmportal.access import Caller
from vmportal.errors import AlreadyExists, BadRequest, Conflict, Forbidden, Invalid, NotFound
from vmportal.models import Change, ConfigMap, OwnerRef, Revision, Secret

pytestmark = pytest.mark.django_db

CONFIG_MAP = kind("ConfigMap")


@pytest.fixture(autouse=True)
def team_a():
    make_namespace()


def change_data(**data):
    def change(found):
        found["data"] = {**found["data"], **data}
        return found

    return change


def update(name="settings", change=None, **options):
    return service.update(
        CONFIG_MAP, "team-a", name, change or change_data(color="red"), by(), **options
    ).object


def test_a_new_object_gets_what_kubernetes_gives_it():
    made = create(config_map())
    meta = made["metadata"]
    assert len(meta["uid"]) == 36
    assert meta["creationTimestamp"].endswith("Z")
    assert int(meta["resourceVersion"]) > 0
    assert [entry["manager"] for entry in meta["managedFields"]] == ["tests"]


def test_each_write_has_a_higher_number_and_is_one_change():
    first = create(config_map())
    second = update()
    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    changes = Change.objects.filter(uid=first["metadata"]["uid"]).order_by("version")
    assert [(change.type, json.loads(change.body)["data"]["color"]) for change in changes] == [
        ("ADDED", "blue"),
        ("MODIFIED", "red"),
    ]


def test_an_unchanged_object_is_not_written_again():
    first = create(config_map())
    assert (
        update(change=lambda found: found)["metadata"]["resourceVersion"]
        == first["metadata"]["resourceVersion"]
    )


def test_names_may_be_generated():
    made = create({**config_map(), "metadata": {"generateName": "settings-", "namespace": "team-a"}})
    assert made["metadata"]["name"].startswith("settings-")
    assert len(made["metadata"]["name"]) == len("settings-") + 5


def test_a_name_is_taken_only_once():
    create(config_map())
    with pytest.raises(AlreadyExists, match='configmaps "settings" already exists'):
        create(config_map())


def test_a_namespace_must_be_there():
    with pytest.raises(NotFound, match='namespaces "team-z" not found'):
        create(config_map(namespace="team-z"))


def test_a_stale_version_is_a_conflict():
    made = create(config_map())
    update()

    def change(found):
        found["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
        return found

    with pytest.raises(Conflict, match="the object has been modified"):
        update(change=change)


def test_a_change_may_not_rename():
    create(config_map())

    def change(found):
        found["metadata"]["name"] = "other"
        return found

    with pytest.raises(BadRequest, match="does not match the name on the URL"):
        update(change=change)


def test_unknown_fields_are_dropped_with_a_warning_or_refused():
    document = {**config_map(), "colour": 1}
    saved = service.create(CONFIG_MAP, "team-a", document, by())
    assert saved.warnings == ('unknown field "colour"',)
    assert "colour" not in saved.object
    with pytest.raises(BadRequest, match='strict decoding error: unknown field "colour"'):
        service.create(CONFIG_MAP, "team-a", {**document, "metadata": {"name": "b"}}, by(), unknown="Strict")


def test_all_errors_come_at_once():
    bad = {**config_map(), "metadata": {"name": "Not_A_Name", "namespace": "team-a", "labels": {"-": "ok"}}}
    with pytest.raises(Invalid) as refusal:
        create(bad)
    assert {error.path for error in refusal.value.errors} == {"metadata.name", "metadata.labels"}


def test_a_dry_run_stores_nothing():
    assert create(config_map(), dry_run=True)["data"] == {"color": "blue"}
    assert not ConfigMap.objects.exists()
    create(config_map())
    assert update(dry_run=True)["data"]["color"] == "red"
    assert service.delete(CONFIG_MAP, "team-a", "settings", by(), dry_run=True)
    assert json.loads(ConfigMap.objects.get().body)["data"]["color"] == "blue"


def test_managers_own_what_they_change():
    create(config_map(data={"color": "blue", "size": "1"}))
    service.update(CONFIG_MAP, "team-a", "settings", change_data(size="2"), by(manager="kubectl"))
    fields = {
        entry["manager"]: entry["fieldsV1"]["f:data"]
        for entry in json.loads(ConfigMap.objects.get().body)["metadata"]["managedFields"]
    }
    assert fields == {"kubectl": {"f:size": {}}, "tests": {".": {}, "f:color": {}}}


def test_history_tells_who_changed_what():
    create(config_map())
    update()
    revisions = list(Revision.objects.filter(name="settings").order_by("version"))
    assert [(item.action, item.who, item.manager, item.request_id) for item in revisions] == [
        ("create", "admin", "tests", "request-1"),
        ("update", "admin", "tests", "request-1"),
    ]
    assert revisions[1].diff == [{"path": "data.color", "old": "blue", "new": "red"}]


def test_secrets_lie_encrypted_and_their_history_shows_no_value(django_db_blocker):
    from django.db import connection

    create(obj("Secret", "password", "team-a", stringData={"key": "hunter2"}))
    service.update(
        kind("Secret"), "team-a", "password", lambda s: {**s, "stringData": {"key": "hunter3"}}, by()
    )
    with connection.cursor() as cursor:
        for table in ("vmportal_secret", "vmportal_change", "vmportal_revision"):
            cursor.execute(f"SELECT * FROM {table}")
            stored = repr(cursor.fetchall())
            for value in ("hunter", "aHVudGVyM", "team-a/password-clear"):
                assert value not in stored
    assert json.loads(Secret.objects.get().body)["data"] == {"key": "aHVudGVyMw=="}
    assert json.loads(Change.objects.filter(name="password").last().body)["kind"] == "Secret"


def test_finalizers_hold_a_deleted_object():
    create(config_map(finalizers=["example.com/hold"]))
    marked = service.delete(CONFIG_MAP, "team-a", "settings", by())
    assert not marked.is_removed
    assert marked.object["metadata"]["deletionTimestamp"]
    with pytest.raises(AlreadyExists):
        create(config_map())

    def release(found):
        found["metadata"]["finalizers"] = []
        return found

    assert service.update(CONFIG_MAP, "team-a", "settings", release, by()).is_removed
    assert not ConfigMap.objects.exists()
    assert Change.objects.filter(name="settings").last().type == "DELETED"


def test_preconditions_of_a_delete_are_kept():
    made = create(config_map())
    with pytest.raises(Conflict):
        service.delete(CONFIG_MAP, "team-a", "settings", by(), uid="another")
    assert service.delete(CONFIG_MAP, "team-a", "settings", by(), uid=made["metadata"]["uid"]).is_removed


def owned_by(owner, name, blocks=False):
    ref = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    return create(config_map(name, ownerReferences=[{**ref, "blockOwnerDeletion": blocks}]))


def names():
    return sorted(ConfigMap.objects.values_list("name", flat=True))


def test_what_is_owned_goes_with_its_owner():
    owner = create(config_map("owner"))
    owned_by(owner, "child")
    create(config_map("stranger"))
    service.delete(CONFIG_MAP, "team-a", "owner", by())
    assert names() == ["child", "stranger"]
    garbage.collect(owner["metadata"]["uid"])
    assert names() == ["stranger"]
    assert not OwnerRef.objects.exists()


def test_a_lost_message_leaves_nothing_uncollected():
    owner = create(config_map("owner"))
    owned_by(owner, "child")
    service.delete(CONFIG_MAP, "team-a", "owner", by())
    garbage.collect_orphans()
    assert names() == []


def test_orphans_stay_when_asked_to():
    owner = create(config_map("owner"))
    owned_by(owner, "child")
    service.delete(CONFIG_MAP, "team-a", "owner", by(), propagation="Orphan")
    garbage.finish_deletions()
    assert names() == ["child"]
    assert not json.loads(ConfigMap.objects.get().body)["metadata"].get("ownerReferences")


def test_foreground_deletion_waits_for_what_blocks_it():
    owner = create(config_map("owner"))
    owned_by(owner, "child", blocks=True)
    service.delete(CONFIG_MAP, "team-a", "owner", by(), propagation="Foreground")
    assert names() == ["child", "owner"]
    garbage.finish_deletions()
    garbage.finish_deletions()
    assert names() == []


def test_a_terminating_namespace_empties_and_takes_nothing_new():
    create(config_map())
    create(obj("Secret", "password", "team-a", stringData={"key": "x"}))
    row = kind("Namespace").model.objects.get()
    service.delete(kind("Namespace"), "", "team-a", by())
    with pytest.raises(Forbidden, match="because it is being terminated"):
        create(config_map("late"))
    from vmportal import work

    for _ in range(3):
        lease = work.lease(row.uid)
        if lease is None:
            break
        namespaces.reconcile_namespace(row.uid, lease)
        lease.again(0)
    assert not kind("Namespace").model.objects.exists()
    assert names() == []


ALICE = Caller("alice", roles={"team-a": "edit"})
VIEWER = Caller("vera", roles={"team-a": "view"})
STRANGER = Caller("bob", roles={"team-b": "admin"})


def test_members_do_what_their_role_allows():
    create(config_map(), ALICE)
    with pytest.raises(Forbidden, match='User "vera" cannot delete resource "configmaps"'):
        service.delete(CONFIG_MAP, "team-a", "settings", by(VIEWER))
    with pytest.raises(Forbidden, match='cannot create resource "rolebindings"'):
        create(obj("RoleBinding", "x", "team-a", roleRef={}, subjects=[]), ALICE)


def test_a_strangers_object_is_not_found():
    create(config_map())
    for attempt in (
        lambda: service.get(CONFIG_MAP, "team-a", "settings", STRANGER),
        lambda: service.delete(CONFIG_MAP, "team-a", "settings", by(STRANGER)),
        lambda: create(config_map("mine"), STRANGER),
    ):
        with pytest.raises(NotFound, match='namespaces "team-a" not found'):
            attempt()


def test_viewers_read_no_secrets():
    create(obj("Secret", "password", "team-a", stringData={"key": "x"}))
    with pytest.raises(Forbidden):
        service.get(kind("Secret"), "team-a", "password", VIEWER)
    assert service.get(kind("Secret"), "team-a", "password", ALICE)


def test_only_the_portal_writes_status():
    create(obj("VirtualMachineClass", "small", "team-a", spec={"hardware": {"cpus": 2, "memory": "4Gi"}}))
    with pytest.raises(Forbidden):
        service.update(
            kind("VirtualMachineClass"),
            "team-a",
            "small",
            lambda c: {**c, "status": {}},
            by(ALICE),
            subresource="status",
        )
    assert ADMIN.is_admin


@pytest.mark.parametrize("key", ["a/b", "", ".", "..a", "a b", "x" * 254])
@pytest.mark.parametrize("part", ["data", "binaryData"])
def test_a_key_of_data_can_be_the_name_of_a_file(part, key):
    with pytest.raises(Invalid) as refused:
        create({**config_map("keys"), part: {key: "eA=="}})
    assert [(one.path, one.rule) for one in refused.value.errors] == [(f"{part}[{key}]", "CORE-09")]


def test_a_key_stands_in_data_or_in_binary_data():
    with pytest.raises(Invalid) as refused:
        create({**config_map("keys"), "data": {"k": "x"}, "binaryData": {"k": "eA=="}})
    assert [one.path for one in refused.value.errors] == ["data[k]"]


def test_an_owner_that_can_be_nobody_is_taken_and_its_own_collected():
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "x" * 200}
    create(config_map("child", ownerReferences=[stranger]))
    garbage.collect_orphans()
    assert names() == []


def test_who_stands_in_another_namespace_owns_nothing_here():
    """Else a stranger who knows a uid could hold what is being deleted for ever."""
    make_namespace("team-b")
    owner = create(config_map("owner"))
    named = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    reference = {**named, "blockOwnerDeletion": True}
    held = {"namespace": "team-b", "ownerReferences": [reference], "finalizers": ["example.com/keep"]}
    create(config_map("stranger", **held))
    service.delete(CONFIG_MAP, "team-a", "owner", by(), propagation="Foreground")
    garbage.finish_deletions()
    assert names() == ["stranger"]


def test_who_has_an_owner_in_another_namespace_only_is_collected():
    make_namespace("team-b")
    owner = create(config_map("owner"))
    named = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    create(config_map("stranger", namespace="team-b", ownerReferences=[named]))
    garbage.collect_orphans()
    assert names() == ["owner"]
