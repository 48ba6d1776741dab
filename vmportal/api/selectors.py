"""Label and field selectors: read from a query, asked of rows in the database and of changes in a watch.

Called by the API's lists and watches.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast

from vmportal.errors import BadRequest

MOST_VALUES = 1000  # of all of them
MOST_REQUIREMENTS = 100  # of one selector; SQLite reads conditions up to a depth of 1000
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"(?:[a-z0-9](?:[a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}\Z")
_VALUE = re.compile(rf"(?:{_NAME})?\Z")
_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
# One requirement: `!key`, `key`, `key = value`, `key in (a, b)`, `key > 7`.
_REQUIREMENT = re.compile(
    r"""\s*(?:
        !\s*(?P<absent>[^\s!=<>,()]+)
      | (?P<key>[^\s!=<>,()]+)
        (?:\s*(?P<is>==|=|!=|<|>)\s*(?P<value>[^\s!=<>,()]*)
         | \s+(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?
    )\s*(?:,(?=.)|\Z)""",
    re.VERBOSE,
)


_COMPARED = {">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Requirement:
    """`operator`: in, notin, exists, absent, > or <. As in Kubernetes, `notin` holds for what lacks the key too."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.key)
        if self.operator == "exists":
            return found is not None
        if self.operator == "absent":
            return found is None
        if self.operator in _COMPARED:
            is_number = found is not None and _NUMBER.match(found)
            return bool(is_number) and _COMPARED[self.operator](int(found or 0), int(self.values[0]))
        return (found in self.values) == (self.operator == "in")


Selector = tuple[Requirement, ...]


def holds(selector: Selector, values: Mapping[str, str]) -> bool:
    return all(requirement.holds(values) for requirement in selector)


def label_selector(text: str) -> Selector:
    """A `labelSelector`, such as `app=web,tier in (a,b),!old`. Raises `BadRequest`."""
    requirements, position = [], 0
    while position < len(text.rstrip()):
        match = _REQUIREMENT.match(text, position)
        if match is None:
            raise _unreadable(text, f"near {text[position:].strip()!r}")
        requirements.append(_requirement(text, match))
        position = match.end()
    return _few(requirements)


def _requirement(text: str, match: re.Match[str]) -> Requirement:
    key = match["absent"] or match["key"]
    if match["absent"]:
        made = Requirement(key, "absent")
    elif match["is"] in _COMPARED:
        made = Requirement(key, match["is"], (match["value"],))
        if not _NUMBER.match(match["value"]):
            raise _unreadable(text, f"{match['is']} compares whole numbers, not {match['value']!r}")
    elif match["is"]:
        made = Requirement(key, "notin" if match["is"] == "!=" else "in", (match["value"],))
    elif match["set"]:
        made = Requirement(key, match["set"], tuple(value.strip() for value in match["values"].split(",")))
    else:
        made = Requirement(key, "exists")
    if not _KEY.match(key):
        raise _unreadable(text, f"{key!r} is no label key")
    for value in made.values:
        if not _VALUE.match(value):
            raise _unreadable(
                text, f"{value!r} is no label value (at most 63 letters, digits, '-', '_', '.')"
            )
    return made


def _few(requirements: list[Requirement]) -> Selector:
    if len(requirements) > MOST_REQUIREMENTS:
        raise BadRequest(
            f"a selector has at most {MOST_REQUIREMENTS} requirements, this one {len(requirements)}"
        )
    values = sum(len(requirement.values) for requirement in requirements)
    if values > MOST_VALUES:
        raise BadRequest(f"a selector has at most {MOST_VALUES} values, this one {values}: ask in parts")
    return tuple(requirements)


def _unreadable(text: str, why: str) -> BadRequest:
    return BadRequest(f"unable to parse requirement: {why}, in the selector {text!r}")


def field_selector(text: str, known: Mapping[str, Any]) -> Selector:
    """A `fieldSelector`, such as `metadata.name=web,status.phase!=Active`; `known` names what may be asked."""
    requirements = []
    for part in filter(None, re.split(r"(?<!\\),", text)):
        match = re.search("!=|==|=", part)
        if match is None:
            raise BadRequest(f"invalid selector: {text!r}; can't understand {part!r}")
        name, operator, value = part[: match.start()].strip(), match[0], part[match.end() :]
        if name not in known:
            raise BadRequest(
                f"field label not supported: {name} (supported here: {', '.join(sorted(known))})"
            )
        value = re.sub(r"\\([\\,=])", r"\1", value)
        requirements.append(Requirement(name, "notin" if operator == "!=" else "in", (value,)))
    return _few(requirements)


class LabelValue(Func):
    """The value of one label of a row, or NULL; right for keys with dots, slashes and only digits."""

    output_field = models.TextField()

    def __init__(self, key: str, column: str = "labels") -> None:
        self.key = key
        super().__init__(F(column))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"JSON_EXTRACT({column}, %s)", [*params, f'$."{self.key}"']

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"({column} ->> %s::text)", [*params, self.key]


def labels_query(selector: Selector, column: str = "labels") -> Q:
    """The condition on rows that keep labels in `column`. A key is safe in a JSON path: `label_selector` checked it."""
    condition = Q()
    for requirement in selector:
        condition &= _value_query(LabelValue(requirement.key, column), requirement)
    return condition


def fields_query(selector: Selector, known: Mapping[str, Any]) -> Q:
    """The condition on rows; `known` maps a field's name to the row's column."""
    condition = Q()
    for requirement in selector:
        found = Q(**{f"{known[requirement.key]}__in": requirement.values})
        condition &= found if requirement.operator == "in" else ~found
    return condition


def _value_query(value: LabelValue, requirement: Requirement) -> Q:
    from django.db.models.lookups import Exact, GreaterThan, In, IsNull, LessThan, Regex

    if requirement.operator in _COMPARED:
        # Other texts than numbers are never cast: a database may refuse it.
        is_number = models.When(
            Regex(value, Value("^-?[0-9]{1,18}$")), then=Cast(value, models.BigIntegerField())
        )
        compared = GreaterThan if requirement.operator == ">" else LessThan
        return Q(compared(models.Case(is_number), Value(int(requirement.values[0]))))
    if requirement.operator in ("exists", "absent"):
        return Q(IsNull(value, requirement.operator == "absent"))
    if requirement.operator == "in":
        return Q(In(value, list(requirement.values)))
    if len(requirement.values) == 1:
        return ~Q(Exact(value, Value(requirement.values[0]))) | Q(IsNull(value, True))
    return ~Q(In(value, list(requirement.values))) | Q(IsNull(value, True))
