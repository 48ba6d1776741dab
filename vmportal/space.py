"""A disk that is full, told from other faults, so that clients hear it and try again. Asked by API, pages, health.

Nothing is lost by it: what was answered with success is stored, and what was not leaves no trace.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time

from django.conf import settings
from django.db import connection

from vmportal.errors import NoSpace

NEEDED_BYTES = 4 * 1024 * 1024  # about what SQLite's journal takes before it is written back
REMEMBERED_SECONDS = 30.0  # of a database elsewhere, whose disk cannot be looked at
RETRY_SECONDS = 10
_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_POSTGRES = "53100"  # disk_full
_SYSTEM = {errno.ENOSPC, errno.EDQUOT}
_last_seen = -REMEMBERED_SECONDS


def is_full(error: BaseException | None) -> bool:
    """Whether that is why `error` was raised."""
    global _last_seen
    while error is not None:
        if (
            getattr(error, "sqlite_errorcode", None) in _SQLITE
            or getattr(error, "sqlstate", None) == _POSTGRES
            or (isinstance(error, OSError) and error.errno in _SYSTEM)
        ):
            _last_seen = time.monotonic()
            return True
        error = error.__cause__
    return False


def refusal() -> NoSpace:
    return NoSpace(
        "the disk on which the portal keeps its data is full: this request has changed nothing. "
        "It works again as soon as there is space; ask your admin to make some",
        retryAfterSeconds=RETRY_SECONDS,
    )


def is_short() -> bool:
    """Whether writes will fail, or have just failed, for lack of space."""
    if connection.vendor == "sqlite":
        return shutil.disk_usage(settings.DATA_DIR).free < NEEDED_BYTES
    return time.monotonic() - _last_seen < REMEMBERED_SECONDS
