"""The list of machines: what is found, in which order, how many statements it takes, how a row refreshes."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.pages.reading import html, names, text
from vms.models import VirtualMachine

MOST_STATEMENTS = 6


def many(number: int, **columns: object) -> None:
    """More machines like web-1, as rows only."""
    like = VirtualMachine.objects.get(namespace="team-a", name="web-1")
    values = {field.attname: getattr(like, field.attname) for field in VirtualMachine._meta.fields}
    values.update(columns)
    VirtualMachine.objects.bulk_create(
        VirtualMachine(**{**values, "uid": str(uuid.uuid4()), "name": f"more-{index:04}"})
        for index in range(number)
    )


def test_a_list_is_sorted_by_name_and_says_how_many(alice):
    page = alice.get("/ns/team-a/vms/")
    assert names(page) == ["batch-1", "db-1", "migrate-1", "report-1", "web-1", "web-2"]
    assert "1–6 of 6" in text(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=web", ["web-1", "web-2"]),
        ("?q=class:large", ["db-1"]),
        ("?q=rocky", ["db-1"]),
        ("?q=web zone:zone-b", ["web-2"]),
        ("?q=image:photon", ["batch-1", "report-1"]),
        ("?q=nothing-like-it", []),
        ("?q=web&sort=-name", ["web-2", "web-1"]),
        ("?sort=nonsense&q=web&page=nonsense&state=nonsense", ["web-1", "web-2"]),
    ],
)
def test_words_are_looked_for_in_all_columns_or_in_one(alice, query, found):
    assert names(alice.get(f"/ns/team-a/vms/{query}")) == found


def test_the_class_shows_its_size_and_the_image_its_display_name(alice):
    page = text(alice.get("/ns/team-a/vms/?q=db-1"))
    assert "large 8·32" in page
    assert "rocky-9" in page
    assert "vmi-" not in page


def test_oldest_first_when_sorted_by_age_downwards(alice):
    many(1, created="2020-01-01T00:00:00Z")
    assert names(alice.get("/ns/team-a/vms/?sort=-age"))[0] == "more-0000"
    assert names(alice.get("/ns/team-a/vms/?sort=age"))[-1] == "more-0000"


def test_a_chip_keeps_the_states_behind_it(alice):
    many(3, state="Running", is_settling=False)
    page = alice.get("/ns/team-a/vms/?state=running")
    assert names(page) == ["more-0000", "more-0001", "more-0002"]
    assert "1–3 of 3" in text(page)


def test_only_rows_that_settle_ask_again(alice):
    many(1, state="Running", is_settling=False)
    page = html(alice.get("/ns/team-a/vms/"))
    assert "/vms/web-1/row/?since=" in page
    assert "/vms/more-0000/row/" not in page


def test_a_row_that_did_not_change_is_no_content(alice):
    version = VirtualMachine.objects.get(namespace="team-a", name="web-1").version
    assert alice.get(f"/ns/team-a/vms/web-1/row/?since={version}").status_code == 204
    assert "web-1" in text(alice.get(f"/ns/team-a/vms/web-1/row/?since={version - 1}"))


def test_the_row_of_a_machine_that_is_gone_says_so_and_asks_no_more(alice):
    row = alice.get("/ns/team-a/vms/nobody/row/?since=1")
    assert "is gone" in text(row)
    assert "hx-get" not in html(row)


def test_pages_of_25_and_a_count_that_stops_at_a_thousand(alice):
    many(1000, state="Running", is_settling=False)
    page = alice.get("/ns/team-a/vms/?page=2")
    assert len(names(page)) == 25
    assert "26–50 of 1,000+" in text(page)
    assert names(alice.get("/ns/team-a/vms/?page=9999999999")) == names(alice.get("/ns/team-a/vms/"))


@pytest.mark.parametrize("number", [19, 994])
@pytest.mark.parametrize("query", ["", "?q=more&sort=-image&page=1", "?state=running"])
def test_a_list_takes_as_many_statements_for_25_as_for_1000(alice, number, query):
    many(number, state="Running", is_settling=False)
    alice.get("/ns/team-a/vms/")  # the namespace is remembered once
    with CaptureQueriesContext(
        connection,
    ) as statements:
        alice.get(f"/ns/team-a/vms/{query}")
    assert len(statements) <= MOST_STATEMENTS, [item["sql"][:120] for item in statements]


def test_an_empty_namespace_offers_the_first_step(alice):
    VirtualMachine.objects.filter(namespace="team-a").delete()
    assert "Create the first VM" in text(alice.get("/ns/team-a/vms/"))
