"""Helm 3 and 4: a chart with a VM is installed, upgraded, rolled back and taken away; releases are Secrets."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client, config

pytestmark = pytest.mark.peers

CHART = Path(__file__).parent / "chart"
TEAM = "team-a"
VMS = ("vmoperator.vmware.com", "v1alpha5", TEAM, "virtualmachines")


@pytest.fixture
def run(helm: Path, as_alice: Path, tmp_path: Path):
    def run(*words: str | Path) -> str:
        """What it prints; fails the test with what it complains of."""
        environment = {**os.environ, "HOME": str(tmp_path), "KUBECONFIG": str(as_alice)}
        done = subprocess.run([helm, *words], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"helm {' '.join(map(str, words))}: {done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def api(as_alice: Path) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(as_alice)) as api:
        yield api


def status(run, release: str) -> str:
    return json.loads(run("status", release, "-o", "json"))["info"]["status"]


def test_a_chart_lives_its_life(helm, run, api):
    release = f"{helm.name}-web"
    custom, core = client.CustomObjectsApi(api), client.CoreV1Api(api)

    def vm() -> dict:
        return custom.get_namespaced_custom_object(*VMS, release)

    def motd() -> list[str]:
        found = core.list_namespaced_config_map(TEAM, field_selector=f"metadata.name={release}").items
        return [item.data["motd"] for item in found]

    run("install", release, CHART, "--dry-run=server")
    assert motd() == []
    run("install", release, CHART, "--wait", "--timeout=60s")
    assert (vm()["spec"]["powerState"], motd()) == ("PoweredOn", ["hello"])
    assert status(run, release) == "deployed"
    # What others own stays as they made it.
    custom.patch_namespaced_custom_object(*VMS, release, {"metadata": {"labels": {"tier": "web"}}})
    run("upgrade", release, CHART, "--set", "powerState=PoweredOff,motd=", "--wait", "--timeout=60s")
    assert (vm()["spec"]["powerState"], motd()) == ("PoweredOff", [])
    run("upgrade", release, CHART, "--reuse-values")  # says nothing new
    run("rollback", release, "1", "--wait", "--timeout=60s")
    assert (vm()["spec"]["powerState"], motd()) == ("PoweredOn", ["hello"])
    assert vm()["metadata"]["labels"]["tier"] == "web"
    history = json.loads(run("history", release, "-o", "json"))
    assert [one["status"] for one in history] == ["superseded"] * 3 + ["deployed"]
    kept = core.list_namespaced_secret(TEAM, field_selector="type=helm.sh/release.v1").items
    assert len(kept) == len(history)
    assert release in [one["name"] for one in json.loads(run("list", "-o", "json"))]
    run("uninstall", release, "--wait", "--timeout=60s")
    found = custom.list_namespaced_custom_object(*VMS, field_selector=f"metadata.name={release}")["items"]
    assert (found, motd()) == ([], [])


def test_a_refusal_leaves_a_release_that_failed(helm, run):
    release = f"{helm.name}-wrong"
    with pytest.raises(AssertionError, match=r"spec\.className"):
        run("install", release, CHART, "--set", "className=nonesuch")
    assert status(run, release) == "failed"
    run("upgrade", "--install", release, CHART, "--set", "powerState=PoweredOff")
    assert status(run, release) == "deployed"
    run("uninstall", release)
