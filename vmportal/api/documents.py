"""Reads a body that a client sent, JSON or YAML, and notes keys that stand in it twice.

Called by the API's parsers; pure. YAML is read as kubectl reads it: JSON's types only, no dates, no tags.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import yaml

from vmportal.errors import BadRequest
from vmportal.yamltext import FLOAT, INT

MOST_LEVELS = 100  # of nesting; no kind comes near it
EXACT = 2**53  # up to here a float holds every whole number
MOST_NODES = 100_000  # of one YAML document, which is read slowly; and aliases of aliases grow without bound
MOST_NODES_UNCOUNTED = 65_536  # bytes of YAML, in which there are fewer nodes
MOST_BRACES = 250_000  # of one JSON document
MOST_DIGITS = 400  # of a whole number: a float ends long before


@dataclass(frozen=True)
class Document:
    """What a body says; `duplicates` are the paths of keys that it says twice (the last one counts)."""

    value: Any
    duplicates: tuple[str, ...] = ()


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, while it is not known where it stands."""


def read_json(text: bytes) -> Document:
    """The document in `text` (UTF-8). Raises `BadRequest`."""
    if len(text) > MOST_BRACES and text.count(b"{") + text.count(b"[") > MOST_BRACES:
        raise BadRequest(f"the body has more than {MOST_BRACES} objects and lists: send it in parts")
    try:
        value = json.loads(
            text, object_pairs_hook=_Pairs, parse_constant=_no_number, parse_float=_json_number
        )
        walk = _Walk()
        return Document(walk.settle(value, "", 0), tuple(walk.duplicates))
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from error


def read_yaml(text: bytes) -> Document:
    """The one document in `text` (UTF-8). Raises `BadRequest`."""
    try:
        if len(text) > MOST_NODES_UNCOUNTED:
            _demand_few_nodes(text)
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not YAML: {error}") from error
    walk = _Walk()
    return Document(walk.build(node, "", 0) if node else None, tuple(walk.duplicates))


def _demand_few_nodes(text: bytes) -> None:
    """Before they are built, which takes a hundred times the memory of their text."""
    count = 0
    for event in yaml.parse(text, Loader=_Loader):
        count += isinstance(event, yaml.NodeEvent)
        if count > MOST_NODES:
            raise _too_many_nodes()


def _too_many_nodes() -> BadRequest:
    return BadRequest(
        f"the body's YAML has more than {MOST_NODES} values, aliases included: send JSON, or send it in parts"
    )


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def _json_number(text: str) -> float:
    """`2.0` is the whole number 2, as in Kubernetes."""
    number = _finite_number(text)
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def _finite_number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _too_deep() -> BadRequest:
    return BadRequest(f"the body is nested more than {MOST_LEVELS} levels deep")


def storable(text: str) -> str:
    """`text` itself. Raises `ValueError` for NUL and for half a surrogate pair: no database stores them."""
    if "\0" in text:
        raise ValueError("a text holds the character NUL")
    if not text.isascii():
        text.encode()
    return text


@dataclass
class _Walk:
    """One way through a body, with the path in hand."""

    duplicates: dict[str, None] = field(default_factory=dict)  # a set that keeps the order
    nodes: int = 0

    def settle(self, value: Any, path: str, level: int) -> Any:
        """A parsed JSON value, with its objects as dicts."""
        if isinstance(value, str):
            return storable(value)
        if not isinstance(value, list):
            return value
        if level > MOST_LEVELS:
            raise _too_deep()
        if not isinstance(value, _Pairs):
            return [self.settle(item, f"{path}[{index}]", level + 1) for index, item in enumerate(value)]
        result: dict[str, Any] = {}
        for key, item in value:
            below = self._note(result, storable(key), path)
            result[key] = self.settle(item, below, level + 1)
        return result

    def build(self, node: yaml.Node, path: str, level: int) -> Any:
        """The value of a YAML node."""
        self.nodes += 1
        if level > MOST_LEVELS:
            raise _too_deep()
        if self.nodes > MOST_NODES:
            raise _too_many_nodes()
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, f"{path}[{index}]", level + 1) for index, item in enumerate(node.value)]
        result: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                value = self.build(value_node, path, level + 1)
                merged += value if isinstance(value, list) else [value]
                continue
            key = _key(key_node)
            below = self._note(result, key, path)
            result[key] = self.build(value_node, below, level + 1)
        if not all(isinstance(one, dict) for one in merged):
            raise BadRequest(f"line {node.start_mark.line + 1}: << takes mappings")
        inherited: dict[str, Any] = {}
        for one in reversed(merged):  # of several the first counts
            inherited.update(one)
        return {**inherited, **result}

    def _note(self, seen: dict[str, Any], key: str, path: str) -> str:
        below = f"{path}.{key}" if path else key
        if key in seen:
            self.duplicates[below] = None
        return below


class _Loader(yaml.CSafeLoader):
    """YAML 1.1 as kubectl reads it: no dates, no numbers to the base sixty."""


_OURS = {"tag:yaml.org,2002:int": INT, "tag:yaml.org,2002:float": FLOAT}
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, _OURS.get(tag, pattern))
        for tag, pattern in resolvers
        if not tag.endswith((":timestamp", ":value"))
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _key(node: yaml.Node) -> str:
    """A key as it is written, whatever it looks like: `on`, `8080`."""
    if not isinstance(node, yaml.ScalarNode) or "\0" in node.value:
        raise BadRequest(f"line {node.start_mark.line + 1}: a key must be a plain text")
    return str(node.value)


def _scalar(node: yaml.ScalarNode) -> Any:
    kind, text = node.tag.removeprefix("tag:yaml.org,2002:"), node.value
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("yes", "true", "on")
        if kind == "int":
            return _integer(text.replace("_", ""))
        if kind == "float":
            return _finite_number(text.replace("_", ""))
        if kind == "str":
            return storable(text)
    except ValueError as error:
        raise BadRequest(f"line {node.start_mark.line + 1}: {error}") from error
    raise BadRequest(f"line {node.start_mark.line + 1}: the tag {node.tag} is not used in Kubernetes")


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of more than {MOST_DIGITS} digits")
    is_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    number = int(digits, 8 if is_octal else 0)
    return -number if text.startswith("-") else number
