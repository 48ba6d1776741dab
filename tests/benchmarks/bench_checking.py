"""How long it takes to be told what is wrong without saving: `python -m tests.benchmarks.bench_checking`.

A dry run of a VM that uses every section of its spec, and the check that the form makes while one types: in one
process through Django's test client, and over HTTP from a portal in a process of its own. Wanted: p95 under 100 ms.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.admission.asking import full_vm
from tests.benchmarks.loading import Figures, load
from tests.client import Client
from tests.peers.portal import CHECKOUT, PortalProcess

ROUNDS = 200
NAMESPACE = "team-a"
API = f"/apis/vmoperator.vmware.com/v1alpha5/namespaces/{NAMESPACE}/virtualmachines"
CHECK = f"/ns/{NAMESPACE}/new-vm/check/"
FORM = {
    "name": "everything",
    "image": "ClusterVirtualMachineImage/vmi-84f825635599f81ed",
    "class": "small",
    "storage_class": "gold",
    "zone": "zone-a",
    "interface": "eth0",
    "network": "net-0",
    "cloud_init": "#cloud-config\nusers:\n- name: me\n",
    "labels": "app=web\ntier=front",
    "power_on": "yes",
    "touched": "name,labels",
}


def wish(name: str = "everything") -> dict[str, Any]:
    """`full_vm()` as the demo's catalogue can make it, with what `prepare` adds."""
    vm = full_vm()
    vm["metadata"] |= {"name": name, "namespace": NAMESPACE}
    vm["spec"] |= {
        "imageName": "ubuntu-24.04",
        "crypto": {"encryptionClassName": "team-key", "vTPMMode": "New"},
    }
    vm["spec"]["readinessProbe"]["tcpSocket"]["port"] = (
        6443  # the only one where nothing is known of the network
    )
    return vm


def prepare() -> None:
    """What a full VM names and the demo lacks: two ISO images, a group, a policy."""
    from tests.builders import by, create, kind, obj
    from vmportal import service

    for name in ("vmi-1500", "vmi-1501"):
        meta = {"labels": {"image.vmoperator.vmware.com/type": "ISO"}}
        create(obj("VirtualMachineImage", name, NAMESPACE, meta=meta, spec={}))
        service.update(
            kind("VirtualMachineImage"),
            NAMESPACE,
            name,
            lambda image: {**image, "status": {"type": "ISO"}},
            by(),
            subresource="status",
        )
    create(obj("VirtualMachineGroup", "tier-1", NAMESPACE, spec={}))
    create(obj("ComputePolicy", "backup", NAMESPACE, spec={"enforcementMode": "Optional"}))


def times(ask: Callable[[], Any], accepted: int) -> Figures:
    found = []
    for _ in range(ROUNDS + 5):
        begun = time.perf_counter()
        answer = ask()
        found.append(time.perf_counter() - begun)
        assert answer.status_code == accepted, answer.content[:2000]
    del found[:5]  # caches, connections
    return Figures(1, tuple(sorted(found)), sum(found), len(answer.content))


def in_process() -> None:
    """Print the figures, and the keys with which to ask the same over HTTP, for the database of the environment."""
    from django.test import Client as TestClient

    from vmportal.api.auth import new_token
    from vmportal.models import User

    prepare()
    user = User.objects.get(username="alice")
    token = new_token(user, None)[0]
    api = TestClient(headers={"Authorization": f"Bearer {token}"}, SERVER_NAME="localhost")
    pages = TestClient(SERVER_NAME="localhost")
    pages.force_login(user)
    good, bad = json.dumps(wish()), json.dumps({**wish(), "spec": {**wish()["spec"], "className": None}})
    json_type = "application/json"
    show(
        "dry run, admitted", "in process", times(lambda: api.post(f"{API}?dryRun=All", good, json_type), 201)
    )
    show("dry run, refused", "in process", times(lambda: api.post(f"{API}?dryRun=All", bad, json_type), 422))
    show("check of the form", "in process", times(lambda: pages.post(CHECK, FORM), 200))
    print(json.dumps({"token": token, "session": pages.cookies["portal_session"].value}))


def over_http(portal: PortalProcess, keys: dict[str, str], clients: int) -> None:
    secret = "a" * 32  # any will do, as long as cookie and header are the same
    cookies = {"Cookie": f"portal_session={keys['session']}; csrftoken={secret}", "X-CSRFToken": secret}
    with contextlib.ExitStack() as stack:
        api = [stack.enter_context(Client(portal.url, keys["token"], 120)) for _ in range(clients)]
        pages = [stack.enter_context(Client(portal.url, timeout=120, **cookies)) for _ in range(clients)]
        form, kind = urlencode(FORM).encode(), "application/x-www-form-urlencoded"
        for what, those, ask in (
            ("dry run, admitted", api, lambda client, _: client("POST", f"{API}?dryRun=All", wish())),
            ("check of the form", pages, lambda client, _: client("POST", CHECK, form, kind)),
        ):
            load(those, ask, 2 * clients)  # caches, connections
            show(what, f"HTTP, {clients} at once" if clients > 1 else "HTTP", load(those, ask, ROUNDS))


def show(what: str, how: str, figures: Figures) -> None:
    p50, p95 = (figures.percentile(share) * 1000 for share in (0.5, 0.95))
    print(f"| {what} | {how} | {p50:.1f} | {p95:.1f} |", flush=True)


def main() -> None:
    print("| what | how | p50 ms | p95 ms |")
    print("|---|---|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        portal = PortalProcess(Path(folder))
        with portal:
            pass  # the first start makes the tables and the demo
        words = [sys.executable, "-m", "tests.benchmarks.bench_checking", "--in-process"]
        done = subprocess.run(
            words, cwd=CHECKOUT, env=portal.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        *lines, keys = done.stdout.splitlines()
        print(*lines, sep="\n", flush=True)
        with portal:
            for clients in (1, 4):
                over_http(portal, json.loads(keys), clients)


if __name__ == "__main__":
    if "--in-process" in sys.argv:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
        import django

        django.setup()
        in_process()
    else:
        main()
