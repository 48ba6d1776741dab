"""`python -m tests.benchmarks` (or `make bench`): how fast a real portal answers, and with how many statements.

For each database and each number of machines a portal is started in a process of its own, filled, and asked over HTTP
by one client and by eight. Prints a table; nothing passes or fails here (`tests/api/test_statements.py` holds counts).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import services
from tests.benchmarks.counting import API, MAPS, PAGES
from tests.benchmarks.loading import Ask, Figures, load
from tests.client import Client
from tests.peers.portal import CHECKOUT, PortalProcess

CLIENTS = (1, 8)
# NetBox on such a machine: milliseconds, SQL statements.
REFERENCE = {"list 50": (130, 8), "create": (95, 36), "HTML list": (290, None)}
JSON, MERGE = "application/json", "application/merge-patch+json"


@dataclass(frozen=True)
class Line:
    what: str
    figures: Figures
    cpu: float  # seconds that the portal's process took for all of it, its worker included
    statements: int
    transactions: int

    def cells(self) -> list[str]:
        one = self.figures
        median = one.percentile(0.5) * 1000
        reference, _ = REFERENCE.get(self.what, (None, None))
        return [
            self.what,
            str(one.clients),
            f"{median:.1f}",
            f"{one.percentile(0.95) * 1000:.1f}",
            f"{one.rate:.0f}",
            f"{self.cpu / len(one.times) * 1000:.1f}",
            str(self.statements),
            str(self.transactions),
            f"{one.size:,}",
            f"{reference / median:.0f}" if reference and one.clients == 1 else "",
        ]


HEAD = [
    "request",
    "clients",
    "p50 ms",
    "p95 ms",
    "requests/s",
    "CPU ms",
    "SQL",
    "BEGIN …",
    "bytes",
    "times NetBox",
]


def asks(vms: int) -> dict[str, Ask]:
    """What is asked, over HTTP; reads are spread over all machines."""

    def name(number: int) -> str:
        return f"vm-{number * 7919 % vms:05d}"

    def patch(number: int) -> dict:
        return {"metadata": {"labels": {"patched": f"p-{number}"}}}

    return {
        "list 50": lambda client, _: client("GET", f"{API}?limit=50"),
        "get": lambda client, number: client("GET", f"{API}/{name(number)}"),
        "patch": lambda client, number: client("PATCH", f"{API}/{name(number)}", patch(number), MERGE),
        "HTML list": lambda client, _: client("GET", PAGES),
        "HTML detail": lambda client, number: client("GET", f"{PAGES}{name(number)}/"),
        "create ConfigMap": lambda client, number: client(
            "POST", MAPS, _config_map(f"made-{number:05d}"), JSON
        ),
        # Last, as the worker then has its hands full for a while.
        "create": lambda client, number: client("POST", API, _wish(f"made-{number:05d}"), JSON),
    }


def _config_map(name: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"color": "blue"}}


def _wish(name: str) -> dict:
    """As `tests.builders.vm` makes it, which needs Django."""
    spec = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"}
    return {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": spec,
    }


def measure(vms: int, requests: int, environment: dict[str, str]) -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        portal = PortalProcess(Path(folder), **environment)
        with portal:
            pass  # the first start makes the tables and the demo
        keys = json.loads(_python(portal, "tests.benchmarks.filling", str(vms)))
        counts = json.loads(_python(portal, "tests.benchmarks.counting"))
        with portal, _clients(portal.url, keys) as (api, pages):
            first = 0
            for what, ask in asks(vms).items():
                clients = pages if what.startswith("HTML") else api
                for many in CLIENTS:
                    load(clients[:many], ask, many * 3, first)  # connections, caches
                    first += many * 3
                    before = cpu_seconds(portal.process.pid)
                    figures = load(clients[:many], ask, requests, first)
                    first += requests
                    cpu = cpu_seconds(portal.process.pid) - before
                    yield Line(what, figures, cpu, *counts[what])
            print(f"memory of the one process afterwards: {_mib(portal):.0f} MiB")


def _python(portal: PortalProcess, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=CHECKOUT,
        env=portal.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@contextlib.contextmanager
def _clients(url: str, keys: dict[str, str]) -> Iterator[tuple[list[Client], list[Client]]]:
    with contextlib.ExitStack() as stack:
        api = [stack.enter_context(Client(url, keys["token"], 120)) for _ in range(max(CLIENTS))]
        cookie = f"portal_session={keys['session']}"
        pages = [stack.enter_context(Client(url, timeout=120, Cookie=cookie)) for _ in range(max(CLIENTS))]
        yield api, pages


def cpu_seconds(process: int) -> float:
    """What a process has computed so far: the same however busy the machine is otherwise."""
    user, system = Path(f"/proc/{process}/stat").read_text().rsplit(")")[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _mib(portal: PortalProcess) -> float:
    status = Path(f"/proc/{portal.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def show(title: str, lines: Iterator[Line]) -> None:
    print(f"\n{title}\n")
    print("| " + " | ".join(HEAD) + " |")
    print("|---" + "|--:" * (len(HEAD) - 1) + "|", flush=True)
    for line in lines:
        print("| " + " | ".join(line.cells()) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--vms", type=int, nargs="+", default=[1_000, 10_000], help="numbers of machines")
    parser.add_argument("--requests", type=int, default=300, help="of each kind, by one client and by eight")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL too: a server is started")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the portal, a process of its own, goes too
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {options.requests} requests each.")
    print(
        "Clients, web server and worker share the cores; CPU is the portal's own. Creates of machines come with "
        "the worker's passes that make them, creates of ConfigMaps without."
    )
    for vms in options.vms:
        show(f"SQLite, {vms:,} machines", measure(vms, options.requests, {}))
        if options.postgres:
            with services.postgres() as environment:
                show(f"PostgreSQL, {vms:,} machines", measure(vms, options.requests, environment))


if __name__ == "__main__":
    main()
