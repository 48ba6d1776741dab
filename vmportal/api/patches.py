"""The three kinds of patch that kubectl and other clients send, applied to JSON values.

Called by the API's views inside `service.update`; pure: nothing given is changed, results share no parts with it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from vmportal.errors import ApiError, BadRequest, TooLarge

MOST_OPERATIONS = 10_000  # of one JSON patch, as a kube-apiserver limits it
MOST_COPIED = (
    3 * 1024 * 1024
)  # characters of JSON that the copies of one patch add: each may double the object


class PatchRefused(ApiError):
    """A patch that is well formed and does not fit the object (422)."""

    code, reason = 422, "Invalid"


def merge(target: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def json_patch(target: Any, operations: Any) -> Any:
    """JSON patch (RFC 6902): all operations, in order, or none."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise BadRequest("a JSON patch is a list of operations, each an object with op and path")
    if len(operations) > MOST_OPERATIONS:
        raise TooLarge(
            "Request entity too large: "
            f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(operations)}"
        )
    result, copied = copy.deepcopy(target), 0
    for operation in operations:
        if operation.get("op") == "copy":
            source = _steps(operation, operation.get("from"))
            copied += len(json.dumps(_find(result, source, operation)))
            if copied > MOST_COPIED:
                raise TooLarge(f"the copies in the JSON patch add more than {MOST_COPIED} characters")
        result = _operate(result, operation)
    return result


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:
    verb, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str):
        raise _refused(operation, "it has no path")
    if verb in ("add", "replace") and "value" not in operation:
        raise _refused(operation, "it has no value")
    steps = _steps(operation, path)
    value = copy.deepcopy(operation.get("value"))
    if verb == "add":
        return _add(document, steps, value, operation)
    if verb == "remove":
        return _remove(document, steps, operation)[0]
    if verb == "replace":
        if not steps:
            return value
        # Of an object also a key that is not there: Kubernetes does so, other than RFC 6902.
        parent = _find(document, steps[:-1], operation)
        parent[_key(parent, steps[-1], operation)] = value
        return document
    if verb == "test":
        return _test(document, steps, value, operation)
    if verb in ("move", "copy"):
        source = _steps(operation, operation.get("from"))
        if verb == "copy":
            return _add(document, steps, copy.deepcopy(_find(document, source, operation)), operation)
        document, moved = _remove(document, source, operation)
        return _add(document, steps, moved, operation)
    raise _refused(operation, "its op is none of add, remove, replace, move, copy, test")


def _steps(operation: Mapping[str, Any], pointer: Any) -> list[str]:
    """The steps of a JSON pointer (RFC 6901)."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise _refused(operation, "its path and from must be JSON pointers, such as /metadata/labels/a~1b")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _key(parent: Any, step: str, operation: Mapping[str, Any], extra: int = 0) -> Any:
    """`step` as the key or index into `parent`; `extra` 1 allows the place behind a list's end."""
    if isinstance(parent, dict):
        return step
    if not isinstance(parent, list):
        raise _refused(operation, f"{step!r} lies below a plain value")
    if step == "-" and extra:
        return len(parent)
    digits = step.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise _refused(operation, f"{step!r} is no index of a list")
    index = int(step)
    index += len(parent) + extra if index < 0 else 0
    if not 0 <= index < len(parent) + extra:
        raise _refused(operation, f"the list has no place {step}")
    return index


def _find(document: Any, steps: list[str], operation: Mapping[str, Any]) -> Any:
    for step in steps:
        key = _key(document, step, operation)
        if isinstance(document, dict) and key not in document:
            raise _refused(operation, f"there is no {step!r}")
        document = document[key]
    return document


def _add(document: Any, steps: list[str], value: Any, operation: Mapping[str, Any]) -> Any:
    if not steps:
        return value
    parent = _find(document, steps[:-1], operation)
    key = _key(parent, steps[-1], operation, extra=1)
    if isinstance(parent, list):
        parent.insert(key, value)
    else:
        parent[key] = value
    return document


def _remove(document: Any, steps: list[str], operation: Mapping[str, Any]) -> tuple[Any, Any]:
    if not steps:
        return None, document
    removed = _find(document, steps, operation)
    parent = _find(document, steps[:-1], operation)
    del parent[_key(parent, steps[-1], operation)]
    return document, removed


def _test(document: Any, steps: list[str], value: Any, operation: Mapping[str, Any]) -> Any:
    try:
        found = _find(document, steps, operation)
    except PatchRefused:
        if value is not None:  # as in Kubernetes, what is not there equals null
            raise
        return document
    if not _same(found, value):
        raise _refused(operation, "the value is another")
    return document


def _same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: `true` is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _refused(operation: Mapping[str, Any], why: str) -> PatchRefused:
    return PatchRefused(
        "the server rejected our request due to an error in our request: "
        f"{operation.get('op')} operation at {operation.get('path')!r}: {why}"
    )
