"""An admin makes a namespace by clicking, and it is usable at once; no page of theirs is out of shape."""

from __future__ import annotations

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import is_trouble, sign_in
from tests.browser.pages import ADMIN_PAGES

pytestmark = pytest.mark.browser

CATALOGUE = ("small", "gold", "zone-a")


@pytest.fixture
def admin(page):
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if is_trouble(message) else None)
    yield sign_in(page, "admin")
    assert troubles == []


def test_a_new_namespace_has_a_machine_a_moment_later_and_goes_when_its_name_is_typed(admin):
    admin.get_by_role("link", name="Namespaces", exact=True).click()
    admin.get_by_role("link", name="New namespace").click()
    admin.get_by_label("Name", exact=True).fill("team-c")
    admin.get_by_label("Editors").fill("bob")
    admin.get_by_role("button", name="Make the namespace").click()
    admin.wait_for_url("**/admin/namespaces/team-c/")
    made = time.monotonic()
    while not all(admin.get_by_role("link", name=name, exact=True).count() for name in CATALOGUE):
        assert time.monotonic() < made + 5, "what is offered to all has not come"
        admin.reload()

    admin.goto("/ns/team-c/new-vm/")
    admin.get_by_label("Name", exact=True).fill("first")
    admin.locator("input[name=class][value=small]").check(force=True)
    admin.locator("label", has_text="photon-5").first.click()
    admin.locator("[name=storage_class]").first.wait_for(state="attached")
    admin.get_by_role("button", name="Create VM").click()
    admin.wait_for_url("**/ns/team-c/vms/first/")
    expect(admin.locator(".vm-state").first).to_contain_text("Running", timeout=20_000)

    admin.goto("/admin/namespaces/team-c/")
    admin.get_by_role("link", name="Delete …").click()
    admin.get_by_role("button", name="Delete the namespace").click()
    expect(admin.get_by_role("alert")).to_contain_text("Type team-c")
    admin.get_by_label(re.compile("Type team-c")).fill("team-c")
    admin.get_by_role("button", name="Delete the namespace").click()
    admin.wait_for_url("**/admin/namespaces/")
    expect(admin.get_by_text("team-c is being deleted")).to_be_visible()


def test_an_offer_is_made_by_the_form_with_what_is_wrong_told(admin):
    admin.get_by_role("link", name="Offers", exact=True).click()
    admin.locator("summary", has_text="New offer").click()
    admin.get_by_role("link", name="VirtualMachineClass", exact=True).first.click()
    admin.wait_for_url("**/admin/new-offer/**")
    box = admin.get_by_label("The offer, as YAML")
    admin.get_by_role("button", name="Make the offer").click()
    expect(admin.get_by_role("alert")).to_contain_text("name")
    box.fill(box.input_value().replace("name: ''", "name: tiny"))
    admin.get_by_role("button", name="Make the offer").click()
    admin.wait_for_url("**/admin/offers/tiny/")
    admin.get_by_role("link", name="Take back …").click()
    admin.get_by_role("button", name="Take the offer back").click()
    admin.wait_for_url("**/admin/offers/")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_pages_of_admins_fit_and_axe_finds_nothing(new_context, width, scheme):
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = sign_in(context.new_page(), "admin")
    axe, wrong = Axe(), {}
    for name, address in ADMIN_PAGES.items():
        page.goto(address)
        found = [
            f"{item['id']}: {item['nodes'][0]['html'][:160]}" for item in axe.run(page).response["violations"]
        ]
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if found or wider:
            wrong[name] = (found, wider)
    assert wrong == {}
