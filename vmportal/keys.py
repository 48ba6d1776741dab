"""Keys that the portal makes for itself on the first start, and what it seals with them.

Used by settings (before Django is up) and by the store for bodies that must not lie in the database in clear.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

MARK = "fernet:"  # a sealed body begins so; a body in clear begins with "{"


def read_or_make_key(path: Path) -> str:
    """The key in the file at `path`; made there (readable by its owner only) if it is missing.

    It is there whole or not at all, whoever else starts at the same time or is killed. A new folder is its
    owner's alone: the database that comes to lie in it holds sessions.
    """
    if path.exists():
        return path.read_text().strip()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(Fernet.generate_key().decode())
    except OSError as error:
        raise SystemExit(
            f"VM Portal cannot write to its data folder: {error}. PORTAL_DATA names another."
        ) from error
    with suppress(FileExistsError):
        os.link(made, path)
    Path(made).unlink()
    return path.read_text().strip()


@lru_cache
def _vault(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(text: str, keys: tuple[str, ...]) -> str:
    return MARK + _vault(keys).encrypt(text.encode()).decode()


def unseal(text: str, keys: tuple[str, ...]) -> str:
    """The clear text. Raises `cryptography.fernet.InvalidToken` when no key fits."""
    return _vault(keys).decrypt(text.removeprefix(MARK).encode()).decode()
