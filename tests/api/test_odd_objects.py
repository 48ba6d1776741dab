"""Objects of any kind with something odd in any place, sent to the API: a refusal or an object, never a failure."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.admission.everything import ASKED, BASES
from tests.admission.odd import ODDITIES, places, put_at
from vmportal.admission.reading import copy
from vmportal.kind import Shape
from vmportal.kinds import KINDS

STORED = 12  # of each kind are really written: what a dry run takes, the database must take too


def address(shape: Shape) -> str:
    version = f"/apis/{shape.group}/{shape.version}" if shape.group else f"/api/{shape.version}"
    return f"{version}/{'namespaces/team-a/' if shape.namespaced else ''}{shape.plural}"


def full(kind: str) -> Any:
    if kind in BASES:
        return BASES[kind][0]
    shape = ASKED[kind].kind.shape
    meta = {"name": "one", "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["example.com/a"]}
    return {"apiVersion": shape.api_version, "kind": kind, "metadata": meta, "spec": {}, "status": {}}


def odd_objects(kind: str) -> list[Any]:
    """A full object with something odd in one place, for each place; each time another oddity."""
    turns, found = itertools.cycle(ODDITIES), []
    for place in places(full(kind)):
        obj = copy(full(kind))
        put_at(obj, place, next(turns))
        found.append(obj)
    return found


KIND_NAMES = [kind.shape.kind for kind in KINDS]


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_an_odd_object_is_refused_or_taken(root, kind):
    path = address(ASKED[kind].kind.shape)
    for sent in odd_objects(kind):
        response = root.post(f"{path}?dryRun=All", sent)
        assert response.status_code < 500, (sent, response.content)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_each_oddity_in_any_place_is_refused_or_taken(root, kind):
    path = address(ASKED[kind].kind.shape)
    for place, odd in itertools.product(places(full(kind)), ODDITIES):
        sent = copy(full(kind))
        put_at(sent, place, odd)
        response = root.post(f"{path}?dryRun=All", sent)
        assert response.status_code < 500, (sent, response.content)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_an_odd_object_that_is_taken_can_be_read_and_changed(root, kind):
    """A few of them, really written."""
    path, dice = address(ASKED[kind].kind.shape), random.Random(kind)
    every = odd_objects(kind)
    for number, sent in enumerate(dice.sample(every, min(STORED, len(every)))):
        if isinstance(sent["metadata"], dict):
            sent["metadata"]["name"] = f"odd-{number}"
        response = root.post(path, sent)
        assert response.status_code < 500, (sent, response.content)
        if response.status_code == 201:
            one = f"{path}/odd-{number}"
            assert root.get(one).status_code == 200
            assert root.patch(one, {"metadata": {"labels": {"seen": "true"}}}).status_code < 500
            assert root.get(path).status_code == 200
            assert root.get(path, Accept="application/json;as=Table;v=v1;g=meta.k8s.io").status_code == 200
