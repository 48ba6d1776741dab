"""Label selectors inside objects: whether they are well-formed, and which labels they fit. Used by rules; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vmportal.admission.metadata import is_label_value, is_qualified_name
from vmportal.admission.reading import each, each_text, text, texts

IN, NOT_IN, EXISTS, DOES_NOT_EXIST = "In", "NotIn", "Exists", "DoesNotExist"
Requirement = tuple[str, str, tuple[str, ...]]  # key, operator, values


def is_selector(selector: Any) -> bool:
    """Whether a selector is well-formed: keys, values and operators, and as many values as an operator takes."""
    return all(map(_is_requirement, _requirements(selector)))


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a well-formed selector fits labels. An empty one fits all, none at all fits nothing."""
    return selector is not None and all(_holds(one, labels) for one in _requirements(selector))


def _requirements(selector: Any) -> Iterator[Requirement]:
    for key, value in texts(selector, "matchLabels").items():
        yield key, IN, (value,)
    for _, one in each(selector, "matchExpressions"):
        values = tuple(value for _, value in each_text(one, "values"))
        yield text(one, "key"), text(one, "operator"), values


def _is_requirement(requirement: Requirement) -> bool:
    key, operator, values = requirement
    has_right_number = (
        bool(values) if operator in (IN, NOT_IN) else not values and operator in (EXISTS, DOES_NOT_EXIST)
    )
    return has_right_number and is_qualified_name(key) and all(map(is_label_value, values))


def _holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    key, operator, values = requirement
    found = labels.get(key)
    match operator:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
    return found is None
