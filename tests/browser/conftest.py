"""The browser that the pages are tried in: the system's Chromium, so that nothing is downloaded.

Loaded by pytest for tests/browser; gives `page` (pytest-playwright) beside `live_server` (pytest-django).
"""

from __future__ import annotations

import os
import shutil

import pytest

# Playwright keeps an event loop in the main thread, in which Django would refuse the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on PATH; on Debian and Ubuntu: apt install chromium (or set PORTAL_CHROMIUM)")
    # Chromium's sandbox refuses to work for root; the pages are our own.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": sandbox}


@pytest.fixture(scope="session")
def base_url(live_server):
    """What `page.goto("/…")` starts from."""
    return live_server.url
