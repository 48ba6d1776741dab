"""Go programs: client-go's informers over a restart and an expired version, its writers, and a small controller."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, watch

from tests.peers.portal import PortalProcess

pytestmark = pytest.mark.peers

TEAM = "team-a"
API = "vmoperator.vmware.com/v1alpha5"
PATIENCE = 150  # seconds: client-go waits up to a minute between tries when the server was away
WRITTEN, LEFT = 200, 100  # ConfigMaps that `write` makes, and does not take away again


def vm(name: str, **labels: str) -> dict[str, Any]:
    spec = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold"}
    meta = {"name": name, "labels": labels}
    return {"apiVersion": API, "kind": "VirtualMachine", "metadata": meta, "spec": spec}


class Program:
    """One run of the Go program: it is asked by a line, and answers by one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self) -> Any:
        print(file=self.process.stdin, flush=True)
        return self.read()

    def read(self) -> Any:
        return json.loads(self.process.stdout.readline())


@pytest.fixture
def run(go_clients: Path, portal: PortalProcess, as_alice: Path):
    def run(what: str) -> str:
        """What it prints when it has done all."""
        environment = {**os.environ, "KUBECONFIG": str(as_alice)}
        done = subprocess.run(
            [go_clients, what, TEAM], env=environment, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@contextmanager
def running(binary: Path, what: str, kubeconfig: Path, log: Path) -> Iterator[Program]:
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [binary, what, TEAM],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Program(process)
        finally:
            process.stdin.close()  # which ends it
            try:
                process.wait(10)
            finally:
                process.kill()


class Held:
    """What the server has of the kinds that the informer holds: versions by name."""

    def __init__(self, api: client.ApiClient) -> None:
        self.core, self.custom = client.CoreV1Api(api), client.CustomObjectsApi(api)

    def __call__(self) -> dict[str, dict[str, str]]:
        vms = self.custom.list_namespaced_custom_object(*API.split("/"), TEAM, "virtualmachines")["items"]
        typed = {
            "configmaps": self.core.list_namespaced_config_map(TEAM).items,
            "secrets": self.core.list_namespaced_secret(TEAM).items,
        }
        found = {
            resource: {item.metadata.name: item.metadata.resource_version for item in items}
            for resource, items in typed.items()
        }
        found["virtualmachines"] = {
            item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in vms
        }
        return found


def is_expired(core: client.CoreV1Api, version: str) -> bool:
    try:
        for _ in watch.Watch().stream(
            core.list_namespaced_config_map, TEAM, resource_version=version, timeout_seconds=1
        ):
            pass
    except client.ApiException as error:
        return error.status == HTTPStatus.GONE
    return False


def caught_up(program: Program, held: Held) -> Any:
    """What the informer tells when it holds what the server has."""
    deadline = time.monotonic() + PATIENCE
    while True:
        told, has = program.ask(), held()
        holds = {resource: one["versions"] for resource, one in told.items()}
        if holds == has:
            return told
        assert time.monotonic() < deadline, (holds, has)
        time.sleep(0.3)


def test_informers_hold_what_the_server_has_over_a_restart_and_an_expired_version(go_clients, tmp_path):
    """200 objects made, changed and partly deleted are seen; so is what happened while nobody listened."""
    kept = 1  # second that this portal remembers changes, when it sweeps
    here = PortalProcess(tmp_path, PORTAL_CHANGES_KEPT_SECONDS=str(kept))
    elsewhere = PortalProcess(tmp_path, PORTAL_CHANGES_KEPT_SECONDS=str(kept))  # the same data, other ports
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "alice.kubeconfig")}
    write = [go_clients, "write", TEAM]
    with here:
        kubeconfig = here.kubeconfig("alice")
        api = config.new_client_from_config(str(kubeconfig))
    with api, running(go_clients, "informer", kubeconfig, tmp_path / "informer.log") as informer:
        core, held = client.CoreV1Api(api), Held(api)
        with here:
            assert informer.read() == "synced"
            before = caught_up(informer, held)["configmaps"]
            subprocess.run(write, env=environment, check=True, timeout=120)
            after = caught_up(informer, held)["configmaps"]
            assert after["added"] - before["added"] == WRITTEN
            assert after["deleted"] - before["deleted"] == WRITTEN - LEFT
            assert after["updated"] - before["updated"] == 2 * WRITTEN
        with here:  # it goes on from the version that it has
            core.create_namespaced_secret(TEAM, client.V1Secret(metadata=client.V1ObjectMeta(name="later")))
            caught_up(informer, held)
        with elsewhere:
            away = config.new_client_from_config(str(elsewhere.kubeconfig("alice")))
            with away:
                away_core = client.CoreV1Api(away)
                away_core.delete_collection_namespaced_config_map(TEAM, label_selector="by=go")
                away_core.patch_namespaced_secret("later", TEAM, {"stringData": {"a": "b"}})
        time.sleep(kept + 0.1)
        here.manage("shell", "-v", "0", "-c", "from vmportal import tasks; tasks.sweep()")
        with here:
            assert is_expired(core, max(after["versions"].values(), key=int))
            core.create_namespaced_config_map(
                TEAM, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="last"))
            )
            told = caught_up(informer, held)
    assert not [name for name in told["configmaps"]["versions"] if name.startswith("written-")]
    assert told["configmaps"]["deleted"] - after["deleted"] == LEFT


def test_what_client_go_has_machinery_for(run):
    run("write")
    told = json.loads(run("steps"))
    assert told == {
        "typed apply": {"a": "1"},
        "typed conflict": ["FieldManagerConflict .data.a", "other"],
        "dynamic apply": [1, 1],
        "retry on conflict": "5",
        "pager": [LEFT, LEFT // 7 + 1],
        "metadata only": "go-applied",
        "mapper": f"{API}, Kind=VirtualMachine",
        "scale": 2,
        "until": "gone",
    }


def test_a_controller_keeps_a_config_map_beside_each_vm(go_clients, as_alice, tmp_path):
    """controller-runtime: cached reads, owner references, work queue; the portal collects what is owned."""
    with (
        config.new_client_from_config(str(as_alice)) as api,
        running(go_clients, "controller", as_alice, tmp_path / "controller.log"),
    ):
        core, custom = client.CoreV1Api(api), client.CustomObjectsApi(api)
        place = (*API.split("/"), TEAM, "virtualmachines")

        def state() -> str:
            found = core.list_namespaced_config_map(TEAM, field_selector="metadata.name=described").items
            return found[0].data["state"] if found else "(none)"

        def comes_to(wanted: str) -> None:
            deadline = time.monotonic() + PATIENCE
            while state() != wanted:
                assert time.monotonic() < deadline, (tmp_path / "controller.log").read_text()
                time.sleep(0.2)

        custom.create_namespaced_custom_object(*place, vm("described", **{"example.com/described": "yes"}))
        comes_to("PoweredOn")
        custom.patch_namespaced_custom_object(*place, "described", {"spec": {"powerState": "PoweredOff"}})
        comes_to("PoweredOff")
        core.delete_namespaced_config_map("described", TEAM)
        comes_to("PoweredOff")  # made again
        custom.delete_namespaced_custom_object(*place, "described")
        comes_to("(none)")
