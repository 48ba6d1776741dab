"""Bodies and answers: JSON, YAML, protobuf, gzip, and what nobody speaks."""

import gzip
import json
from typing import Any

from tests.parity.language import (
    JSON,
    YAML,
    config_map,
    get,
    post,
    scenario,
    send,
    vm_class,
)

PROTOBUF = "application/vnd.kubernetes.protobuf"
MAP_YAML = """
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {size: '7'}}
data:
  k: |
    two
    lines
"""
CLASS_YAML = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachineClass
metadata: {name: small}
spec: {hardware: {cpus: 2, memory: 4Gi}}
"""


def field(number: int, content: bytes | str) -> bytes:
    """A field of a protobuf message: a text, or a message of its own."""
    content = content.encode() if isinstance(content, str) else content
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _varint(number >> 7)


def whole(number: int, value: int) -> bytes:
    """A field that is a whole number or a boolean."""
    return bytes([number << 3]) + _varint(value)


def protobuf(kind: str, message: bytes, version: str = "v1") -> bytes:
    return b"k8s\x00" + field(1, field(1, version) + field(2, kind)) + field(2, message)


def named(name: str) -> bytes:
    """The metadata of an object."""
    return field(1, field(1, name))


def quantity(key: str, value: str) -> bytes:
    """An entry of a map of quantities."""
    return field(1, key) + field(2, field(1, value))


def pair(key: str, value: str) -> bytes:
    return field(1, key) + field(2, value)


MAP_PROTOBUF = protobuf(
    "ConfigMap", field(1, field(1, "a") + field(11, pair("app", "web"))) + field(2, pair("k", "v"))
)
OWNER = (
    field(1, "ConfigMap") + field(3, "o") + field(4, "9b1c1f0e-0000-4000-8000-000000000001") + field(5, "v1")
)
OWNED_PROTOBUF = protobuf(
    "ConfigMap",
    field(1, field(1, "a") + field(13, OWNER + whole(6, 1) + whole(7, 0)) + field(14, "example.com/one")),
)
SECRET_PROTOBUF = protobuf("Secret", field(1, field(1, "a")) + field(2, pair("k", "v")) + field(3, "Opaque"))
CLAIM_PROTOBUF = protobuf(
    "PersistentVolumeClaim",
    named("a") + field(2, field(2, field(2, quantity("storage", "1Gi")))),
)
QUOTA_PROTOBUF = protobuf("ResourceQuota", named("a") + field(2, field(1, quantity("count/secrets", "10"))))
BINDING_PROTOBUF = protobuf(
    "RoleBinding",
    named("a")
    + field(2, field(1, "User") + field(2, "rbac.authorization.k8s.io") + field(3, "bob"))
    + field(3, field(1, "rbac.authorization.k8s.io") + field(2, "ClusterRole") + field(3, "view")),
    "rbac.authorization.k8s.io/v1",
)
STORAGE_PROTOBUF = protobuf(
    "StorageClass",
    named("parity")
    + field(2, "csi.vsphere.vmware.com")
    + field(3, pair("svStorageClass", "gold"))
    + field(4, "Delete")
    + whole(6, 1)
    + field(7, "Immediate"),
    "storage.k8s.io/v1",
)
EVENT_PROTOBUF = protobuf(
    "Event",
    named("a")
    + field(2, field(1, "ConfigMap") + field(2, "default") + field(3, "a") + field(5, "v1"))
    + field(3, "Tried")
    + field(4, "it was tried")
    + field(5, field(1, "parity"))
    + whole(8, 3)
    + field(9, "Normal"),
)
LARGE = config_map("large", {"k": "abc " * 50_000})


def kind_of(answer: Any) -> Any:
    return answer.get("kind") if isinstance(answer, dict) else answer


SCENARIOS = [
    scenario(
        "a body in YAML",
        send("POST", "configmaps", MAP_YAML, YAML),
        send("POST", "virtualmachineclasses", CLASS_YAML, YAML),
    ),
    scenario(
        "an answer in YAML to a body in YAML", send("POST", "configmaps", MAP_YAML, YAML).accepting(YAML)
    ),
    scenario(
        "a refusal in YAML",
        get("configmaps/none").accepting(YAML),
        get("virtualmachineclasses/none").accepting(YAML),
    ),
    scenario(
        "YAML that cannot be read",
        send("POST", "configmaps", "a: [", YAML),
        send("POST", "virtualmachineclasses", "a: [", YAML),
    ),
    scenario(
        "a body in protobuf",
        send("POST", "configmaps", MAP_PROTOBUF, PROTOBUF),
        get("configmaps/a"),
        send("POST", "secrets", SECRET_PROTOBUF, PROTOBUF),
    ),
    scenario(
        "an update in protobuf",
        post("configmaps", config_map("a")),
        send("PUT", "configmaps/a", MAP_PROTOBUF, PROTOBUF),
    ),
    scenario(
        "a claim without an access mode, in protobuf",
        send("POST", "persistentvolumeclaims", CLAIM_PROTOBUF, PROTOBUF),
    ),
    scenario("a quota in protobuf", send("POST", "resourcequotas", QUOTA_PROTOBUF, PROTOBUF)),
    scenario(
        "a service account in protobuf",
        send("POST", "serviceaccounts", protobuf("ServiceAccount", named("a") + whole(4, 0)), PROTOBUF),
    ),
    scenario("a role binding in protobuf", send("POST", "rolebindings", BINDING_PROTOBUF, PROTOBUF)),
    scenario(
        "a storage class in protobuf",
        send("POST", "storageclasses", STORAGE_PROTOBUF, PROTOBUF, dryRun="All"),
    ),
    scenario(
        "a namespace in protobuf",
        send("POST", "namespaces", protobuf("Namespace", named("parity-protobuf")), PROTOBUF, dryRun="All"),
    ),
    scenario("an event in protobuf", send("POST", "events", EVENT_PROTOBUF, PROTOBUF)),
    scenario(
        "owners and finalizers in protobuf",
        send("POST", "configmaps", OWNED_PROTOBUF, PROTOBUF),
    ),
    scenario(
        "protobuf that cannot be read",
        send("POST", "configmaps", b"k8s\x00\xff\xff", PROTOBUF),
        send("POST", "configmaps", b"hello", PROTOBUF),
    ),
    scenario(
        "a custom kind takes no protobuf", send("POST", "virtualmachineclasses", MAP_PROTOBUF, PROTOBUF)
    ),
    scenario(
        "options of a delete in protobuf",
        post("configmaps", config_map("a")),
        send("DELETE", "configmaps/a", protobuf("DeleteOptions", field(4, "Background")), PROTOBUF),
    ),
    scenario(
        "a body without a type is JSON",
        send("POST", "configmaps", json.dumps(config_map("a")), JSON).having(Content_Type=""),
    ),
    scenario(
        "a type with a charset",
        send("POST", "configmaps", config_map("a"), "application/json; charset=utf-8"),
    ),
    scenario(
        "bodies of no known type",
        send("POST", "configmaps", "<a/>", "text/xml"),
        send("POST", "virtualmachineclasses", "<a/>", "text/xml"),
    ),
    scenario(
        "an update of no known type",
        post("configmaps", config_map("a")),
        send("PUT", "configmaps/a", "x", "text/plain"),
    ),
    scenario(
        "answers of no known type",
        get("configmaps").accepting("text/xml"),
        get("virtualmachineclasses").accepting("text/xml"),
    ),
    scenario(
        "any answer",
        get("configmaps").accepting("*/*"),
        get("configmaps").accepting("application/*"),
        get("configmaps").accepting(""),
    ),
    scenario(
        "the best of several answers",
        get("configmaps").accepting("text/xml, application/yaml;q=0.5, application/json;q=0.9"),
        get("configmaps").accepting("application/json;q=0.1, application/yaml"),
    ),
    scenario(
        "a form that there is not",
        get("configmaps").accepting("application/json;as=Picture;g=meta.k8s.io;v=v1"),
        get("configmaps").accepting("application/json;as=Table;g=meta.k8s.io;v=v9"),
    ),
    scenario(
        "a form that there is not, or the object",
        get("configmaps").accepting("application/json;as=Picture;g=meta.k8s.io;v=v1, application/json"),
    ),
    scenario(
        "the older table", get("configmaps").accepting("application/json;as=Table;g=meta.k8s.io;v=v1beta1")
    ),
    scenario(
        "a large answer is packed for who takes it",
        post("configmaps", LARGE).seeing(kind_of),
        get("configmaps/large").having(Accept_Encoding="gzip").seeing(kind_of),
        get("configmaps/large").seeing(kind_of),
    ),
    scenario(
        "a small answer is not packed", post("configmaps", config_map("a")).having(Accept_Encoding="gzip")
    ),
    scenario(
        "a packed body is not unpacked",
        send("POST", "configmaps", gzip.compress(json.dumps(config_map("a")).encode()), JSON).having(
            Content_Encoding="gzip"
        ),
    ),
    scenario(
        "JSON that cannot be read",
        send("POST", "configmaps", "{", JSON),
        send("POST", "virtualmachineclasses", "{", JSON),
    ),
    scenario(
        "bodies that are no objects",
        send("POST", "configmaps", "[]", JSON),
        send("POST", "configmaps", "7", JSON),
        send("POST", "configmaps", "null", JSON),
        send("POST", "virtualmachineclasses", "[]", JSON),
        send("POST", "virtualmachineclasses", '"text"', JSON),
    ),
    scenario(
        "an empty body", send("POST", "configmaps", "", JSON), send("POST", "virtualmachineclasses", "", JSON)
    ),
    scenario(
        "an object without a kind",
        post("configmaps", {"metadata": {"name": "a"}}),
        post("virtualmachineclasses", {"metadata": {"name": "a"}, "spec": {}}),
        post(
            "virtualmachineclasses",
            {"apiVersion": "vmoperator.vmware.com/v1alpha5", "metadata": {"name": "a"}},
        ),
    ),
    scenario(
        "an object of another kind",
        post("configmaps", {**config_map("a"), "kind": "Secret"}),
        post("virtualmachineclasses", {**vm_class("a"), "kind": "VirtualMachine"}),
        post("virtualmachineclasses", {**vm_class("a"), "kind": "Unheard"}),
    ),
    scenario(
        "an object of another version",
        post("configmaps", {**config_map("a"), "apiVersion": "v2"}),
        post("virtualmachineclasses", {**vm_class("a"), "apiVersion": "vmoperator.vmware.com/v9"}),
    ),
    scenario(
        "a body of four mebibytes",
        post("configmaps", config_map("a", {"k": "x" * (4 << 20)})),
        post("virtualmachineclasses", vm_class("a", annotations={"k": "x" * (4 << 20)})),
    ),
    scenario(
        "a body that is nested too deeply",
        send("POST", "virtualmachineclasses", '{"a":' * 11_000 + "1" + "}" * 11_000, JSON),
    ),
    scenario(
        "texts of many languages",
        post("configmaps", config_map("a", {"k": "Grüße, 世界 🌍 <&>\u2028"})),
        get("configmaps/a"),
    ),
    scenario("numbers keep their kind", post("virtualmachineclasses", vm_class("a", 2.0))),
]
