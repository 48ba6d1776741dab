"""Reads the corpus: cases, answers, the installation and the world, with overlays. Used by the runner and its tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from vmportal.admission import Installation, MemoryWorld, Want

DATA = Path(__file__).parent / "data"
ABSENT = "conformance/absent"  # an annotation: the overlay takes the object away
Object = dict[str, Any]


@dataclass(frozen=True)
class Environment:
    """The installation that every case assumes, and what a case's `features` make of it."""

    installation: Installation
    features: dict[str, bool]

    def under(self, case: Object) -> tuple[Installation, dict[str, bool]]:
        changes = dict(case.get("features") or {})
        provider = changes.pop("NetworkProvider", self.installation.network_provider)
        return _with_provider(self.installation, provider), {**self.features, **changes}


@cache
def _with_provider(installation: Installation, provider: str) -> Installation:
    return Installation(**{**_values(installation), "network_provider": provider})


def _values(installation: Installation) -> dict[str, str]:
    return {name: getattr(installation, name) for name in Installation.__dataclass_fields__}


@dataclass
class Worlds:
    """The world of the corpus, and the worlds that overlays make of it."""

    objects: list[Object]
    overlays: Path
    made: dict[tuple[str, ...], MemoryWorld] = field(default_factory=dict)

    def of(self, case: Object) -> MemoryWorld:
        names = tuple(case.get("world") or ())
        if names not in self.made:
            self.made[names] = self._make(names)
        return self.made[names]

    def fetch(self, case: Object, wants: frozenset[Want]) -> Iterator[Object]:
        """What the service's one statement would bring."""
        world = self.of(case)
        for want in wants:
            yield from world.find(want)

    def _make(self, names: tuple[str, ...]) -> MemoryWorld:
        found = {_identity(obj): obj for obj in self.objects}
        for name in names:
            for obj in read_objects(self.overlays / f"{name}.yaml"):
                found[_identity(obj)] = obj
        return MemoryWorld(
            obj for obj in found.values() if ABSENT not in (obj["metadata"].get("annotations") or {})
        )


def _identity(obj: Object) -> tuple[str, str, str]:
    meta = obj["metadata"]
    return obj["kind"], meta.get("namespace", ""), meta["name"]


def read_lines(path: Path) -> Iterator[Object]:
    """The objects of a `.jsonl` or `.jsonl.gz` file."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def read_objects(path: Path) -> list[Object]:
    """The objects of a YAML file of one or more documents."""
    with path.open() as text:
        return [obj for obj in yaml.load_all(text, Loader=_Loader) if obj]


def read_environment(path: Path) -> Environment:
    (found,) = read_objects(path)
    installation = Installation(
        build_version=found["buildVersion"],
        operator_namespace=found["podNamespace"],
        operator_account=found["podServiceAccountName"],
        privileged_users=found["privilegedUsers"],
        network_provider=found["networkProvider"],
    )
    return Environment(installation, found["features"])


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML without times: in objects they are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
