"""What holds for every page: it fits a telephone, and axe finds nothing to complain of, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import sign_in
from tests.browser.pages import PAGES

pytestmark = pytest.mark.browser
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


def complaints(axe: Axe, page) -> list[str]:
    found = axe.run(page).response["violations"]
    return [f"{item['id']}: {node['html'][:160]}" for item in found for node in item["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing(new_context, axe, scheme, width):
    page = new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
    page.goto("/sign-in/")
    found = {"sign-in": complaints(axe, page)}
    sign_in(page)
    for name, address in PAGES.items():
        page.goto(address)
        found[name] = complaints(axe, page)
    assert {name: list_ for name, list_ in found.items() if list_} == {}


def test_axe_finds_nothing_in_a_refused_form_nor_in_menus_and_dialogs(alice, axe):
    alice.goto("/ns/team-a/new-vm/")
    alice.get_by_label("Name", exact=True).fill("Not_A_Name")
    alice.get_by_role("button", name="Create VM").click()
    alice.get_by_role("alert").wait_for()
    assert complaints(axe, alice) == []
    alice.goto("/ns/team-a/vms/web-1/")
    for menu in ("Actions", "Light or dark", "Account of alice"):
        alice.locator("summary", has_text=menu).click()
        assert complaints(axe, alice) == []
    alice.keyboard.press("Escape")
    alice.locator("summary", has_text="Actions").click()
    alice.get_by_role("link", name="Delete …").click()
    dialog = alice.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete the machine").click()
    dialog.get_by_role("alert").wait_for()
    assert complaints(axe, alice) == []


def test_every_page_fits_a_telephone(new_context):
    page = sign_in(new_context(viewport=NARROW).new_page())
    wider = {}
    for name, address in PAGES.items():
        page.goto(address)
        wider[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider == dict.fromkeys(PAGES, 0)


def test_twenty_five_rows_fit_a_screen(alice):
    """At 1920 by 1080, less what the browser itself takes."""
    alice.set_viewport_size({"width": 1920, "height": 950})
    head = alice.locator("tbody tr").first.bounding_box()["y"]
    height = alice.locator("tbody tr").first.bounding_box()["height"]
    assert head + 25 * height <= 950


def test_the_first_page_is_light_enough(browser, portal):
    """Under 150 kB compressed."""
    import gzip

    sizes = []
    page = browser.new_context(base_url=portal.url).new_page()
    page.on("response", lambda response: sizes.append(len(gzip.compress(response.body()))))
    page.goto("/sign-in/", wait_until="networkidle")
    assert sum(sizes) < 150_000


def test_the_scheme_is_the_systems_until_one_is_chosen(new_context):
    page = sign_in(new_context(color_scheme="dark").new_page())
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("summary", has_text="Light or dark").click()
    page.get_by_role("button", name="Light", exact=True).click()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light
