"""Objects with something odd at a few places, for hypothesis. Used by the tests that admission never raises."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from vmportal.admission.reading import copy

# More of them in a soak: PORTAL_EXAMPLES=20000.
EXAMPLES = int(os.environ.get("PORTAL_EXAMPLES", "200"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def nested(levels: int, step: Callable[[Any], Any] = lambda inner: [inner]) -> Any:
    """A value so many lists (or whatever `step` makes) deep."""
    value: Any = "x"
    for _ in range(levels):
        value = step(value)
    return value


# One of each sort of what stands where something else should: by type, by size, by depth, by alphabet.
ODDITIES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**31, 2**64, 10**400, 0.5, 1e308, float("nan"), float("-inf")),
    *("", " ", "now", "None", "0" * 300, "x" * 70000, "\ud800", "e\u0301", "\u202e", "\x00", "a\n"),
    *([], {}, [None], [{}], [[]], {"": None}, {"name": {"name": "x"}}, ["x"] * 300, [{"name": "a"}] * 2),
    *(nested(60), nested(60, lambda inner: {"a": inner}), nested(900)),
)
WORDS = ("PoweredOn", "vmi-0001", "twin", "gold", "small", "eth0", "10.0.0.1/24")
ODD = st.one_of(
    st.sampled_from([*ODDITIES, *WORDS]),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.text(max_size=8),
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place of an object, inner ones included."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def put_at(obj: Any, path: tuple, value: Any) -> None:
    for key in path[:-1]:
        obj = obj[key]
    obj[path[-1]] = value


@st.composite
def broken(draw: st.DrawFn, bases: Sequence[Any], most: int = 3) -> Any:
    """One of the objects, with a few places replaced by something odd."""
    obj = copy(draw(st.sampled_from(bases)))
    for _ in range(draw(st.integers(1, most))):
        where = [path for path in places(obj) if path[0] not in ("kind", "apiVersion")]
        put_at(obj, draw(st.sampled_from(where)), deepcopy(draw(ODD)))
    return obj
