"""The simulator under several threads: no address, name or byte is given twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.backends.conftest import IMAGE, Site
from vmportal.backends.base import BackendRefused, ClaimInterfaces, PowerOnVM
from vmportal.backends.simulator.models import SimulatedNetwork, SimulatedVM
from vmportal.backends.simulator.seed import seed

THREADS = 8


@pytest.fixture
def site(transactional_db):
    seed([IMAGE])
    return Site()


def at_once(work, items):
    """Run `work(item)` for all items in threads that start together; results, or the refusals."""
    barrier = threading.Barrier(THREADS)

    def one(chunk):
        barrier.wait()
        try:
            return [_result(work, item) for item in chunk]
        finally:
            connection.close()

    chunks = [items[number::THREADS] for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(one, chunks) for result in results]


def _result(work, item):
    try:
        return work(item)
    except BackendRefused as refusal:
        return refusal.fault


def test_no_address_is_given_twice(site):
    refs = [site.ref(f"web-{number}") for number in range(48)]
    at_once(lambda ref: site.backend.apply(ref, ClaimInterfaces((("eth0", ""),))), refs)
    given = [site.backend.interfaces(ref)[0] for ref in refs]
    assert len({interface.addresses for interface in given}) == 48
    assert len({interface.mac for interface in given}) == 48


def test_a_pool_gives_what_it_has_and_not_one_more(site):
    SimulatedNetwork.objects.filter(order=1).update(last=29)
    refs = [site.ref(f"web-{number}") for number in range(32)]
    results = at_once(lambda ref: site.backend.apply(ref, ClaimInterfaces((("eth0", ""),))), refs)
    assert results.count("AddressPoolExhausted") == 12


def test_of_clones_with_one_name_one_wins(site):
    results = at_once(lambda number: bool(site.clone("web-1")), list(range(THREADS)))
    assert sorted(map(str, results)) == ["DuplicateName"] * (THREADS - 1) + ["True"]


def test_hosts_are_never_over_reserved(site):
    refs = [site.cloned(f"web-{number}", memoryAllocation={"reservation": 4096}) for number in range(16)]
    site.shrink_hosts(8192)
    at_once(lambda ref: site.act(ref, PowerOnVM), refs)
    site.wait(2)
    at_once(site.power, refs)
    by_host: dict[str, int] = {}
    for host in SimulatedVM.objects.filter(power_state="poweredOn").values_list("host_id", flat=True):
        by_host[host] = by_host.get(host, 0) + 1
    assert by_host == dict.fromkeys(by_host, 2)
    assert len(by_host) == 3
