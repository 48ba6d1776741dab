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


def protobuf(kind: str, message: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, "v1") + field(2, kind)) + field(2, message)


def pair(key: str, value: str) -> bytes:
    return field(1, key) + field(2, value)


MAP_PROTOBUF = protobuf(
    "ConfigMap", field(1, field(1, "a") + field(11, pair("app", "web"))) + field(2, pair("k", "v"))
)
SECRET_PROTOBUF = protobuf("Secret", field(1, field(1, "a")) + field(2, pair("k", "v")) + field(3, "Opaque"))
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
