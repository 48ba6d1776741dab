"""The words for power, as VMs and groups use them. Pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, text

POWER_STATES = ("PoweredOff", "PoweredOn", "Suspended")
POWER_MODES = ("Hard", "Soft", "TrySoft")


def power_state(description: str = "") -> Schema:
    return text(enum=POWER_STATES, description=description)


def power_mode(verb: str, *, default: str | None = None) -> Schema:
    """How to carry out a power operation; `verb` completes the sentence."""
    return text(
        enum=POWER_MODES,
        default=default,
        description=f"How to {verb}: Hard at once, Soft by the guest, TrySoft by the guest and hard after five minutes.",
    )
