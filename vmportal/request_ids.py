"""The id of the request that a thread is answering. Set by the middleware, read by the log and by audit notes."""

from __future__ import annotations

import logging
from contextvars import ContextVar

CURRENT: ContextVar[str] = ContextVar("request_id", default="")  # empty: no request, but a task or the clock


class InLog(logging.Filter):
    """Gives each line of the log the id of its request, by which a client's report is found."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = CURRENT.get() or "-"
        return True
