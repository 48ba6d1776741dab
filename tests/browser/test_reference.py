"""The API reference: what the API can do, and trying it as who is signed in, under the pages' strict policy."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from tests.browser.conftest import sign_in
from tests.browser.test_every_page import complaints

pytestmark = pytest.mark.browser
NAMESPACED = "V1alpha5Namespaced"


def opened(page: Page, kind: str, operation: str) -> Locator:
    """The box of one operation of a kind, unfolded."""
    heading = page.locator(f"#operations-tag-{kind}")
    heading.wait_for()
    if heading.get_attribute("data-is-open") != "true":
        heading.click()
    box = page.locator(f".opblock[id$='-{operation}']")
    box.locator(".opblock-summary-control").click()
    return box


def executed(box: Locator) -> tuple[str, dict]:
    """The status and the object that the reference shows after Execute."""
    box.get_by_role("button", name="Execute").click()
    answer = box.locator(".live-responses-table .response")
    answer.wait_for()
    shown = answer.locator(".highlight-code code, .microlight code").first.inner_text()
    return answer.locator(".response-col_status").inner_text().split()[0], json.loads(shown)


def test_one_reads_and_tries_a_create_as_oneself(alice):
    """Nothing is asked for a token; `alice` fails where the browser complains of the policy."""
    alice.goto("/ns/team-a/vms/")
    alice.locator("summary", has_text="Account of alice").click()
    alice.get_by_role("link", name="API reference").click()
    read = opened(alice, "VirtualMachine", f"listVmoperatorVmwareCom{NAMESPACED}VirtualMachine")
    status, found = executed(read)
    assert (status, found["kind"]) == ("200", "VirtualMachineList")
    assert "web-1" in [item["metadata"]["name"] for item in found["items"]]

    create = opened(alice, "VirtualMachine", f"createVmoperatorVmwareCom{NAMESPACED}VirtualMachine")
    create.get_by_label("dryRun").select_option("All")
    status, made = executed(create)
    assert (status, made["metadata"]["name"], made["metadata"]["namespace"]) == ("201", "my-vm", "team-a")
    assert "X-CSRFToken" not in create.locator(".curl").inner_text()  # no use in a terminal


def test_a_refusal_is_shown_with_its_causes(alice):
    alice.goto("/reference/")
    create = opened(alice, "VirtualMachine", f"createVmoperatorVmwareCom{NAMESPACED}VirtualMachine")
    body = json.loads(create.get_by_label("Request body").input_value())
    body["spec"]["powerState"] = "Sleeping"
    create.get_by_label("Request body").fill(json.dumps(body))
    status, refused = executed(create)
    assert (status, refused["details"]["causes"][0]["field"]) == ("422", "spec.powerState")


def test_every_group_can_be_chosen(alice):
    alice.goto("/reference/")
    alice.get_by_label("Group and version").select_option("api/v1")
    alice.get_by_role("button", name="Show").click()
    alice.wait_for_url("**document=api*")
    alice.locator("#operations-tag-Secret").wait_for()


def test_it_is_used_by_keys_alone(alice):
    alice.goto("/reference/")
    alice.locator("#operations-tag-VirtualMachine").wait_for()
    alice.get_by_placeholder("Filter").focus()
    alice.keyboard.type("VirtualMachineSnapshot")
    alice.locator("#operations-tag-Zone, #operations-tag-VirtualMachine").wait_for(state="detached")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Enter")
    alice.locator(".opblock").first.wait_for()
    alice.keyboard.press("Tab")
    assert "opblock-summary-control" in alice.evaluate("document.activeElement.className")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_in_an_open_operation(new_context, scheme, width):
    page = sign_in(new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page())
    page.goto("/reference/")
    create = opened(page, "VirtualMachine", f"createVmoperatorVmwareCom{NAMESPACED}VirtualMachine")
    create.get_by_label("dryRun").select_option("All")
    executed(create)
    assert complaints(Axe(), page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
