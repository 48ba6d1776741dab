"""How long the schema takes of an admission: `python -m tests.benchmarks.schema`.

The object has every field of a VirtualMachine's spec and two items in every list.
"""

from __future__ import annotations

import copy
import json
import timeit
from typing import Any

from vmportal import managed
from vmportal.schema import apply_defaults, prune, validate
from vms.schema import VIRTUAL_MACHINE

SAMPLES = {
    "uuid": "42081d15-9a7b-4c3f-8f22-6d1f0a5be101",
    "date-time": "2026-01-31T09:30:00Z",
    "^([0-9A-Fa-f]{2}:){5}([0-9A-Fa-f]{2})$": "00:50:56:aa:bb:cc",
}
RUNS = 300


def full(node: dict[str, Any], number: int = 0) -> Any:
    """A value with everything that a schema has; `number` tells items of one list apart."""
    if "enum" in node:
        return node["enum"][0]
    if node.get("x-kubernetes-int-or-string"):
        return "4Gi"
    match node.get("type"):
        case "object" if "properties" in node:
            return {name: full(below, number) for name, below in node["properties"].items()}
        case "object":
            return {"key": "value"}
        case "array":
            return [full(node["items"], index) for index in range(2)]
        case "integer":
            return min(max(node.get("minimum", 0), number), node.get("maximum", 100))
        case "boolean":
            return True
        case "string":
            return SAMPLES.get(node.get("format", node.get("pattern", "")), f"name{number}")
    return {"any": ["thing"]}


def main() -> None:
    schema = VIRTUAL_MACHINE.schema
    wish = {"spec": full(schema["properties"]["spec"])}
    wish["spec"]["hardware"]["ideControllers"] = [{"busNumber": 0}]
    assert validate(schema, wish) == [], validate(schema, wish)
    changed = copy.deepcopy(wish)
    changed["spec"]["className"] = "large"
    owned = managed.record(schema, {}, wish, "a", api_version="v1", now="t")
    print(f"A VirtualMachine of {len(json.dumps(wish)):,} bytes, milliseconds each:")
    for name, work in {
        "prune": lambda: prune(schema, wish),
        "defaults": lambda: apply_defaults(schema, wish),
        "validate": lambda: validate(schema, wish),
        "managedFields of a create": lambda: managed.record(schema, {}, wish, "a", api_version="v1", now="t"),
        "managedFields of a change": lambda: managed.record(
            schema, wish, changed, "b", api_version="v1", now="t", managed=owned
        ),
    }.items():
        best = min(timeit.repeat(work, number=RUNS, repeat=5)) / RUNS
        print(f"  {name:28}{best * 1000:.3f}")


if __name__ == "__main__":
    main()
