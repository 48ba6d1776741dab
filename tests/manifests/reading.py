"""The manifests of this folder: what each is from, and what the portal must make of it. Called by its tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
CATALOGUE = FOLDER / "catalogue.yaml"
NAMESPACE = "my-namespace"  # of manifests that name none


@dataclass(frozen=True)
class Manifest:
    """A file: objects in order, and what its header says.

    - `place`: `Hardware > Status, block 1`, or `…, in words` where the text shows no YAML.
    - `expect`: `stored` (an administrator's object), `runs`, `runs PoweredOff`, `refused PATH TYPE …`, a pair
      for each error.
    - `shows`: pairs of a path (`.status.zone`) and the text that kubectl's `jsonpath` gives for it.
    - `adapters`: the types of its network adapters in vSphere, or `none`; empty: not its point.
    - `needs`: manifests that an administrator applies before.
    """

    path: Path
    objects: tuple[dict[str, Any], ...]
    place: str
    requirements: tuple[str, ...]
    expect: str
    shows: tuple[tuple[str, str], ...]
    adapters: str
    needs: tuple[str, ...]

    @property
    def outcome(self) -> str:
        return self.expect.split()[0]

    @property
    def power_state(self) -> str:
        """What a VM that runs comes to: its wish, unless the header says otherwise."""
        return (self.expect.split()[1:] or [self.objects[-1]["spec"].get("powerState", "PoweredOn")])[0]

    @property
    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Path and type of each error."""
        words = self.expect.split()[1:]
        return tuple(zip(words[::2], words[1::2], strict=True))

    @property
    def namespace(self) -> str:
        return str(self.objects[-1]["metadata"].get("namespace", NAMESPACE))

    @property
    def kinds(self) -> set[str]:
        return {obj["kind"] for obj in self.objects}


def read(path: Path) -> Manifest:
    text = path.read_text()
    comments = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    header: dict[str, list[str]] = {}
    for key, _, value in (line.partition(": ") for line in comments):
        header.setdefault(key, []).append(value)
    shows = (line.partition(" = ") for line in header.get("shows", []))
    return Manifest(
        path=path,
        objects=tuple(yaml.safe_load_all(text)),
        place=header["from"][0],
        requirements=tuple(header["requirements"][0].split(", ")),
        expect=header["expect"][0],
        shows=tuple((left, right) for left, _, right in shows),
        adapters=header.get("adapters", [""])[0],
        needs=tuple(header.get("needs", [])),
    )


MANIFESTS = tuple(read(path) for path in sorted(FOLDER.glob("*.yaml")) if path != CATALOGUE)


def pending() -> list[str]:
    """The places whose manifests wait for a later part of the portal."""
    lines = (FOLDER / "pending.txt").read_text().splitlines()
    return [line.split(" | ")[0] for line in lines if line and not line.startswith("#")]
