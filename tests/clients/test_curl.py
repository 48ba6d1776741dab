"""curl, line by line as docs/api.md shows it, with this portal's address, files and a VM of the tests."""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from kubernetes import client, config

from tests.peers.portal import CHECKOUT, PortalProcess

pytestmark = pytest.mark.peers

DOCUMENT = CHECKOUT / "docs" / "api.md"
VMS = ("vmoperator.vmware.com", "v1alpha5", "team-a", "virtualmachines")
PATIENCE = 60  # seconds
VM = """
apiVersion: vmoperator.vmware.com/v1alpha5
kind: VirtualMachine
metadata: {%s}
spec: {className: small, imageName: ubuntu-24.04, storageClass: gold, powerOffMode: Hard}
"""


def lines() -> Iterator[str]:
    """The commands with curl in the document's blocks, each on one line."""
    for block in re.findall(r"^```\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("curl "):
                yield line


LINES = tuple(lines())


class Shell:
    """bash in a folder that has what the lines name."""

    def __init__(self, portal: PortalProcess, folder: Path) -> None:
        self.portal, self.folder = portal, folder
        self.ca = portal.folder / "data" / "tls" / "ca.crt"
        self.address = f"https://127.0.0.1:{portal.tls_port}"
        self.vms = f"{self.address}/apis/{VMS[0]}/{VMS[1]}/namespaces/{VMS[2]}/{VMS[3]}"
        self.token = portal.manage("token", "alice").split()[-1]
        (folder / "data" / "tls").mkdir(parents=True)
        (folder / "data" / "tls" / "ca.crt").symlink_to(self.ca)
        (folder / "vm.yaml").write_text(VM % "generateName: curl-made-")
        (folder / "portal.curl").write_text(
            f'cacert = data/tls/ca.crt\nheader = "Authorization: Bearer {self.token}"\n'
        )

    def run(self, line: str, name: str) -> subprocess.CompletedProcess[str]:
        filled = (
            line.replace("https://127.0.0.1:8001", self.address)
            .replace("web-1", name)
            .replace('"<ETag of the GET>"', self.etag(name))
        )
        return subprocess.run(
            ["bash", "-c", f"uuidgen() {{ cat /proc/sys/kernel/random/uuid; }}; {filled}"],
            cwd=self.folder,
            env={**os.environ, "TOKEN": self.token, "VMS": self.vms},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def etag(self, name: str) -> str:
        request = urllib.request.Request(
            f"{self.vms}/{name}", headers={"Authorization": f"Bearer {self.token}"}
        )
        tls = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
            return str(answer.headers["ETag"])


@pytest.fixture(scope="module")
def shell(portal, tmp_path_factory) -> Shell:
    return Shell(portal, tmp_path_factory.mktemp("curl"))


@pytest.fixture
def name(as_alice) -> Iterator[str]:
    """A VM of the test's own, which stands for web-1."""
    name = f"curl-{uuid.uuid4().hex[:8]}"
    with config.new_client_from_config(str(as_alice)) as api:
        custom = client.CustomObjectsApi(api)
        custom.create_namespaced_custom_object(*VMS, yaml.safe_load(VM % f"name: {name}"))
        _settle(lambda: custom.list_namespaced_custom_object(*VMS)["metadata"]["resourceVersion"])
        yield name
        custom.delete_collection_namespaced_custom_object(*VMS, field_selector=f"metadata.name={name}")


def _settle(version: Callable[[], str]) -> None:
    """Wait until nothing has been written for a second: lines compare ETags."""
    deadline, last, since = time.monotonic() + PATIENCE, "", time.monotonic()
    while time.monotonic() - since < 1.0:
        assert time.monotonic() < deadline, "the portal does not come to rest"
        if (found := version()) != last:
            last, since = found, time.monotonic()
        time.sleep(0.1)


def test_there_are_lines_to_try():
    assert len(LINES) >= 6


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_line_works(shell, name, line):
    done = shell.run(line, name)
    assert done.returncode == 0, f"{line}: {done.stderr or done.stdout}"
    answer = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    assert answer.get("status") != "Failure", done.stdout
    if "Idempotency-Key" in line:
        conditions = {one["type"]: one["status"] for one in answer["status"]["conditions"]}
        assert conditions["VirtualMachineCreated"] == "True"
    if "format=csv" in line:
        assert name in (shell.folder / "virtualmachines.csv").read_text()
    if "--etag-save" in line:
        assert shell.run(line.replace("-o vms.json", "-o again.json -w '%{http_code}'"), name).stdout == "304"
