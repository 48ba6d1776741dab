"""The checks of strings, numbers and booleans. Called by `vmportal.schema.validation`; pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from vmportal.schema.formats import FORMATS, compile_pattern
from vmportal.schema.nodes import Node
from vmportal.schema.quantity import parse_quantity
from vmportal.schema.words import QUANTITY_PATTERN

Fault = tuple[str, str, str]  # the path below the value, the error type, the message
Check = Callable[[Any], list[Fault] | None]
Rule = Callable[[str], Fault | None]

_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}
_PYTHON = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
_SHOWN = 60  # characters of a refused value


def string(node: Node) -> Check:
    rules = [*_enum_rules(node), *_length_rules(node), *_form_rules(node)]
    if not rules:
        return lambda value: None if type(value) is str else wrong_type("string", value)

    def check(value: Any) -> list[Fault] | None:
        if type(value) is not str:
            return wrong_type("string", value)
        for rule in rules:  # the first only: a text that is too long is not searched for a pattern
            fault = rule(value)
            if fault:
                return [fault]
        return None

    return check


def _enum_rules(node: Node) -> Iterator[Rule]:
    allowed = node.get("enum")
    if allowed:
        choices = ", ".join(show(choice) for choice in allowed)

        def is_allowed(text: str) -> Fault | None:
            if text in allowed:
                return None
            return ("", "NotSupported", f"{show(text)} is not supported: choose one of {choices}.")

        yield is_allowed


def _length_rules(node: Node) -> Iterator[Rule]:
    most, fewest = node.get("maxLength"), node.get("minLength")
    if most is not None:
        yield (
            lambda text: (
                ("", "TooLong", f"Keep to at most {most} characters: here are {len(text)}.")
                if len(text) > most
                else None
            )
        )
    if fewest is not None:
        message = "Must not be empty." if fewest == 1 else f"Write at least {fewest} characters."
        yield lambda text: ("", "Invalid", message) if len(text) < fewest else None


def _form_rules(node: Node) -> Iterator[Rule]:
    """The value itself is not shown: it may be a secret."""
    if node.get("pattern") == QUANTITY_PATTERN:
        yield _quantity_rule  # stricter than the pattern, which lets `1e1.5` pass
    elif "pattern" in node:
        pattern = compile_pattern(node["pattern"])
        hint = f" ({node['description'].rstrip('.')})" if "description" in node else ""
        message = f"Must match {node['pattern']}{hint}."
        yield lambda text: None if pattern.search(text) else ("", "Invalid", message)
    if node.get("format") in FORMATS:
        is_good, wanted = FORMATS[node["format"]]
        yield lambda text: None if is_good(text) else ("", "TypeInvalid", wanted)


def _quantity_rule(text: str) -> Fault | None:
    try:
        parse_quantity(text)
    except ValueError as error:
        return ("", "Invalid", str(error))
    return None


def integer(node: Node) -> Check:
    low, high = _BOUNDS[node.get("format", "int64")]
    low, high = max(low, node.get("minimum", low)), min(high, node.get("maximum", high))
    is_range = "minimum" in node and "maximum" in node

    def check(value: Any) -> list[Fault] | None:
        if type(value) is not int:
            return wrong_type("integer", value)
        if low <= value <= high:
            return None
        if is_range:
            return [("", "Invalid", f"Must be from {low} to {high}.")]
        return [("", "Invalid", f"Must be at least {low}." if value < low else f"Must be at most {high}.")]

    return check


def number(node: Node) -> Check:
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)

    def check(value: Any) -> list[Fault] | None:
        if type(value) not in (int, float) or not math.isfinite(value):
            return wrong_type("number", value)
        if value < low:
            return [("", "Invalid", f"Must be at least {low}.")]
        return [("", "Invalid", f"Must be at most {high}.")] if value > high else None

    return check


def boolean(node: Node) -> Check:
    return lambda value: None if type(value) is bool else wrong_type("boolean", value)


def int_or_string(node: Node) -> Check:
    whole, rules = integer({"format": "int64"}), list(_form_rules(node))

    def check(value: Any) -> list[Fault] | None:
        if type(value) is int:
            return whole(value)
        if type(value) is not str:
            return [("", "TypeInvalid", f"Must be a whole number or a string, not {_name(value)}.")]
        return next(([fault] for rule in rules if (fault := rule(value))), None)

    return check


SCALARS: dict[str, Callable[[Node], Check]] = {
    "string": string,
    "integer": integer,
    "number": number,
    "boolean": boolean,
}


def wrong_type(wanted: str, value: Any) -> list[Fault]:
    """The fault of a value that is no `wanted`, a type of OpenAPI."""
    message = f"Must be {_NAMES[wanted]}, not {_name(value)}"
    if wanted == "string" and type(value) in (bool, int, float):
        message += ": put it in quotes"
    elif wanted in SCALARS and wanted != "string" and type(value) is str:
        message += ": write it without quotes"
    return [("", "TypeInvalid", f"{message}.")]


def show(value: Any) -> str:
    """A value in a message: as JSON, and short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _name(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is float and not math.isfinite(value):
        return "a number that JSON does not have"
    return _NAMES[_PYTHON[type(value)]]
