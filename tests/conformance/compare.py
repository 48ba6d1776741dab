"""Compares the portal's answer with the reference's, as data/README.md says. Used by the runner.

Every function answers with sentences about what differs; none means agreement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.conformance.corpus import Object
from vmportal.admission import Outcome
from vmportal.admission.reading import copy
from vmportal.schema import parse_duration, parse_quantity
from vms.times import is_moment

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EMPTY = (None, "", [], {})


def differences(case: Object, expected: Object, outcome: Outcome) -> list[str]:
    """What is otherwise than in the reference's answer."""
    allowed = not outcome.errors
    if allowed != expected["allowed"]:
        return [f"expected {_verdict(expected['allowed'])}, got {_verdict(allowed)}"]
    if not allowed:
        return list(_refusals(expected, outcome))
    if case["operation"] == "DELETE":
        return []
    return list(_objects(case, expected, outcome.object or {}))


def _verdict(allowed: bool) -> str:
    return "allowed" if allowed else "denied"


def _refusals(expected: Object, outcome: Outcome) -> Iterator[str]:
    stage = expected["stage"]
    if stage == "decode" or expected.get("panic"):
        return
    wanted = {(path, _type(kind)) for path, kind in expected.get("errors") or () if path}
    got = {(error.path, _type(error.type)) for error in outcome.errors if error.path}
    if stage == "mutate":
        paths = {path for path, _ in got}
        yield from (f"missing {path}" for path, _ in sorted(wanted) if path not in paths)
        return
    if stage == "schema":
        wanted, got = {(path, "") for path, _ in wanted}, {(path, "") for path, _ in got}
    yield from (f"missing {path} {kind}" for path, kind in sorted(wanted - got))
    yield from (f"too much {path} {kind}" for path, kind in sorted(got - wanted))


def _type(kind: str) -> str:
    return "Invalid" if kind == "TypeInvalid" else kind


def _objects(case: Object, expected: Object, got: Object) -> Iterator[str]:
    """Where the object that would be stored is another one."""
    wanted = copy(case["object"])
    for change in expected.get("object") or ():
        wanted = _changed(wanted, *change)
    known = {text for part in ("object", "oldObject") for text in _texts(case.get(part))}
    yield from _unlike(_stored(wanted), _stored(got), "", known)


def _stored(obj: Object) -> Object:
    """The part of an object that is compared, without what counts as absent."""
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    return _pruned({**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta})


def _pruned(value: Any) -> Any:
    """A value without null, empty and false; what is false but true by default was given its default before."""
    if isinstance(value, dict):
        kept = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in EMPTY and item is not False}
    return [_pruned(item) for item in value] if isinstance(value, list) else value


def _changed(obj: Any, op: str, pointer: str, value: Any = None) -> Any:
    """Apply one `[op, JSON pointer, value]`."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    place = obj
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        index = int(last)
        place[index : index + (op != "add")] = [] if op == "remove" else [value]
    elif op == "remove":
        place.pop(last, None)
    else:
        place[last] = value
    return obj


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)


def _unlike(wanted: Any, got: Any, path: str, known: set[str]) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted({*wanted, *got}):
            yield from _unlike(wanted.get(key), got.get(key), f"{path}.{key}" if path else key, known)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, pair in enumerate(zip(wanted, got, strict=True)):
            yield from _unlike(*pair, f"{path}[{index}]", known)
    elif not _is_same(wanted, got, known):
        yield f"{path}: expected {wanted!r}, got {got!r}"


def _is_same(wanted: Any, got: Any, known: set[str]) -> bool:
    if wanted == got and type(wanted) is type(got):
        return True
    if wanted == "<uuid>":
        return isinstance(got, str) and UUID.fullmatch(got) is not None and got not in known
    if wanted == "<time>":
        return isinstance(got, str) and is_moment(got) and got not in known
    return any(
        _value(read, wanted) == _value(read, got) is not None for read in (parse_quantity, parse_duration)
    )


def _value(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value) if isinstance(value, str | int) else None
    except ValueError:
        return None
