"""Whatever is typed into the pages' forms, or into their addresses: an answer, never a page about a broken portal."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import YAMLS
from tests.fuzz.oddities import TEXTS
from tests.pages.conftest import *  # noqa: F403  # the demo, and clients of its people
from vmportal.limits import Rate
from vmportal.models import User

CHECKOUT = Path(__file__).parents[2]
PAGES = ("vmportal/pages", "vms/views", "storage", "vms/forms.py")
READS = re.compile(r'(?:GET|POST|posted|sent|typed)\.get(?:list)?\(\s*"(\w+)"|for key in \(([^)]*)\)')
EXAMPLES = int(os.environ.get("PORTAL_EXAMPLES", "150"))


def fields() -> list[str]:
    """What the views look for in forms and addresses, as their source says; a new field is found by itself."""
    found: set[str] = set()
    for place in map(CHECKOUT.joinpath, PAGES):
        for file in [place] if place.is_file() else place.glob("*.py"):
            for one, several in READS.findall(file.read_text()):
                found |= {one} if one else set(re.findall(r'"(\w+)"', several))
    return sorted(found)


def pages(resolver: Any = None, space: str = "") -> dict[str, int]:
    """All pages by name, with how many names their address takes; the API's addresses have none."""
    found: dict[str, int] = {}
    for one in (resolver or get_resolver()).url_patterns:
        if not isinstance(one, URLPattern):
            found |= pages(one, f"{one.namespace}:" if one.namespace else space)
        elif one.name:
            found[space + one.name] = len(one.pattern.converters)
    return found


FIELDS, NAMES = fields(), pages()
WORDS = (
    *(
        "team-a",
        "web-1",
        "db-1",
        "new",
        "small",
        "gold",
        "ubuntu-24.04",
        "VirtualMachineImage/vmi-0001",
        "zone-a",
        "on",
        "yes",
    ),
    *(
        "name",
        "preview",
        "check",
        "create",
        "PoweredOff",
        "Restart",
        "yaml",
        "overview",
        "alice",
        "edit",
        "view",
        "a=b",
        "{}",
    ),
    *(
        "spec: {className: large}",
        "#cloud-config\npackages: [a]",
        "apiVersion: vmportal.dev/v1alpha1\nkind: Offer\n",
        "7d",
        "1",
    ),
    *(text.decode() for text in YAMLS),
)
SENDABLE = [text for text in (*WORDS, *TEXTS) if text.isprintable() or text.isascii()]
TYPED = st.one_of(st.sampled_from(SENDABLE), st.text(st.characters(codec="utf-8"), max_size=30))
FORMS = st.dictionaries(st.sampled_from(FIELDS), st.one_of(TYPED, st.lists(TYPED, max_size=3)), max_size=8)
PLACES = st.one_of(
    st.sampled_from(["team-a", "web-1", "small", "gold", "vmi-0001", "volumes", "yaml"]),
    st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12),
)


def test_all_forms_are_known():
    assert {"name", "cloud_init", "touched", "yaml", "q", "people", "verb", "lifetime"} <= set(FIELDS)
    assert {"vms:new", "vms:power", "new-offer", "make-token", "sign-in"} <= set(NAMES)


@pytest.fixture
def unlimited(settings):
    settings.CLIENT_RATE = settings.ADDRESS_RATE = Rate(0, 0)


@pytest.mark.parametrize("who", ["alice", "admin"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    data=st.data(),
    name=st.sampled_from(sorted(NAMES)),
    form=FORMS,
    is_posted=st.booleans(),
    is_part=st.booleans(),
)
def test_an_odd_form_is_refused_or_taken(demo_data, unlimited, who, data, name, form, is_posted, is_part):
    path = reverse(name, args=[data.draw(PLACES) for _ in range(NAMES[name])])
    browser = Client()
    browser.force_login(User.objects.get(username=who))
    headers = {"HX-Request": "true"} if is_part else {}
    response = (
        browser.post(path, form, headers=headers) if is_posted else browser.get(path, form, headers=headers)
    )
    response.getvalue()  # a list of machines is streamed
    assert response.status_code < 500, path
