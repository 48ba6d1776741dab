"""From what was sent to an object of a kind: its metadata is of the right types, and what nobody knows is named.

Called by the API's viewset before, and inside a patch after, the change.
"""

from __future__ import annotations

import json
from typing import Any

from vmportal.api.configuration import faults
from vmportal.api.meta_schemas import OBJECT_META
from vmportal.errors import BadRequest, FieldError, Invalid
from vmportal.kind import Object, Shape
from vmportal.schema import prune, validate

DOUBLED_OWNERS = (
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, "
    "and may reject such requests as early as 1.24; please fix your requests"
)
HEAD = ("apiVersion", "kind", "metadata")


class Intake:
    """Takes objects of one shape in, under one `fieldValidation` (Strict, Warn, Ignore)."""

    def __init__(self, shape: Shape, validation: str, duplicates: tuple[str, ...] = ()) -> None:
        self.shape = shape
        self.validation = validation
        self.duplicates = tuple(f'duplicate field "{path}"' for path in duplicates)
        self.warnings: tuple[str, ...] = ()

    def take(self, value: Any, *, is_patched: bool = False) -> Object:
        """`value` as an object. Raises `BadRequest`, or `Invalid` when a patch has made it so."""
        if not isinstance(value, dict):
            raise BadRequest("the body must be an object")
        meta, unknown = self._metadata(value.get("metadata"))
        rest = {key: item for key, item in value.items() if key not in HEAD}
        _, others = prune(self.shape.schema, rest)
        problems = self.duplicates + tuple(f'unknown field "{path}"' for path in [*unknown, *others])
        if problems and self.validation == "Strict":
            raise self._strict(f"strict decoding error: {', '.join(problems)}", is_patched)
        self.warnings = problems if self.validation == "Warn" else ()
        self._drop_doubled_owners(meta)
        return {**self._head(value), "metadata": meta, **rest}

    def _drop_doubled_owners(self, meta: dict[str, Any]) -> None:
        """Of owners that are alike in all they say the first stays."""
        owners = meta.get("ownerReferences") or []
        doubled = [owner for at, owner in enumerate(owners) if owner in owners[:at]]
        if doubled:
            meta["ownerReferences"] = [one for at, one in enumerate(owners) if one not in owners[:at]]
            uids = ", ".join(dict.fromkeys(str(owner.get("uid")) for owner in doubled))
            self.warnings += (f"{DOUBLED_OWNERS}; duplicate UID(s) observed: {uids}",)

    def take_applied(self, value: Any) -> Object:
        """`value` as a configuration to apply. Raises `BadRequest` for what the schema does not know, too."""
        value = {} if value is None else value
        if not isinstance(value, dict):
            raise BadRequest("error decoding patch: the body must be an object")
        group, _, version = str(value.get("apiVersion") or "/").rpartition("/")
        kind = value.get("kind") or ""
        if (value.get("apiVersion"), kind) != (self.shape.api_version, self.shape.kind):
            raise BadRequest(f"invalid object type: {group}/{version}, Kind={kind}")
        meta = value.get("metadata")
        if isinstance(meta, dict) and meta.get("managedFields") is not None:
            raise BadRequest("metadata.managedFields must be nil")
        wrong = faults(self.shape, value)
        if wrong:
            told = wrong[0] if len(wrong) == 1 else "\n  ".join(["errors:", *wrong])
            raise BadRequest(f"failed to create typed patch object ({self._called(meta)}): {told}")
        return self.take(value)

    def _called(self, meta: Any) -> str:
        meta = meta if isinstance(meta, dict) else {}
        shape = self.shape
        return (
            f"{meta.get('namespace', '')}/{meta.get('name', '')}; "
            f"{shape.group}/{shape.version}, Kind={shape.kind}"
        )

    def _head(self, value: dict[str, Any]) -> Object:
        """apiVersion and kind. Typed clients leave them out for Kubernetes' own kinds."""
        shape = self.shape
        if shape.is_builtin:
            own = {
                "apiVersion": value.get("apiVersion") or shape.api_version,
                "kind": value.get("kind") or shape.kind,
            }
        else:
            own = {key: value[key] for key in ("apiVersion", "kind") if key in value}
        for key in ("apiVersion", "kind"):
            if not own.get(key):
                raise BadRequest(f"Object '{key[0].upper()}{key[1:]}' is missing in what was sent")
            if not isinstance(own[key], str):
                raise BadRequest(f"{key} must be a text")
        if own["apiVersion"] != shape.api_version or (shape.is_builtin and own["kind"] != shape.kind):
            of_kind = (f", Kind={own['kind']}", f", Kind={shape.kind}") if shape.is_builtin else ("", "")
            raise BadRequest(
                f"the API version in the data ({own['apiVersion']}{of_kind[0]}) does not match the "
                f"expected API version ({shape.api_version}{of_kind[1]})"
            )
        if own["kind"] != shape.kind:
            told = f"Invalid value: {json.dumps(own['kind'])}: must be {shape.kind}"
            meta = value.get("metadata")
            name = str(meta.get("name") or "") if isinstance(meta, dict) else ""
            raise Invalid(own["kind"], name, [FieldError("kind", "Invalid", told)], shape.group)
        return own

    @staticmethod
    def _metadata(meta: Any) -> tuple[dict[str, Any], list[str]]:
        """Metadata without what is not known or null, and the paths of what is not known."""
        if meta is None:
            return {}, []
        wrong = validate(_WRITABLE, _without_nulls(meta), "metadata")
        if wrong:
            raise BadRequest("; ".join(f"{error.path}: {error.message}" for error in wrong))
        known, paths = prune(OBJECT_META, meta)
        return _without_nulls(known), [f"metadata.{path}" for path in paths]

    def _strict(self, message: str, is_patched: bool) -> Exception:
        shape = self.shape
        if is_patched:
            return Invalid("", "", [FieldError("patch", "Invalid", message)])
        return BadRequest(
            f'{shape.kind} in version "{shape.version}" cannot be handled as a {shape.kind}: {message}'
        )


def _without_nulls(meta: Any) -> Any:
    return {key: item for key, item in meta.items() if item is not None} if isinstance(meta, dict) else meta


# What owner references must name is a rule of admission, with its own message; here only types count.
_WRITABLE = {
    **OBJECT_META,
    "properties": {
        **OBJECT_META["properties"],
        "ownerReferences": {
            "type": "array",
            "items": {
                key: value
                for key, value in OBJECT_META["properties"]["ownerReferences"]["items"].items()
                if key != "required"
            },
        },
        "finalizers": {"type": "array", "items": {"type": "string"}},
    },
}
