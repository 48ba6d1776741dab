"""What tests and people at a demo tell the actor: how fast it is, what it holds up, what it refuses.

Read from key `knobs` (YAML) of ConfigMap `actor` in the operator's namespace, whenever that changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import yaml

from tests.peers.supervisor.resources import Document, Key

OPERATOR_NAMESPACE = "vmware-system-vmop"
CONFIG = Key(OPERATOR_NAMESPACE, "actor")


@dataclass(frozen=True)
class Match:
    """A line such as `{name: "web-*", namespace: team-a, condition: …, reason: …, message: …}`."""

    name: str = "*"
    namespace: str = "*"
    condition: str = ""  # of `stuck` alone
    reason: str = "NotReady"
    message: str = "held up by the test"

    def fits(self, key: Key) -> bool:
        return fnmatchcase(key.name, self.name) and fnmatchcase(key.namespace, self.namespace)


@dataclass(frozen=True)
class Knobs:
    """`speed` divides all delays, 0 leaves none; the lists say which machines are meant.

    `stuck` knows the conditions of prerequisites, `VirtualMachineConditionPlacementReady`, `VirtualMachineCreated` and
    `VirtualMachineHardware…Verified`.
    """

    speed: float = 1
    stuck: tuple[Match, ...] = field(default=())  # a prerequisite stays False
    refuse_power_on: tuple[Match, ...] = field(default=())  # the power state stays as it is
    silent: tuple[Match, ...] = field(default=())  # the status is emptied, and nobody writes it again

    def seconds(self, usual: float) -> float:
        return usual / self.speed if self.speed else 0

    def stuck_at(self, key: Key, condition: str) -> Match | None:
        return next((one for one in self.stuck if one.condition == condition and one.fits(key)), None)

    def refuses_power_on(self, key: Key) -> Match | None:
        return next((one for one in self.refuse_power_on if one.fits(key)), None)

    def is_silent(self, key: Key) -> bool:
        return any(one.fits(key) for one in self.silent)


def read(config: Document | None, speed: float) -> Knobs:
    """What the ConfigMap says; `speed` where it says nothing of it. Raises ValueError for what is no knob."""
    try:
        said: dict[str, Any] = yaml.safe_load((config or {}).get("data", {}).get("knobs") or "{}")
        lists = {
            name: tuple(Match(**line) for line in lines) for name, lines in said.items() if name != "speed"
        }
        return Knobs(speed=float(said.get("speed", speed)), **lists)
    except (AttributeError, TypeError, yaml.YAMLError) as wrong:
        raise ValueError(str(wrong)) from wrong
