"""Moments as Kubernetes and vSphere write them. Used by whoever tells when something was; pure."""

from __future__ import annotations

import datetime as dt


def rfc3339(moment: dt.datetime) -> str:
    """In UTC, without a fraction of the second: `2026-01-02T03:04:05Z`."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
