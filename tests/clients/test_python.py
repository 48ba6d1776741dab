"""The Python client `kubernetes`: typed core kinds, custom objects, the dynamic client, watches and informers."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator

import pytest
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError
from kubernetes.informer import ADDED, DELETED, MODIFIED, SharedInformer

pytestmark = pytest.mark.peers

TEAM = "team-a"
GROUP, VERSION, VMS = "vmoperator.vmware.com", "v1alpha5", "virtualmachines"
API = f"{GROUP}/{VERSION}"
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def alice(as_alice) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(as_alice)) as api:
        yield api


@pytest.fixture(scope="module")
def admin(as_admin) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(as_admin)) as api:
        yield api


@pytest.fixture
def name() -> str:
    return f"python-{uuid.uuid4().hex[:8]}"


def named(name: str, **more) -> client.V1ObjectMeta:
    return client.V1ObjectMeta(name=name, **more)


def vm(name: str, **spec) -> dict:
    wish = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold", **spec}
    return {"apiVersion": API, "kind": "VirtualMachine", "metadata": {"name": name}, "spec": wish}


def eventually(is_so) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# The typed client.


def claim(name: str) -> client.V1PersistentVolumeClaim:
    size = client.V1VolumeResourceRequirements(requests={"storage": "1Gi"})
    spec = client.V1PersistentVolumeClaimSpec(
        access_modes=["ReadWriteOnce"], storage_class_name="gold", resources=size
    )
    return client.V1PersistentVolumeClaim(metadata=named(name), spec=spec)


def quota(name: str) -> client.V1ResourceQuota:
    spec = client.V1ResourceQuotaSpec(hard={"count/configmaps": "500"})
    return client.V1ResourceQuota(metadata=named(name), spec=spec)


def event(name: str) -> client.CoreV1Event:
    about = client.V1ObjectReference(kind="VirtualMachine", name="web-1", namespace=TEAM, api_version=API)
    return client.CoreV1Event(
        metadata=named(name), involved_object=about, reason="Noted", message="by hand", type="Normal"
    )


CORE = {
    "secret": lambda name: client.V1Secret(metadata=named(name), string_data={"user-data": "hello"}),
    "config_map": lambda name: client.V1ConfigMap(metadata=named(name), data={"a": "b"}),
    "service_account": lambda name: client.V1ServiceAccount(metadata=named(name)),
    "resource_quota": quota,
    "persistent_volume_claim": claim,
    "event": event,
}


@pytest.mark.parametrize("kind", CORE)
def test_a_core_object_lives_its_life(admin, kind, name):
    """Made, read, listed, patched as strategic merge, replaced under the lock, deleted: all as typed objects."""
    core = client.CoreV1Api(admin)

    def call(verb: str, *args, **options):
        return getattr(core, f"{verb}_namespaced_{kind}")(*args, **options)

    made = call("create", TEAM, CORE[kind](name))
    assert type(made) is type(CORE[kind](name))
    assert call("read", name, TEAM).metadata.uid == made.metadata.uid
    listed = call("list", TEAM, field_selector=f"metadata.name={name}")
    assert [item.metadata.uid for item in listed.items] == [made.metadata.uid]
    patched = call("patch", name, TEAM, {"metadata": {"labels": {"by": "python"}}})
    assert patched.metadata.labels["by"] == "python"
    patched.metadata.annotations = {"note": "replaced"}
    replaced = call("replace", name, TEAM, patched)
    assert replaced.metadata.annotations["note"] == "replaced"
    patched.metadata.resource_version = made.metadata.resource_version
    with pytest.raises(ApiException) as stale:
        call("replace", name, TEAM, patched)
    assert (stale.value.status, stale.value.reason) == (409, "Conflict")
    call("delete", name, TEAM)
    with pytest.raises(ApiException) as gone:
        call("read", name, TEAM)
    assert gone.value.status == 404


def test_a_secret_is_read_back_as_bytes_in_base64(alice, name):
    core = client.CoreV1Api(alice)
    core.create_namespaced_secret(TEAM, CORE["secret"](name))
    secret = core.read_namespaced_secret(name, TEAM)
    assert base64.b64decode(secret.data["user-data"]) == b"hello"
    assert (secret.type, secret.string_data) == ("Opaque", None)


def test_a_namespace_is_made_and_goes(admin, name):
    core = client.CoreV1Api(admin)
    core.create_namespace(client.V1Namespace(metadata=named(name)))
    core.create_namespaced_config_map(name, CORE["config_map"]("content"))
    core.delete_namespace(name)

    def is_gone() -> bool:
        return name not in [item.metadata.name for item in core.list_namespace().items]

    eventually(is_gone)


def test_a_list_comes_in_pages(alice, name):
    core = client.CoreV1Api(alice)
    for number in range(7):
        core.create_namespaced_config_map(
            TEAM, client.V1ConfigMap(metadata=named(f"{name}-{number}", labels={"of": name}))
        )
    found, token = [], None
    while token != "":
        page = core.list_namespaced_config_map(TEAM, label_selector=f"of={name}", limit=3, _continue=token)
        found += [item.metadata.name for item in page.items]
        token = page.metadata._continue or ""
    assert found == [f"{name}-{number}" for number in range(7)]
    core.delete_collection_namespaced_config_map(TEAM, label_selector=f"of={name}")
    assert core.list_namespaced_config_map(TEAM, label_selector=f"of={name}").items == []


def test_reviews_roles_and_classes_are_typed_too(alice):
    attributes = client.V1ResourceAttributes(namespace=TEAM, verb="create", group=GROUP, resource=VMS)
    asked = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
    )
    assert client.AuthorizationV1Api(alice).create_self_subject_access_review(asked).status.allowed
    who = client.AuthenticationV1Api(alice).create_self_subject_review(client.V1SelfSubjectReview())
    assert who.status.user_info.username == "alice"
    bindings = client.RbacAuthorizationV1Api(alice).list_namespaced_role_binding(TEAM).items
    assert any(subject.name == "alice" for binding in bindings for subject in binding.subjects)
    assert "gold" in [item.metadata.name for item in client.StorageV1Api(alice).list_storage_class().items]
    assert GROUP in [group.name for group in client.ApisApi(alice).get_api_versions().groups]
    assert client.VersionApi(alice).get_code().major == "1"


def test_a_service_account_s_token_is_asked_for_and_used(admin, portal, name):
    core = client.CoreV1Api(admin)
    core.create_namespaced_service_account(TEAM, CORE["service_account"](name))
    request = client.AuthenticationV1TokenRequest(
        spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=600)
    )
    token = core.create_namespaced_service_account_token(name, TEAM, request).status.token
    settings = client.Configuration.get_default_copy()
    settings.host = admin.configuration.host
    settings.ssl_ca_cert = admin.configuration.ssl_ca_cert
    settings.api_key = {"authorization": f"Bearer {token}"}
    with client.ApiClient(settings) as robot:
        who = client.AuthenticationV1Api(robot).create_self_subject_review(client.V1SelfSubjectReview())
    assert who.status.user_info.username == f"system:serviceaccount:{TEAM}:{name}"


# Custom objects.


def test_a_virtual_machine_is_a_custom_object(alice, name):
    custom = client.CustomObjectsApi(alice)
    place = (GROUP, VERSION, TEAM, VMS)
    made = custom.create_namespaced_custom_object(*place, vm(name))
    merged = custom.patch_namespaced_custom_object(*place, name, {"spec": {"powerState": "PoweredOff"}})
    assert merged["metadata"]["generation"] == made["metadata"]["generation"] + 1
    operations = [{"op": "add", "path": "/metadata/labels", "value": {"by": "python"}}]
    custom.patch_namespaced_custom_object(
        *place, name, operations, _content_type="application/json-patch+json"
    )
    with pytest.raises(ApiException) as stale:
        custom.replace_namespaced_custom_object(*place, name, made)
    assert stale.value.status == 409
    found = custom.list_namespaced_custom_object(*place, label_selector="by=python")["items"]
    assert [item["metadata"]["name"] for item in found] == [name]
    assert any(
        item["metadata"]["name"] == name
        for item in custom.list_cluster_custom_object(GROUP, VERSION, VMS)["items"]
    )
    custom.delete_namespaced_custom_object(*place, name)


def test_a_refusal_names_the_fields(alice, name):
    custom = client.CustomObjectsApi(alice)
    with pytest.raises(ApiException) as refused:
        custom.create_namespaced_custom_object(GROUP, VERSION, TEAM, VMS, vm(name, className="nonesuch"))
    assert "spec.className" in refused.value.body
    with pytest.raises(ApiException) as refused:
        custom.create_namespaced_custom_object(
            GROUP, VERSION, TEAM, VMS, vm(name, nonesuch=1), field_validation="Strict"
        )
    assert 'unknown field "spec.nonesuch"' in json.loads(refused.value.body)["message"]


def test_it_is_applied_and_two_managers_conflict(alice, name):
    custom = client.CustomObjectsApi(alice)
    options = {"_content_type": "application/apply-patch+yaml", "field_validation": "Strict"}

    def apply(manager: str, force: bool = False, **spec):
        return custom.patch_namespaced_custom_object(
            GROUP, VERSION, TEAM, VMS, name, vm(name, **spec), field_manager=manager, force=force, **options
        )

    apply("one", powerState="PoweredOn")
    with pytest.raises(ApiException) as conflict:
        apply("two", powerState="PoweredOff")
    assert conflict.value.status == 409
    assert ".spec.powerState" in conflict.value.body
    assert apply("two", force=True, powerState="PoweredOff")["spec"]["powerState"] == "PoweredOff"
    custom.delete_namespaced_custom_object(GROUP, VERSION, TEAM, VMS, name)


# The dynamic client.


@pytest.fixture
def dynamic(alice, tmp_path) -> DynamicClient:
    return DynamicClient(alice, cache_file=str(tmp_path / "discovery.json"))


def test_discovery_is_kept_and_read_again(dynamic, alice, tmp_path):
    found = dynamic.resources.get(api_version=API, kind="VirtualMachine")
    assert (found.name, found.singular_name, found.namespaced) == (VMS, "virtualmachine", True)
    assert (tmp_path / "discovery.json").exists()
    again = DynamicClient(alice, cache_file=str(tmp_path / "discovery.json"))
    assert again.resources.get(short_names=["vm"]).group_version == API
    again.resources.invalidate_cache()
    kinds = {resource.kind for resource in again.resources.search(group=GROUP)}
    assert {"VirtualMachine", "VirtualMachineClass", "VirtualMachineList"} <= kinds
    assert "status" in again.resources.get(api_version=API, kind="VirtualMachine").subresources


def test_the_dynamic_client_writes_in_each_way(dynamic, name):
    vms = dynamic.resources.get(api_version=API, kind="VirtualMachine")
    made = vms.create(body=vm(name), namespace=TEAM)
    merged = vms.patch(
        body={"spec": {"powerState": "PoweredOff"}},
        name=name,
        namespace=TEAM,
        content_type="application/merge-patch+json",
    )
    assert merged.spec.powerState == "PoweredOff"
    with pytest.raises(ConflictError):
        vms.replace(body=made.to_dict(), namespace=TEAM)
    applied = vms.server_side_apply(
        body={**vm(name), "metadata": {"name": name, "labels": {"by": "dynamic"}}},
        namespace=TEAM,
        field_manager="dynamic",
        force_conflicts=True,
    )
    assert applied.metadata.labels.by == "dynamic"
    assert vms.get(namespace=TEAM, label_selector="by=dynamic").items[0].metadata.name == name
    vms.delete(name=name, namespace=TEAM)

    def is_gone() -> bool:
        try:
            vms.get(name=name, namespace=TEAM)
        except NotFoundError:
            return True
        return False

    eventually(is_gone)


def test_the_dynamic_client_watches(dynamic, name):
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")

    def write() -> None:
        maps.create(body={"metadata": {"name": name}, "data": {"a": "b"}}, namespace=TEAM)
        maps.patch(body={"data": {"a": "c"}}, name=name, namespace=TEAM)  # strategic: a core kind
        maps.delete(name=name, namespace=TEAM)

    version = maps.get(namespace=TEAM).metadata.resourceVersion
    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    for happened in maps.watch(namespace=TEAM, resource_version=version, timeout=PATIENCE):
        if happened["object"].metadata.name == name:
            seen.append(happened["type"])
        if happened["type"] == "DELETED":
            break
    writer.join()
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


# Watches and informers.


def test_a_watch_goes_on_where_it_ended(alice, name):
    """Streams of one second, one after the other, miss nothing and tell nothing twice."""
    core = client.CoreV1Api(alice)
    start = core.list_namespaced_config_map(TEAM).metadata.resource_version

    def write() -> None:
        for number in range(20):
            core.create_namespaced_config_map(TEAM, client.V1ConfigMap(metadata=named(f"{name}-{number}")))
            time.sleep(0.15)

    writer = threading.Thread(target=write)
    writer.start()
    stream, seen = watch.Watch(), []
    deadline = time.monotonic() + PATIENCE
    while len(seen) < 20 and time.monotonic() < deadline:
        events = stream.stream(
            core.list_namespaced_config_map,
            TEAM,
            resource_version=stream.resource_version or start,
            timeout_seconds=1,
            allow_watch_bookmarks=True,
        )
        seen += [happened["object"].metadata.name for happened in events if happened["type"] == "ADDED"]
    writer.join()
    assert seen == [f"{name}-{number}" for number in range(20)]


def test_a_version_of_another_time_is_expired(alice):
    core = client.CoreV1Api(alice)
    with pytest.raises(ApiException) as expired:
        for _ in watch.Watch().stream(
            core.list_namespaced_config_map, TEAM, resource_version="1", timeout_seconds=5
        ):
            pass
    assert expired.value.status == 410


def test_an_informer_keeps_what_the_server_has(alice, name):
    core = client.CoreV1Api(alice)
    seen: list[tuple[str, str]] = []
    informer = SharedInformer(core.list_namespaced_secret, namespace=TEAM, resync_period=0)
    for kind in (ADDED, MODIFIED, DELETED):
        informer.add_event_handler(kind, lambda item, kind=kind: seen.append((kind, item.metadata.name)))
    informer.start()
    try:
        eventually(lambda: informer.cache.get_by_key(f"{TEAM}/web-cloud-init"))
        core.create_namespaced_secret(TEAM, CORE["secret"](name))
        eventually(lambda: informer.cache.get_by_key(f"{TEAM}/{name}"))
        core.patch_namespaced_secret(name, TEAM, {"stringData": {"user-data": "other"}})
        eventually(lambda: (MODIFIED, name) in seen)
        core.delete_namespaced_secret(name, TEAM)
        eventually(lambda: informer.cache.get_by_key(f"{TEAM}/{name}") is None)
    finally:
        informer.stop()
    assert [kind for kind, of in seen if of == name] == [ADDED, MODIFIED, DELETED]
