"""The disk fills while the portal runs: writes are refused in clear words, reads go on, and nothing is lost.

A small file system is mounted for it, which only root may.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.client import CONFIG_MAPS, VMS, Client
from tests.peers.portal import PortalProcess

pytestmark = pytest.mark.slow

MAPS, MACHINES = CONFIG_MAPS.format("team-a"), VMS.format("team-a")
PATIENCE_SECONDS = 90


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system of its own can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def config_map(name: str) -> dict:
    data = {"k": "x" * 20_000}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def wait_for(what) -> object:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_a_full_disk_refuses_writes_and_loses_nothing(small_disk):
    with PortalProcess(small_disk) as portal, Client(portal.url, _token(portal)) as alice:
        stored, filler = [], fill(small_disk)
        for number in range(2000):
            answer = alice("POST", MAPS, config_map(f"map-{number:04d}"))
            if answer.status != 201:
                break
            stored.append(f"map-{number:04d}")
        assert answer.status == 507
        assert answer.reason == "InsufficientStorage"
        assert "disk" in answer.json["message"]
        assert "is full" in answer.json["message"]
        assert answer.json["details"]["retryAfterSeconds"] > 0
        assert alice("GET", "/livez").status == 200
        ready = alice("GET", "/readyz")
        assert (ready.status, b"disk is full" in ready.body) == (503, True)
        assert names(alice) == stored  # reading goes on
        assert alice("DELETE", f"{MAPS}/map-9999").status == 404
        page = alice(
            "POST", "/sign-in/", b"username=alice&password=alice", "application/x-www-form-urlencoded"
        )
        assert page.status in (403, 507)

        filler.unlink()
        assert wait_for(lambda: alice("GET", "/readyz").status == 200)
        after = alice("POST", MAPS, config_map("map-after"))
        assert after.status == 201
        assert names(alice) == [*stored, "map-after"]
        assert alice("POST", MACHINES, machine("web-9")).status == 201
        wait_for(
            lambda: alice("GET", f"{MACHINES}/web-9").json.get("status", {}).get("powerState") == "PoweredOn"
        )


def _token(portal: PortalProcess) -> str:
    return portal.manage("token", "alice").split()[-1]


def names(client: Client) -> list[str]:
    items = client("GET", MAPS).json["items"]
    return sorted(name for item in items if (name := item["metadata"]["name"]).startswith("map-"))


def machine(name: str) -> dict:
    spec = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"}
    api_version = "vmoperator.vmware.com/v1alpha5"
    return {"apiVersion": api_version, "kind": "VirtualMachine", "metadata": {"name": name}, "spec": spec}
