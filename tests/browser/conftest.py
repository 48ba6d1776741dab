"""The browser that the pages are tried in: the system's Chromium, before a portal in a process of its own.

Loaded by pytest for tests/browser; gives `page` (pytest-playwright), signed in as alice where a test wants `alice`.
"""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.peers.portal import PortalProcess


def chromium() -> str | None:
    return os.environ.get("PORTAL_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def launch_arguments() -> list[str]:
    """Chromium's sandbox refuses to work for root; the pages are our own."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = chromium()
    if path is None:
        pytest.skip(
            "no chromium on PATH; on Debian and Ubuntu: apt install chromium (or set PORTAL_CHROMIUM)"
        )
    return {**browser_type_launch_args, "executable_path": path, "args": launch_arguments()}


@pytest.fixture(scope="session")
def portal(tmp_path_factory):
    """The portal with its demo, as `make run` starts it; vSphere's tasks end at once."""
    with PortalProcess(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(scope="session")
def base_url(portal):
    """What `page.goto("/…")` starts from."""
    return portal.url


def sign_in(page: Page, user: str = "alice") -> Page:
    page.goto("/sign-in/")
    page.locator(f"button[name=demo][value={user}]").click()
    page.wait_for_url("**/vms/")
    return page


def is_trouble(message: ConsoleMessage) -> bool:
    """A refused form (422) is told as an error by Chromium, and is none."""
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def alice(page):
    """A page of alice's, who is admin of team-a. What the browser complains of fails the test."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if is_trouble(message) else None)
    yield sign_in(page)
    assert troubles == []
