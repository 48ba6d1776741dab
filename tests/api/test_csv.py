"""Lists as CSV: kubectl's columns, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc

import pytest

from tests.api.test_verbs import MAPS, SECRETS, refusal
from tests.benchmarks.filling import fill, running_vm
from tests.builders import config_map, create, obj
from vmportal import demo
from vmportal.access import forget_memberships
from vmportal.api.csvtext import cell

VMS = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/team-a/virtualmachines"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def rows(response) -> list[list[str]]:
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(text(response), newline="")))


def text(response) -> str:
    return b"".join(response).decode()


@pytest.fixture
def maps(team_a) -> None:
    for name in ("a", "b", "c"):
        create(config_map(name, labels={"is": name}))


def test_any_list_can_be_csv(alice, maps):
    for response in (alice.get(MAPS, {"format": "csv"}), alice.get(MAPS, Accept="text/csv")):
        assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
        assert response["Content-Disposition"] == 'inline; filename="configmaps.csv"'
        head, *lines = rows(response)
        assert head == ["Namespace", "Name", "Data", "Created"]
        assert [line[:3] for line in lines] == [["team-a", name, "1"] for name in ("a", "b", "c")]
        assert all(re.fullmatch(TIME, line[3]) for line in lines)


def test_lines_end_as_rfc_4180_says(alice, maps):
    shown = text(alice.get(MAPS, {"format": "csv", "fieldSelector": "metadata.name=a"}))
    assert re.fullmatch(rf"Namespace,Name,Data,Created\r\nteam-a,a,1,{TIME}\r\n", shown)


def test_cluster_wide_kinds_have_no_namespace(alice, team_a):
    assert rows(alice.get("/api/v1/namespaces", {"format": "csv"}))[:2] == [
        ["Name", "Status", "Created"],
        ["team-a", "Active", rows(alice.get("/api/v1/namespaces?format=csv"))[1][2]],
    ]


def test_selectors_choose_and_wide_shows_more(root, alice, maps):
    assert [line[1] for line in rows(alice.get(f"{MAPS}?format=csv&labelSelector=is in (a,c)"))[1:]] == [
        "a",
        "c",
    ]
    bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings?format=csv"
    assert rows(root.get(bindings))[0] == ["Namespace", "Name", "Role", "Created"]
    head, first, *_ = rows(root.get(f"{bindings}&wide=true"))
    assert head == ["Namespace", "Name", "Role", "Created", "Users", "Groups", "ServiceAccounts"]
    assert first[4] == "alice"


def test_pages_are_linked(alice, maps):
    first = alice.get(MAPS, {"format": "csv", "limit": 2})
    assert [line[1] for line in rows(first)[1:]] == ["a", "b"]
    link = re.fullmatch(r'<(.*)>; rel="next"', first["Link"])[1]
    second = alice.get(link)
    assert [line[1] for line in rows(second)[1:]] == ["c"]
    assert "Link" not in second


def test_nothing_in_it_is_a_formula(alice, team_a):
    """OWASP, CSV injection: names and messages are anybody's."""
    event = obj("Event", "e", "team-a", involvedObject={"kind": "Pod"}, reason="@SUM(1)", message='=1+1,"x"')
    create(event)
    line = rows(alice.get("/api/v1/namespaces/team-a/events?format=csv"))[1]
    assert line[1] == "e"
    assert "'@SUM(1)" in line
    assert '\'=1+1,"x"' in line
    for harmful in ("=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1"):
        assert cell(harmful) == f"'{harmful}"
    for harmless in ("a=1", "", "1-2", -7, 1.5):
        assert cell(harmless) == harmless
    assert (cell(None), cell(True)) == ("", "true")


def test_secrets_show_no_content(alice, team_a):
    create(obj("Secret", "s", "team-a", stringData={"password": "hunter2"}))
    shown = text(alice.get(SECRETS, {"format": "csv"}))
    assert "team-a,s,Opaque,1," in shown
    assert "hunter2" not in shown


def test_what_is_not_a_list_is_no_csv(alice, maps):
    assert refusal(alice.get(f"{MAPS}/a", Accept="text/csv"))[:2] == (406, "NotAcceptable")
    assert refusal(alice.get(MAPS, {"watch": "true", "format": "csv"}))[:2] == (406, "NotAcceptable")
    code, _, message = refusal(alice.get(MAPS, {"format": "xml"}))
    assert (code, message) == (400, "format is one of json, yaml, csv, not 'xml'")


def test_a_refusal_is_a_status_though_csv_was_asked_for(alice, bob, maps):
    assert refusal(bob.get(MAPS, {"format": "csv"}))[:2] == (404, "NotFound")
    answer = alice.get(MAPS, {"format": "csv", "labelSelector": "((("})
    assert refusal(answer)[:2] == (400, "BadRequest")
    assert answer["Content-Type"] == "application/json"


@pytest.mark.django_db
def test_many_rows_take_little_memory(settings):
    settings.SIMULATOR_INSTANT = True
    forget_memberships()
    demo.seed()
    fill(2000, running_vm())
    from tests.api.conftest import Caller

    root = Caller("csv-root", is_admin=True)
    rows(root.get(VMS, {"format": "csv", "limit": 1}))
    tracemalloc.start()
    try:
        response = root.get(VMS, {"format": "csv"})
        count = sum(chunk.count(b"\r\n") for chunk in response)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count > 2000
    assert peak < 16 * 1024 * 1024
