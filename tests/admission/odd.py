"""Objects with something odd at a few places, for hypothesis. Used by the tests that admission never raises."""

from __future__ import annotations

import os
from collections.abc import Sequence
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

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.sampled_from(
        ["", "now", "None", "PoweredOn", "vmi-0001", "twin", "gold", "\ud800", "é\u0301", "0" * 300]
    ),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([{}]),
    st.just({"name": {"name": "x"}}),
    st.just([["x"]]),
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
        where = [path for path in places(obj) if path[0] != "kind"]
        put_at(obj, draw(st.sampled_from(where)), copy(draw(ODD)))
    return obj
