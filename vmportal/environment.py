"""Numbers, pairs and flags of the environment; what cannot be stops the start with one line that names the variable.

Called by the settings.
"""

from __future__ import annotations

from typing import TypeVar

from environ import Env

N = TypeVar("N", int, float)
OFF = ("false", "off", "no", "n", "0", "")
MOST = 1_000_000_000  # a date that lies so many seconds ahead can still be told


def cannot_start(why: str) -> SystemExit:
    """What ends the process with one line; `why` names the variable and the way out."""
    return SystemExit(f"VM Portal cannot start: {why}.")


def number(env: Env, name: str, usual: N, least: float = 0, most: int = MOST) -> N:
    """A number from `least` to `most`, whole where the usual one is. Raises `SystemExit`."""
    text = env.str(name, default="").strip() or str(usual)
    try:
        found = type(usual)(text)
    except ValueError:
        found = None
    if found is None or not least <= found <= most:
        form = "a whole number" if isinstance(usual, int) else "a number"
        raise cannot_start(
            f"{name} must be {form} from {least} to {most}, not {text!r}: "
            f"correct it, or leave it out for the usual {usual:.15g}"
        )
    return found


def flag(env: Env, name: str, usual: bool = False) -> bool:
    """Whether something is on. Raises `SystemExit` for any other word, which could mean either."""
    words = {**dict.fromkeys(Env.BOOLEAN_TRUE_STRINGS, True), **dict.fromkeys(OFF, False)}
    text = env.str(name, default=str(usual)).strip().lower()
    if text not in words:
        raise cannot_start(f"{name} must be true or false, not {text!r}")
    return words[text]


def pairs(env: Env, name: str) -> tuple[tuple[str, str], ...]:
    """`a=b,c=d` as pairs. Raises `SystemExit`."""
    found = [text.strip().partition("=") for text in env.list(name, default=[])]
    wrong = next((text for text in found if not all(text)), None)
    if wrong:
        raise cannot_start(
            f"{name} must be pairs such as hd=example.com,role=dev; {''.join(wrong)!r} is none"
        )
    return tuple((key, value) for key, _, value in found)
