"""The list of machines: what is found, in which order, how many statements it takes, what its news are."""

from __future__ import annotations

import csv
import io
import re
import uuid
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.pages.observing import RUNNING, observe
from tests.pages.reading import html, names, text
from vmportal.models import Counter
from vms.models import ClusterVirtualMachineImage, VirtualMachine

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


def seen(page) -> str:
    """The address at which a list asks for its news."""
    return unescape(re.search(r'id="vm-ask".*?hx-get="([^"]*)"', html(page))[1])


def swapped(news) -> list[str]:
    """The machines whose rows come one by one."""
    return re.findall(r'<tr id="[^"]*" data-said="([^:]+): [^"]*" hx-swap-oob', html(news))


def test_only_the_list_as_a_whole_asks_for_news(alice):
    page = html(alice.get("/ns/team-a/vms/"))
    assert page.count('hx-trigger="every') == 1


@pytest.mark.parametrize("query", ["", "?q=web&sort=-name", "?state=working", "?q=nothing", "?page=2"])
def test_there_is_no_news_until_something_is_written(alice, query):
    address = seen(alice.get(f"/ns/team-a/vms/{query}"))
    assert alice.get(address).status_code == 204
    observe("web-1", **RUNNING)
    assert alice.get(address).status_code == (204 if query == "?q=nothing" else 200)


def test_what_is_not_shown_is_no_news(alice):
    address = seen(alice.get("/ns/team-a/vms/?q=web"))
    observe("db-1", **RUNNING)
    assert alice.get(address).status_code == 204


def test_only_the_rows_that_changed_are_swapped(alice):
    """Of a machine that had settled, too."""
    observe("web-1", **RUNNING)
    address = seen(alice.get("/ns/team-a/vms/"))
    observe("web-1", powerState="PoweredOff")
    news = alice.get(address)
    assert swapped(news) == ["web-1"]
    assert 'id="vm-list"' not in html(news)
    assert "Stopping" in text(news) or "Starting" in text(news)
    assert alice.get(seen(news)).status_code == 204


def test_a_machine_that_comes_or_goes_brings_the_list_anew(alice):
    address = seen(alice.get("/ns/team-a/vms/"))
    VirtualMachine.objects.filter(namespace="team-a", name="web-2").delete()
    Counter.next()  # as the service does, with the row
    news = alice.get(address)
    assert 'id="vm-list"' in html(news)
    assert names(news) == ["batch-1", "db-1", "migrate-1", "report-1", "web-1"]
    assert "1–5 of 5" in text(news)
    assert alice.get(seen(news)).status_code == 204


def test_the_first_machine_takes_the_place_of_the_words(alice):
    address = seen(alice.get("/ns/team-a/vms/?q=more"))
    many(1)
    Counter.next()
    assert names(alice.get(address)) == ["more-0000"]


def test_the_image_of_a_row_may_get_another_name(alice):
    """What stands in another table is shown, too."""
    address = seen(alice.get("/ns/team-a/vms/"))
    ClusterVirtualMachineImage.objects.filter(display_name="rocky-9").update(display_name="rocky-9.6")
    Counter.next()
    assert "rocky-9.6" in text(alice.get(address))


@pytest.mark.parametrize("since", ["", "nonsense", "1-2-3", "1" * 400, "1-2-x-y"])
def test_who_has_seen_nothing_gets_all(alice, since):
    news = alice.get("/ns/team-a/vm-news/", {"since": since})
    assert names(news) == ["batch-1", "db-1", "migrate-1", "report-1", "web-1", "web-2"]


def statements_of(client, address) -> int:
    with CaptureQueriesContext(connection) as statements:
        client.get(address)
    return len(statements)


def test_asking_for_news_is_cheap(alice):
    """Who is asking, the counters; and only when something was written the counts and the rows."""
    many(50, state="Running", is_settling=False)
    address = seen(alice.get("/ns/team-a/vms/"))
    assert statements_of(alice, address) <= 2
    Counter.next()
    assert statements_of(alice, address) <= 4


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


def csv_rows(response) -> list[list[str]]:
    shown = b"".join(response).decode()
    return list(csv.reader(io.StringIO(shown, newline="")))


def test_what_is_listed_is_had_as_csv(alice):
    many(40)
    page = alice.get("/ns/team-a/vms/?q=more&sort=-name&page=2")
    link = unescape(re.search(r'href="([^"]*)" download', html(page))[1])
    answer = alice.get(link)
    assert answer["Content-Disposition"] == 'attachment; filename="virtualmachines.csv"'
    head, *rows = csv_rows(answer)
    assert head == ["Namespace", "Name", "Power-State", "Class", "Image", "Primary-IP4", "Created"]
    assert len(rows) == 40, "not this page alone"
    everywhere = csv_rows(alice.get("/ns/_all/vms.csv?q=class:large"))[1:]
    assert {row[0] for row in everywhere} <= {"team-a", "team-b"}
    assert ("team-a", "large") in {(row[0], row[3]) for row in everywhere}


def test_a_stranger_gets_no_csv(bob):
    assert bob.get("/ns/team-a/vms.csv").status_code == 404
