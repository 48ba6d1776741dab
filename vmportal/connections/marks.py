"""The marks of a namespace that is on a connection. Read by rules, pages and look-ups; pure."""

from __future__ import annotations

CONNECTION = (
    "vmportal.dev/connection"  # label: the connection's name; without it a namespace is on the simulator
)
SIMULATOR = "simulator"  # what the embedded one is called, which is no object
