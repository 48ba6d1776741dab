"""Our shapes against the real CRDs: every fact equal, nothing missing, nothing extra."""

from __future__ import annotations

import pytest

from tests.schema import facts
from tests.schema.test_shapes import SHAPES
from tests.shared import shared

REAL = {(one["group"], one["kind"]): one for one in facts.read(facts.TABLE.read_text())}
CUSTOM = [shape for shape in SHAPES if not shape.is_builtin]


@pytest.mark.parametrize("shape", CUSTOM, ids=lambda shape: shape.kind)
def test_a_shape_has_the_facts_of_the_real_kind(shape):
    """VMS-01 … VMS-104, VMT-01 … VMT-45, CND-01 … CND-07, CLT-01 … CLT-12."""
    real, ours = REAL[shape.group, shape.kind], facts.of_shape(shape)
    assert ours["fields"] == real["fields"]
    assert ours == real


def test_the_table_is_what_the_real_crds_say():
    folder = shared("crds")
    assert facts.write(facts.of_folder(folder)) == facts.TABLE.read_text(), (
        "the CRDs have changed: run python -m tests.schema.facts, then make the shapes agree"
    )


def test_a_narrowed_enum_is_one_enum():
    assert REAL["vmoperator.vmware.com", "VirtualMachine"]["fields"][
        "spec.hardware.cdrom[].controllerType"
    ] == {
        "type": "string",
        "enum": ["IDE", "SATA"],
    }


def test_a_word_without_a_fact_is_not_passed_over():
    crd = {
        "spec": {
            "group": "g",
            "scope": "Namespaced",
            "names": {"kind": "K", "plural": "ks", "singular": "k"},
            "versions": [
                {
                    "name": "v1",
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"properties": {"spec": {"type": "object", "maxProperties": 1}}}
                    },
                }
            ],
        }
    }
    with pytest.raises(ValueError, match="maxProperties"):
        facts.of_crd(crd)
