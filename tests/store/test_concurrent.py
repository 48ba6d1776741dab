"""Many writers at once, in threads and processes: nothing is lost, and everybody sees the same order."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction

from tests.builders import as_portal, by, config_map, create, kind, make_namespace
from tests.store import writers
from vmportal import namespaces, service, work
from vmportal.api.feed import changes_after
from vmportal.demo import seed
from vmportal.errors import ApiError, Conflict, Forbidden
from vmportal.models import Change, ConfigMap, Counter, Namespace, Work
from vms.models import VirtualMachine

pytestmark = pytest.mark.django_db(transaction=True)

CONFIG_MAP = kind("ConfigMap")


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act` gives when that many threads begin it at the same moment."""
    gate = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            gate.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@dataclass
class Onlooker:
    """Reads on and on beside the writers, as a watch and a list of the API do, until told to stop."""

    seen: list[tuple[str, str, int]] = field(default_factory=list)
    listed: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        position = Counter.read()["version"]
        while True:
            is_last = self.ended.is_set()
            events = changes_after(position)
            self.seen += [
                (event.type, json.loads(event.body)["metadata"]["uid"], event.version) for event in events
            ]
            position = events[-1].version if events else position
            if is_last and not events:
                return

    def list(self) -> None:
        while not self.ended.is_set():
            version, rows = Counter.read()["version"], {}
            for model in (ConfigMap, VirtualMachine):
                rows |= dict(model.objects.values_list("uid", "version"))
            self.listed.append((version, rows))

    def __enter__(self) -> Onlooker:
        self.threads = [threading.Thread(target=self._run, args=[act]) for act in (self.watch, self.list)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _run(self, act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()


FEW, MANY = (2, 2, 30), (4, 4, 120)  # processes, threads of each, rounds of each thread


@pytest.fixture(params=[FEW, pytest.param(MANY, marks=pytest.mark.postgres)], ids=["few", "many"])
def crowd(request: pytest.FixtureRequest) -> tuple[int, int, int]:
    if request.param is MANY and connection.vendor != "postgresql":
        pytest.skip("DATABASE_URL names no PostgreSQL server: python -m tests.services postgres -- …")
    return request.param


def test_watchers_and_lists_miss_nothing_that_many_writers_do(crowd, tmp_path):
    """Every change is seen once, in order; a list with its counter read first hides no later change."""
    seed()
    processes, threads, rounds = crowd
    with Onlooker() as onlooker:
        others = [
            writers.start_process(100 * number, threads, rounds, PORTAL_DATA=str(tmp_path))
            for number in range(1, processes + 1)
        ]
        written = writers.write_in_threads(0, threads, rounds)
        for process in others:
            written += writers.result_of(process)
    assert len(written) > processes * threads * rounds / 4, "most rounds were refused: this tries nothing"
    versions = [version for _, _, version in onlooker.seen]
    assert versions == sorted(set(versions))
    assert _told(onlooker.seen) == _told(written)
    assert len(onlooker.listed) > 5
    for version, rows in onlooker.listed:
        assert list(_hidden(version, rows, onlooker.seen)) == []


def _told(changes: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Sorted, without the versions of deletions, of which their callers are told nothing."""
    return sorted((type_, uid, 0 if type_ == "DELETED" else version) for type_, uid, version in changes)


def _hidden(
    version: int, rows: dict[str, int], seen: list[tuple[str, str, int]]
) -> Iterator[tuple[str, str, int]]:
    """Changes up to `version` that a list of `rows` does not show, though a watch from there would not tell them."""
    last = {uid: (type_, number) for type_, uid, number in seen if number <= version}
    gone_later = {uid for type_, uid, number in seen if type_ == "DELETED" and number > version}
    for uid, (type_, number) in last.items():
        if type_ == "DELETED" and uid in rows:
            yield "still listed", uid, number
        if type_ != "DELETED" and rows.get(uid, 0) < number and uid not in gone_later:
            yield "not listed", uid, number


def test_no_increment_is_lost():
    """Without a version named, an update is made again on what others wrote meanwhile."""
    make_namespace()
    create(config_map("count", data={"n": "0"}))

    def increment(found: dict) -> dict:
        found["data"]["n"] = str(int(found["data"]["n"]) + 1)
        return found

    def add(_: int) -> int:
        done = 0
        while done < 40:
            try:
                service.update(CONFIG_MAP, "team-a", "count", increment, by())
                done += 1
            except Conflict:  # all its tries went to others: a client tries again, as kubectl does
                continue
        return done

    assert sum(together(6, add)) == 240
    assert json.loads(ConfigMap.objects.get().body)["data"]["n"] == "240"
    assert Change.objects.filter(kind="configmaps").count() == 241


def test_of_many_who_name_the_same_version_one_wins():
    make_namespace()
    version = create(config_map())["metadata"]["resourceVersion"]

    def write(number: int) -> str:
        def change(found: dict) -> dict:
            found["metadata"]["resourceVersion"] = version
            found["data"]["winner"] = str(number)
            return found

        try:
            return service.update(CONFIG_MAP, "team-a", "settings", change, by()).object["data"]["winner"]
        except Conflict:
            return ""

    winners = [winner for winner in together(8, write) if winner]
    assert [json.loads(ConfigMap.objects.get().body)["data"]["winner"]] == winners


def test_of_many_who_take_the_same_name_one_gets_it():
    make_namespace()

    def attempt(number: int) -> str:
        try:
            return create(config_map(data={"by": str(number)}))["data"]["by"]
        except ApiError as refusal:
            return refusal.reason

    results = together(8, attempt)
    assert results.count("AlreadyExists") == 7
    assert json.loads(ConfigMap.objects.get().body)["data"]["by"] in results


def test_nothing_is_left_in_a_namespace_that_went_meanwhile():
    make_namespace("short-lived")
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Counter.next()  # all who write wait for this transaction
            late = pool.submit(_and_close, create, config_map("late", "short-lived"))
            time.sleep(0.3)  # the rules have let it in, and it waits to be stored
            _empty_and_remove("short-lived")
        with pytest.raises(Forbidden, match="because it is being terminated"):
            late.result()
    assert not ConfigMap.objects.exists()


def _and_close(act: Callable[..., Any], *args: Any, **options: Any) -> Any:
    try:
        return act(*args, **options)
    finally:
        connection.close()


def _empty_and_remove(name: str) -> None:
    uid = Namespace.objects.get(name=name).uid
    service.delete(kind("Namespace"), "", name, by())
    while Namespace.objects.filter(name=name).exists():
        lease = work.lease(uid)
        assert lease, "nobody else works on it"
        namespaces.reconcile_namespace(uid, lease)
        lease.again(0)


def test_a_pass_and_a_write_of_what_it_waits_for_do_not_wait_for_each_other():
    """A pass holds its VM's work row under the counter, as a write of the VM's class does: no deadlock."""
    seed()
    vm = VirtualMachine.objects.filter(class_name="small").first()
    Work.objects.filter(uid=vm.uid).update(due_at=vm.created)
    lease = work.lease(vm.uid)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Counter.next()
            change = functools.partial(service.update, kind("VirtualMachine"), vm.namespace, vm.name)
            late = pool.submit(_and_close, change, _labelled("pass"), by(), lease=lease)
            time.sleep(
                0.3
            )  # it waits for the counter; what else it holds by now, this transaction must not need
            service.update(
                kind("VirtualMachineClass"), vm.namespace, "small", _labelled("class"), as_portal()
            )
        assert late.result().object["metadata"]["labels"]["mark"] == "pass"
    assert lease.again(300), "the write of the class has nudged it"


def _labelled(mark: str) -> Callable[[dict], dict]:
    def change(found: dict) -> dict:
        found["metadata"].setdefault("labels", {})["mark"] = mark
        return found

    return change


def test_an_object_that_is_deleted_under_a_writer_is_not_written_back():
    make_namespace()
    for _ in range(5):
        create(config_map())

        def act(number: int) -> str:
            try:
                if number:
                    service.update(CONFIG_MAP, "team-a", "settings", _labelled(str(number)), by())
                else:
                    service.delete(CONFIG_MAP, "team-a", "settings", by())
            except ApiError as refusal:
                return refusal.reason
            return ""

        assert set(together(4, act)) <= {"", "NotFound", "Conflict"}
        assert not ConfigMap.objects.exists()
        assert Change.objects.order_by("version").last().type == "DELETED"
