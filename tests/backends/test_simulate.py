"""`manage.py simulate`: what it changes in the simulated vSphere, and that the watcher can see it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from vmportal.backends.base import DestroyVM, PowerOnVM, ShutdownGuest


@pytest.fixture
def ref(site, monkeypatch):
    """A VM that is on, by the clock that the command has too."""
    monkeypatch.setattr("django.utils.timezone.now", site.clock)
    ref = site.cloned()
    site.act(ref, PowerOnVM)
    site.wait(9)
    site.backend.changes(0)
    return ref


def simulate(*words: str) -> str:
    out = StringIO()
    call_command("simulate", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("word", "state"), [("power-off", "poweredOff"), ("suspend", "suspended")])
def test_a_vm_is_switched_and_the_watcher_sees_it(site, ref, word, state):
    latest, _ = site.backend.changes(0)
    simulate(word, "web-1", "-n", "team-a")
    assert site.power(ref) == state
    _, changes = site.backend.changes(latest)
    assert {change.ref for change in changes} == {ref}


def test_a_vm_is_deleted_whatever_it_was_doing(site, ref):
    simulate("delete", "web-1")
    assert site.see(ref) is None


def test_a_host_that_fails_takes_its_vms_down_and_they_start_elsewhere(site, ref):
    host = site.see(ref)["host"]
    simulate("host-down", host["name"])
    assert site.power(ref) == "poweredOff"
    site.act(ref, PowerOnVM)
    site.wait(2)
    assert site.power(ref) == "poweredOn"
    assert site.see(ref)["host"]["obj"] != host["obj"]


def test_watchers_are_told_where_there_is_room_again(site, ref):
    host, latest = site.see(ref)["host"]["name"], site.backend.changes(0)[0]

    def gives_room(*words: str) -> bool:
        nonlocal latest
        simulate(*words)
        latest, changes = site.backend.changes(latest)
        return any(change.gives_room for change in changes)

    assert not gives_room("host-down", host)
    assert gives_room("host-up", host)
    assert not gives_room("power-on", "web-1")
    assert gives_room("power-off", "web-1")
    assert gives_room("fill-datastore", "gold-01")
    assert not gives_room("power-on", "web-1")  # there is no space for its swap file
    assert gives_room("empty-datastore", "gold-01")
    assert gives_room("delete", "web-1")


def test_a_filled_datastore_has_what_was_left(site, ref):
    simulate("fill-datastore", "gold-01", "--free", "5Gi")
    assert site.backend.inventory().datastores[0].free == 5 * 1024**3
    simulate("empty-datastore", "gold-01")
    assert site.backend.inventory().datastores[0].free > 1024**4


def test_the_list_shows_every_vm(site, ref):
    assert "team-a     web-1" in simulate("list")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("power-off", "nobody"), "no VM nobody"),
        (("host-down", "esx-99"), "there are esx-01.zone-a"),
        (("fill-datastore", "tin"), "there are gold-01, silver-01"),
        (("fill-datastore", "gold-01", "--free", "much"), "Not a quantity"),
    ],
)
def test_what_is_not_there_is_said_with_what_there_is(site, ref, words, told):
    with pytest.raises(CommandError, match=told):
        simulate(*words)


def test_a_guest_that_was_switched_on_comes_up_as_any_other(site, ref):
    simulate("power-off", "web-1")
    simulate("power-on", "web-1")
    latest, _ = site.backend.changes(0)
    site.wait(5)
    assert site.see(ref)["guest"]["toolsRunningStatus"] == "guestToolsRunning"
    _, changes = site.backend.changes(latest)
    assert [change.ref for change in changes] == [ref]


def test_one_setting_makes_everything_instant(site, settings):
    settings.SIMULATOR_INSTANT = True
    ref = site.clone()
    site.act(ref, PowerOnVM)
    found = site.see(ref)
    assert (found["runtime"]["powerState"], found["guest"]["hostName"]) == ("poweredOn", "web-1")
    site.act(ref, ShutdownGuest)
    assert site.power(ref) == "poweredOff"
    site.act(ref, DestroyVM)
    assert site.see(ref) is None
