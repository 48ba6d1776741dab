"""How long things take in the simulated vSphere. Used by the simulator; pure."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, each from the end of what comes before it."""

    clone_least: float = 3.0
    clone_most: float = 6.0
    reconfigure: float = 0.3
    power_on: float = 2.0
    power_off: float = 1.0
    suspend: float = 2.0
    destroy: float = 1.0
    tools: float = 5.0  # from the boot until VMware Tools run
    address: float = 2.0  # from there until the guest reports its address
    guest_op: float = 3.0  # a shutdown, standby or reboot inside the guest

    def clone(self, uid: str) -> float:
        """The same VM always takes the same time."""
        share = zlib.crc32(uid.encode()) / 2**32
        return self.clone_least + share * (self.clone_most - self.clone_least)


REAL = Timing()
INSTANT = Timing(*(0.0,) * 10)


def after(now: dt.datetime, seconds: float) -> dt.datetime:
    return now + dt.timedelta(seconds=seconds)
