"""How long a new token lives, as people type it: `8h`, `30d`, `never`. Read by the commands that make tokens; pure."""

from __future__ import annotations

import argparse
import datetime as dt
import re

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
MOST_DAYS = 3650


def lifetime(text: str) -> dt.timedelta | None:
    """None: the token never ends. Raises what argparse shows."""
    if text == "never":
        return None
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError("a lifetime is a number with m, h or d (8h, 30d), or never")
    found = dt.timedelta(**{UNITS[match[2]]: int(match[1])})
    if found.days > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a lifetime is at most {MOST_DAYS}d; for longer say never")
    return found
