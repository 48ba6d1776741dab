"""The `scale` subresource: how many of something there should be, whatever the something is.

Called by `vmportal.api.scaling`; pure. `kubectl scale` and autoscalers read and write it.
"""

from __future__ import annotations

import copy

from vmportal import apply as server_side
from vmportal.admission.reading import get, number, put
from vmportal.errors import BadRequest, FieldError, Invalid
from vmportal.fieldset import FieldSet, difference, intersection, union
from vmportal.kind import Object, Scale, Shape
from vmportal.managed import Entry, identity, ordered
from vmportal.schema.words import integer, obj, text

SCALE = Shape(
    group="autoscaling",
    version="v1",
    kind="Scale",
    plural="scales",
    singular="scale",
    is_builtin=True,
    schema=obj(
        {
            "spec": obj(
                {"replicas": integer(description="How many there should be.")}, description="What is wished."
            ),
            "status": obj(
                {
                    "replicas": integer(description="How many there are."),
                    "selector": text(description="The labels by which they are known, as text."),
                },
                required=("replicas",),
                description="What was seen.",
            ),
        },
        description="How many of something there should be.",
    ),
)
_RANGE = {True: "should be a non-negative integer", False: f"should be at most {2**31 - 1}"}
_SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(scale: Scale, found: Object) -> Object:
    """An object's Scale."""
    meta = found["metadata"]
    wanted = number(found, _path(scale.replicas))
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {key: meta[key] for key in _SHOWN if key in meta},
        "spec": {"replicas": wanted} if wanted else {},  # 0 is left out, as Kubernetes does
        "status": {"replicas": number(found, _path(scale.seen)) or 0},
    }


def scaled(scale: Scale, found: Object, wish: Object) -> Object:
    """The object with the number of `wish`, a Scale; of the version that the wish names.

    Raises `Invalid`, `BadRequest` for the Scale of another object.
    """
    name = found["metadata"]["name"]
    if wish["metadata"].get("name") not in (None, "", name):
        raise BadRequest(
            f"the name of the object ({wish['metadata']['name']}) does not match the name on the URL ({name})"
        )
    wanted = get(wish, "spec.replicas")
    wanted = 0 if wanted is None else wanted
    if not isinstance(wanted, int) or isinstance(wanted, bool):
        error = FieldError("spec.replicas", "TypeInvalid", "Must be a whole number.")
        raise Invalid(SCALE.kind, name, [error], SCALE.group)
    if not 0 <= wanted < 2**31:
        # The place is told as a kube-apiserver tells it: as the path of the scale, of the object itself.
        error = FieldError(scale.replicas, "Invalid", f"Invalid value: {wanted}: {_RANGE[wanted < 0]}")
        raise Invalid(found["kind"], name, [error], found["apiVersion"].rpartition("/")[0])
    changed = copy.deepcopy(found)
    changed["metadata"]["resourceVersion"] = wish["metadata"].get("resourceVersion", "")
    put(changed, _path(scale.replicas), wanted)
    return changed


def applied(
    scale: Scale, found: Object, wish: Object, by: server_side.Applier, api_version: str, now: str
) -> Object:
    """The object with the number that `wish`, a Scale, applies, and with its managedFields.

    `by` applies a Scale, `api_version` is the object's. Raises `Invalid`, `ApplyConflict`.
    """
    entries = found["metadata"].get("managedFields", [])
    path, others = _as_set(_path(scale.replicas)), []
    seen = scale_of(scale, found)
    seen["metadata"]["managedFields"] = [
        _of_scale(entry) for entry in entries if intersection(entry["fieldsV1"], path)
    ]
    new = server_side.apply(SCALE.schema, seen, wish, by, now)
    owners = {identity(entry): entry for entry in new["metadata"]["managedFields"]}
    for entry in entries:
        mine = owners.pop(identity(_of_scale(entry)), None)
        fields = (union if mine else difference)(entry["fieldsV1"], path)
        if fields:
            others.append({**entry, "fieldsV1": fields})
    gained: list[Entry] = [
        {**entry, "apiVersion": api_version, "fieldsV1": path} for entry in owners.values()
    ]
    changed = scaled(scale, found, new)
    changed["metadata"]["managedFields"] = ordered([*others, *gained])
    return changed


def _of_scale(entry: Entry) -> Entry:
    """The entry of an owner of the number, as its Scale has it."""
    return {**entry, "apiVersion": SCALE.api_version, "fieldsV1": _as_set("spec.replicas")}


def _as_set(path: str) -> FieldSet:
    """The set of one field: `spec.replicas`."""
    fields: FieldSet = {}
    for name in reversed(path.split(".")):
        fields = {f"f:{name}": fields}
    return fields


def _path(jsonpath: str) -> str:
    return jsonpath.removeprefix(".")
