"""What differs between two wishes, as a list of paths with the values before and after.

Called by the store for revisions and by pages for previews; pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Difference = dict[str, Any]  # {"path": "spec.className", "old": …, "new": …}; a missing key: nothing there

# What a person did not wish: bookkeeping, and copies of the object that clients leave in it.
_BOOKKEEPING = {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"}
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HIDDEN = "(not shown)"


def differences(old: dict[str, Any], new: dict[str, Any], *, secret: bool = False) -> list[Difference]:
    """The differences of two objects' wishes. With `secret`, the values of `data` are not shown."""
    found = list(_walk("", _wish(old), _wish(new)))
    if not secret:
        return found
    return [_hidden(item) if item["path"].split(".")[0] in {"data", "stringData"} else item for item in found]


def _wish(obj: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key not in _BOOKKEEPING}
    if annotations := meta.get("annotations"):
        meta["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    rest = {
        key: value for key, value in obj.items() if key not in {"apiVersion", "kind", "metadata", "status"}
    }
    return {"metadata": meta, **rest}


def _hidden(item: Difference) -> Difference:
    return {key: HIDDEN if key in {"old", "new"} else value for key, value in item.items()}


def _walk(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            here = f"{path}.{key}" if path and not _needs_brackets(key) else f"{path}[{key}]" if path else key
            if key not in new:
                yield from _one_sided(here, "old", old[key])
            elif key not in old:
                yield from _one_sided(here, "new", new[key])
            else:
                yield from _walk(here, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _walk(f"{path}[{index}]", before, after)
    elif old != new:
        yield {"path": path, "old": old, "new": new}


def _one_sided(path: str, side: str, value: Any) -> Iterator[Difference]:
    """What came or went, down to its leaves: a reader looks for `spec.className`, not for `spec`."""
    if isinstance(value, dict) and value and "." not in path:
        for key in value:
            yield from _one_sided(
                f"{path}.{key}" if not _needs_brackets(key) else f"{path}[{key}]", side, value[key]
            )
    elif value not in ({}, [], None):
        yield {"path": path, side: value}


def _needs_brackets(key: str) -> bool:
    return "." in key or "/" in key
