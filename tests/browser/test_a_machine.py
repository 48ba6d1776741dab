"""A machine's life as people live it: by mouse, by keyboard alone, without scripts, on a telephone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import sign_in

pytestmark = pytest.mark.browser
COMES_UP = 30_000  # milliseconds, on a slow machine
NOTICED = 8_000  # what happens is seen after two seconds, where a machine is not slow


def state_of(page: Page):
    return page.locator("#live .vm-state .state")


def row_of(page: Page, name: str):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def create(page: Page, name: str) -> None:
    page.goto("/ns/team-a/new-vm/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_text("ubuntu-24.04").click()
    page.get_by_role("button", name="Create VM").click()
    page.wait_for_url(f"**/vms/{name}/")


def test_from_a_click_to_a_running_machine_and_away_again(alice):
    create(alice, "mouse-1")
    expect(state_of(alice)).to_have_text("Running", timeout=COMES_UP)  # without a reload
    alice.goto("/ns/team-a/vms/?q=mouse-1")
    expect(row_of(alice, "mouse-1")).to_contain_text(re.compile(r"Running\s+\d+\.\d+"))
    alice.get_by_role("link", name="mouse-1").click()
    alice.get_by_role("button", name="Shut down").first.click()
    expect(alice.locator(".notice")).to_contain_text("Shutdown is asked for")
    expect(state_of(alice)).to_have_text("Off", timeout=COMES_UP)
    alice.locator("summary", has_text="Actions").click()
    alice.get_by_role("link", name="Delete …").click()
    dialog = alice.get_by_role("dialog", name="Delete mouse-1?")
    expect(dialog.locator(".goes")).to_contain_text("The machine mouse-1")
    dialog.get_by_label("Type mouse-1").fill("mouse-2")
    dialog.get_by_role("button", name="Delete the machine").click()
    expect(dialog).to_contain_text("Type mouse-1 to say that you mean this machine")
    expect(dialog.get_by_label("Type mouse-1")).to_have_value("mouse-2")
    dialog.get_by_label("Type mouse-1").fill("mouse-1")
    dialog.get_by_role("button", name="Delete the machine").click()
    alice.wait_for_url("**/vms/")
    expect(alice.locator(".notices")).to_contain_text("mouse-1 is being deleted")
    alice.goto("/ns/team-a/vms/?q=mouse-1")
    expect(alice.get_by_role("link", name="mouse-1")).to_have_count(0, timeout=COMES_UP)


def marked(page: Page, name: str) -> Locator:
    """A row with a mark that is gone when the row is made anew."""
    row = row_of(page, name)
    row.evaluate("row => row.classList.add('untouched')")
    return row


def test_a_list_tells_what_happened_behind_the_portal_but_never_under_ones_hands(alice, portal):
    """Only rows that changed are made anew, and the one that is in use only when it no longer is."""
    alice.goto("/ns/team-a/vms/")
    for name in ("web-1", "web-2"):
        expect(row_of(alice, name)).to_contain_text("Running", timeout=COMES_UP)
    alice.wait_for_timeout(2_500)  # the last news are in
    changed, other, used = (marked(alice, name) for name in ("web-2", "batch-1", "web-1"))
    used.get_by_role("link").focus()
    for name in ("web-1", "web-2"):
        portal.manage("simulate", "power-off", name, "--namespace", "team-a")
    expect(changed).not_to_have_class("untouched", timeout=NOTICED)
    expect(other).to_have_class("untouched")
    expect(used).to_have_class("untouched")
    expect(used.get_by_role("link")).to_be_focused()
    alice.get_by_role("searchbox").focus()
    expect(used).not_to_have_class("untouched", timeout=NOTICED)


def test_a_list_shows_a_machine_that_somebody_else_makes(alice, new_context):
    alice.goto("/ns/team-a/vms/?q=else")
    expect(alice.get_by_text("No machine fits")).to_be_visible()
    colleague = sign_in(new_context().new_page())
    create(colleague, "else-2")
    expect(row_of(alice, "else-2")).to_be_visible(timeout=NOTICED)
    expect(row_of(alice, "else-2")).to_contain_text("Running", timeout=COMES_UP)
    used = marked(alice, "else-2")
    used.get_by_role("link").focus()
    create(colleague, "else-1")
    expect(row_of(alice, "else-1")).to_be_visible(timeout=NOTICED)
    expect(used).to_have_class("untouched")
    expect(used.get_by_role("link")).to_be_focused()


def test_a_machine_that_has_settled_tells_what_happened_behind_the_portal(alice, portal):
    alice.goto("/ns/team-a/vms/web-2/")
    expect(state_of(alice)).to_have_text("Running", timeout=COMES_UP)
    alice.wait_for_timeout(2_500)
    with alice.expect_response(lambda it: "/live/" in it.url and it.status == 200, timeout=NOTICED):
        portal.manage("simulate", "power-off", "web-2", "--namespace", "team-a")


def test_nothing_is_asked_for_while_nobody_looks(alice):
    alice.goto("/ns/team-a/vms/")
    alice.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    with pytest.raises(Exception, match="Timeout"), alice.expect_request("**/vm-news/**", timeout=4_500):
        pass


def test_what_is_typed_is_checked_and_the_focus_stays(alice):
    alice.goto("/ns/team-a/new-vm/")
    name = alice.get_by_label("Name", exact=True)
    name.fill("")
    with alice.expect_response("**/new-vm/check/"):
        name.press_sequentially("Not_A_Name", delay=10)
    expect(alice.locator("#error-name")).to_contain_text("metadata.name")
    expect(name).to_be_focused()
    expect(name).to_have_value("Not_A_Name")
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("good-name")
    expect(alice.locator("#error-name")).to_be_empty()
    expect(alice.locator("#summary")).to_contain_text("good-name")


def test_the_preview_follows_what_is_typed(alice):
    alice.goto("/ns/team-a/new-vm/")
    alice.get_by_label("Name", exact=True).fill("shown-1")
    alice.get_by_role("tab", name="YAML and commands").click()
    expect(alice.locator("#preview-yaml")).to_contain_text("name: shown-1")
    expect(alice.locator("#preview-kubectl")).to_contain_text("kubectl apply")


def test_images_are_found_by_typing(alice):
    alice.goto("/ns/team-a/new-vm/")
    alice.get_by_label("Find an image").fill("windows")
    expect(alice.locator(".image-row:visible")).to_have_count(1)


FIRST_LINE_OF_THE_FOCUS = """() => {
    const focused = document.activeElement;
    return (focused.labels?.[0] || focused).innerText.trim().split("\\n")[0];
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so; fail after a round."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(FIRST_LINE_OF_THE_FOCUS) == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_the_keyboard_alone_makes_stops_and_deletes_a_machine(alice):
    alice.goto("/ns/team-a/vms/")
    tab_to(alice, "Create VM")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/new-vm/")
    tab_to(alice, "Name")
    alice.keyboard.press("Control+a")
    alice.keyboard.type("keys-1")
    tab_to(alice, "debian-13-netinst")  # the first of the images: one group, one stop
    alice.keyboard.press("ArrowUp")
    while not alice.locator(".image-row", has_text="photon-5").locator("input").is_checked():
        alice.keyboard.press("ArrowUp")
    tab_to(alice, "Create VM")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/keys-1/")
    expect(state_of(alice)).to_have_text("Running", timeout=COMES_UP)
    tab_to(alice, "Actions")
    alice.keyboard.press("Enter")
    tab_to(alice, "Cut the power")
    alice.keyboard.press("Enter")
    expect(state_of(alice)).to_have_text("Off", timeout=COMES_UP)
    alice.keyboard.press("Escape")
    tab_to(alice, "Actions")
    alice.keyboard.press("Enter")
    tab_to(alice, "Delete …")
    alice.keyboard.press("Enter")
    expect(alice.get_by_label("Type keys-1")).to_be_focused()
    alice.keyboard.press("Escape")
    expect(alice.get_by_role("dialog")).to_have_count(0)
    expect(alice.locator("summary", has_text="Actions")).to_be_focused()
    alice.keyboard.press("Enter")
    tab_to(alice, "Delete …")
    alice.keyboard.press("Enter")
    expect(alice.get_by_label("Type keys-1")).to_be_focused()
    alice.keyboard.type("keys-1")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/vms/")


def reload_until(page: Page, word: str) -> None:
    for _ in range(30):
        page.reload()
        if state_of(page).inner_text().strip() == word:
            break
        page.wait_for_timeout(500)
    expect(state_of(page)).to_have_text(word)


def test_without_scripts_everything_works_as_plain_pages(new_context):
    page = sign_in(new_context(java_script_enabled=False).new_page())
    page.goto("/ns/team-a/new-vm/")
    page.get_by_label("Name", exact=True).fill("Plain_1")
    page.get_by_label("Cloud-init").fill("#cloud-config\npackages: [nginx]\n")
    page.get_by_text("photon-5").click()
    page.get_by_role("button", name="Create VM").click()
    expect(page.get_by_role("alert")).to_contain_text("Not created yet")
    expect(page.get_by_label("Cloud-init")).to_have_value("#cloud-config\npackages: [nginx]\n")
    page.get_by_label("Name", exact=True).fill("plain-1")
    page.get_by_role("button", name="Check and preview").click()
    expect(page.locator("#preview-yaml")).to_contain_text("plain-1-cloud-init")
    page.get_by_role("button", name="Create VM").click()
    page.wait_for_url("**/vms/plain-1/")
    reload_until(page, "Running")
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Cut the power").click()
    expect(page.locator(".notice")).to_contain_text("The power will be cut")
    reload_until(page, "Off")
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("link", name="Delete …").click()
    page.get_by_label("Type plain-1").fill("plain-1")
    page.get_by_role("button", name="Delete the machine").click()
    expect(page.locator(".notice")).to_contain_text("plain-1 is being deleted")
    page.locator("summary", has_text="team-a").click()
    page.get_by_role("link", name="team-b").click()
    expect(page.get_by_role("rowheader", name="win-1")).to_be_visible()


def test_on_a_telephone_the_menu_folds(new_context):
    page = sign_in(new_context(viewport={"width": 360, "height": 740}).new_page())
    expect(page.get_by_role("link", name="Images")).not_to_be_visible()
    page.get_by_role("link", name="Open the menu").click()
    page.get_by_role("link", name="Images").click()
    expect(page.get_by_role("heading", name="Images")).to_be_visible()


def test_the_end_of_a_session_takes_nothing_that_was_typed(new_context):
    """Signed out in another tab: the form says so, stays as it is, and can be sent after signing in again."""
    context = new_context()
    page = sign_in(context.new_page())
    page.goto("/ns/team-a/new-vm/")
    page.get_by_label("Labels").fill("kept=yes")
    other = context.new_page()
    other.goto("/ns/team-a/vms/")
    other.locator("summary", has_text="Account of alice").click()
    other.get_by_role("button", name="Sign out").click()
    page.get_by_label("Name", exact=True).fill("session-1")
    expect(page.locator(".notices")).to_contain_text("You have been signed out")
    expect(page.get_by_label("Labels")).to_have_value("kept=yes")
    sign_in(other)
    page.get_by_text("photon-5").click()
    page.get_by_role("button", name="Create VM").click()
    page.wait_for_url("**/vms/session-1/")
    expect(page.get_by_text("kept=yes")).to_be_visible()


def test_a_name_that_is_no_host_name_comes_back_with_the_back_button(alice):
    alice.goto("/ns/team-a/new-vm/")
    alice.get_by_label("Labels").fill("kept=yes")
    alice.get_by_role("link", name="Cancel").click()
    alice.go_back()
    expect(alice.get_by_label("Labels")).to_have_value("kept=yes")
