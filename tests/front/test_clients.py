"""Clients as they are, unchanged: they stream bodies, and wait by themselves where they ask too much."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from tests.client import CONFIG_MAPS
from tests.peers.portal import Kubectl, PortalProcess

pytestmark = pytest.mark.peers

MANY = 30


def config_map(name: str) -> dict:
    meta = {"name": name, "namespace": "team-a"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}}


def test_kubectl_waits_and_comes_back_where_it_asks_too_much(tmp_path, kubectl):
    """Far more than the bucket holds: not one apply fails, and it takes as long as the rate says."""
    with PortalProcess(tmp_path, PORTAL_RATE="4", PORTAL_RATE_BURST="8") as portal:
        alice = Kubectl(kubectl, portal, "alice")
        wish = "\n---\n".join(json.dumps(config_map(f"m-{number}")) for number in range(MANY))
        started = time.monotonic()
        done = alice.run("apply", "-f", "-", "-v=6", given=wish)
        seconds = time.monotonic() - started
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.count("created") == MANY
        assert 'status="429 Too Many Requests"' in done.stderr
        assert seconds > MANY * 2 / 4 - 8


def test_curl_streams_a_body_of_unknown_length(tmp_path):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")
    with PortalProcess(tmp_path) as portal:
        token = portal.manage("token", "alice").split()[-1]
        where = f"{portal.url}{CONFIG_MAPS.format('team-a')}"
        words = [curl, "-sS", "-X", "POST", "-T", "-", "-H", f"Authorization: Bearer {token}", where]
        done = subprocess.run(words, input=json.dumps(config_map("streamed")), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["metadata"]["uid"]
