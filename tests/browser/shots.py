"""Pictures of every page, wide and narrow, light and dark, to leaf through: `make shots`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import chromium, launch_arguments, sign_in
from tests.browser.pages import ADMIN_PAGES, PAGES
from tests.peers.portal import PortalProcess

FOLDER = Path(__file__).resolve().parent.parent / "shots"
SIZES = {"wide": (1440, 900), "narrow": (360, 740)}
SECONDS_TO_SETTLE = 8  # until the demo's machines have come up


def shoot(browser: Browser, url: str, scheme: str, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=url,
        color_scheme=scheme,
        viewport={"width": width, "height": height},  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto("/sign-in/")
    page.screenshot(path=FOLDER / f"sign-in-{size}-{scheme}.png")
    for user, pages in (("alice", PAGES), ("admin", ADMIN_PAGES)):
        context.clear_cookies()
        sign_in(page, user)
        for name, address in pages.items():
            page.goto(address)
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
    context.close()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, PortalProcess(Path(folder)) as portal:
        time.sleep(SECONDS_TO_SETTLE)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=launch_arguments())
            for scheme in ("light", "dark"):
                for size in SIZES:
                    shoot(browser, portal.url, scheme, size)
            browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
