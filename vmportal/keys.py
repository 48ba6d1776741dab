"""Keys that the portal makes for itself on the first start, and what it seals with them.

Used by settings (before Django is up) and by the store for bodies that must not lie in the database in clear.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

MARK = "fernet:"  # a sealed body begins so; a body in clear begins with "{"


def read_or_make_key(path: Path) -> str:
    """The key in the file at `path`; made there (readable by its owner only) if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = Fernet.generate_key().decode()
        file.write(key)
    return key


@lru_cache
def _vault(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(text: str, keys: tuple[str, ...]) -> str:
    return MARK + _vault(keys).encrypt(text.encode()).decode()


def unseal(text: str, keys: tuple[str, ...]) -> str:
    """The clear text. Raises `cryptography.fernet.InvalidToken` when no key fits."""
    return _vault(keys).decrypt(text.removeprefix(MARK).encode()).decode()
