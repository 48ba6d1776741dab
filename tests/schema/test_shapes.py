"""The shapes hang together, and take the objects that people write."""

from __future__ import annotations

import pytest

import groups.schema
import storage.schema
import vms.schema
from tests.schema.places import at
from vmportal import core_schema
from vmportal.kind import Shape
from vmportal.schema import apply_defaults, prune, validate
from vmportal.schema.nodes import merge_keys

SHAPES = [
    value
    for module in (core_schema, storage.schema, vms.schema, groups.schema)
    for value in vars(module).values()
    if isinstance(value, Shape)
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
def test_the_validator_understands_every_shape(shape):
    assert [error.type for error in validate(shape.schema, {}, "")] in ([], ["Required"])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
def test_names_are_of_one_piece(shape):
    assert shape.plural == shape.plural.lower()
    assert shape.singular == shape.kind.lower()
    assert shape.schema.get("properties", {}).keys().isdisjoint({"apiVersion", "kind", "metadata"})
    assert not shape.has_status or "status" in shape.schema["properties"]


def test_a_small_machine_is_pruned_completed_and_valid():
    """VMS-48, VMS-67, VMS-80, VMS-99."""
    wish = {
        "spec": {
            "className": "small",
            "imageName": "ubuntu-24.04",
            "storageClass": "gold",
            "colour": "green",
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
            "hardware": {
                "cdrom": [{"name": "cd1", "image": {"kind": "VirtualMachineImage", "name": "vmi-1"}}],
                "scsiControllers": [{"busNumber": 1}],
            },
        }
    }
    schema = vms.schema.VIRTUAL_MACHINE.schema
    pruned, unknown = prune(schema, wish)
    assert unknown == ["spec.colour"]
    spec = apply_defaults(schema, pruned)["spec"]
    assert spec["powerOffMode"] == spec["suspendMode"] == spec["restartMode"] == "TrySoft"
    assert spec["promoteDisksMode"] == "Online"
    assert spec["volumes"][0]["removable"] is True
    assert spec["hardware"]["cdrom"][0]["connected"] is True
    assert spec["hardware"]["scsiControllers"] == [
        {"busNumber": 1, "sharingMode": "None", "type": "ParaVirtual"}
    ]
    assert "powerState" not in spec
    assert validate(schema, {"spec": spec}) == []


def test_lists_are_merged_by_the_keys_of_the_real_kind():
    def keys(shape: Shape, path: str) -> tuple[str, ...]:
        return merge_keys(at(shape.schema, path) or {})

    vm, image = vms.schema.VIRTUAL_MACHINE, vms.schema.VIRTUAL_MACHINE_IMAGE
    assert keys(vm, "spec.volumes") == ("name",)
    assert keys(vm, "spec.hardware.scsiControllers") == ("busNumber",)
    assert keys(vm, "status.volumes") == ("name", "type")
    assert keys(vm, "status.conditions") == ()  # atomic, unlike those of an image
    assert keys(image, "status.conditions") == ("type",)


def test_a_secret_takes_base64_in_data_and_anything_in_string_data():
    schema = core_schema.SECRET.schema
    value = {"data": {"a": "aGVsbG8=", "b": "hello"}, "stringData": {"c": "hello"}}
    assert [(error.path, error.type) for error in validate(schema, value)] == [("data[b]", "TypeInvalid")]
    assert apply_defaults(schema, {"data": {}})["type"] == "Opaque"


def test_a_role_binding_needs_no_group_to_be_written():
    schema = core_schema.ROLE_BINDING.schema
    binding = apply_defaults(
        schema,
        {"roleRef": {"kind": "ClusterRole", "name": "edit"}, "subjects": [{"kind": "User", "name": "alice"}]},
    )
    assert binding["roleRef"]["apiGroup"] == "rbac.authorization.k8s.io"
    assert validate(schema, binding) == []
