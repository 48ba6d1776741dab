"""All kinds three times: in the portal, as CRDs that it prints, and as the real ones; kubectl sees no difference."""

from __future__ import annotations

import io
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from tests.builders import kind
from tests.parity.scenarios.discovering import OWN_GROUP
from tests.peers.crds import reduced
from tests.peers.kube import ControlPlane
from tests.peers.portal import Kubectl, PortalProcess
from tests.samples import NAME, SAMPLED, sample
from tests.shared import shared
from vmportal.kind import Kind

pytestmark = pytest.mark.peers

CUSTOM = [kind for kind in SAMPLED if not kind.shape.is_builtin]
THEIRS = [
    kind for kind in CUSTOM if kind.shape.group != OWN_GROUP
]  # what is the portal's own is nowhere else
BUILTIN = [kind("PersistentVolumeClaim"), kind("ResourceQuota")]
PATIENCE = 60  # seconds until a server has published what it was given

Run = Callable[..., str]


def caller(plane: ControlPlane, kubectl: Path) -> Run:
    """kubectl with that server, as its administrator."""

    def run(*words: str, given: str = "") -> str:
        command = [kubectl, "--kubeconfig", plane.kubeconfig(), *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def established(run: Run, kinds: list[Kind] = CUSTOM) -> Run:
    names = [f"crd/{kind.shape.group_resource}" for kind in kinds]
    run("wait", "--for=condition=Established", f"--timeout={PATIENCE}s", *names)
    return run


@pytest.fixture(scope="module")
def printed(kubectl: Path, kube_apiserver: ControlPlane) -> Iterator[Run]:
    """A server of its own that knows the kinds from `manage.py crds`."""
    crds = io.StringIO()
    call_command("crds", stdout=crds)
    with ControlPlane() as plane:
        run = caller(plane, kubectl)
        run("apply", "--server-side", "-f", "-", given=crds.getvalue())
        yield established(run)


@pytest.fixture(scope="module")
def real(kubectl: Path, kube_apiserver: ControlPlane) -> Run:
    """The server that knows them from the real CRDs."""
    run = caller(kube_apiserver, kubectl)
    files = {file.stem: file for file in shared("crds").rglob("*.yaml")}
    wanted = [files[f"{kind.shape.group}_{kind.shape.plural}"] for kind in THEIRS]
    run("apply", "--server-side", "--force-conflicts", "-f", "-", given=reduced(wanted, "v1alpha5"))
    return established(run, THEIRS)


@pytest.fixture(scope="module")
def portal(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """The portal's administrator."""
    with PortalProcess(tmp_path_factory.mktemp("portal")) as portal:
        yield Kubectl(kubectl, portal, "admin")


def explained(run: Run, kind) -> list[str]:
    """The fields of a kind below its metadata, with their types and what is required.

    What a server says of metadata comes with its own version. Choices are left out: one that another narrows is
    two lists in the real CRD, of which kubectl shows none.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            text = run("explain", "--recursive", kind.shape.group_resource)
        except AssertionError:  # not published yet
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            lines = text.partition("FIELDS:\n")[2].rstrip().splitlines()
            return [line for line in _without_metadata(lines) if not line.strip().startswith("enum: ")]


def _without_metadata(lines: list[str]) -> Iterator[str]:
    is_inside = False
    for line in lines:
        if not line.startswith("    "):
            is_inside = line.startswith("  metadata")
        if not is_inside:
            yield line


def by_kind(kinds):
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.shape.kind)


@by_kind(CUSTOM)
def test_a_server_takes_the_printed_crd_and_an_object_of_it(printed, kind):
    body = yaml.safe_dump(sample(kind, "default"))
    printed("create", "-f", "-", given=body)
    plural = kind.shape.group_resource
    assert (
        printed("get", plural, NAME, "-o", "name").strip()
        == f"{plural.replace(kind.shape.plural, kind.shape.singular, 1)}/{NAME}"
    )


@by_kind(THEIRS)
def test_the_printed_crd_explains_itself_as_the_real_one(printed, real, kind):
    assert explained(printed, kind) == explained(real, kind)


@by_kind(THEIRS)
def test_the_portal_explains_it_as_the_real_server(portal, real, kind):
    assert explained(portal, kind) == explained(real, kind)


@by_kind(BUILTIN)
def test_the_portal_explains_kubernetes_own_as_the_real_server(portal, real, kind):
    """Names and what is required: the real types have names of their own."""

    def fields(run: Run) -> list[str]:
        return [re.sub("<.*?>", "", line) for line in explained(run, kind)]

    assert fields(portal) == fields(real)


@by_kind(SAMPLED)
def test_it_is_got_by_its_short_names(portal, kind):
    """DEF-20."""
    for name in (kind.shape.plural, kind.shape.singular, *kind.shape.short_names):
        done = portal.run("get", name, "-A" if kind.shape.namespaced else "-o=wide")
        assert done.returncode == 0, done.stderr
        assert done.stdout or "No resources found" in done.stderr


def test_a_replica_set_is_scaled(portal):
    portal("create", "-f", "-", given=yaml.safe_dump(sample(kind("VirtualMachineReplicaSet"))))
    portal("scale", "vmrs", NAME, "-n", "team-a", "--replicas=3")
    portal("scale", "vmrs", NAME, "-n", "team-a", "--current-replicas=3", "--replicas=4")
    assert portal("get", "vmrs", NAME, "-n", "team-a", "-o", "jsonpath={.spec.replicas}") == "4"
    portal("delete", "vmrs", NAME, "-n", "team-a")


CLAIM_STATUS = """{"status": {"phase": "Bound", "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
    "capacity": {"storage": "8Gi"}}}"""
QUOTA = {"spec": {"hard": {"limits.cpu": "4", "count/secrets": "10", "requests.storage": "8Gi"}}}


def test_claims_and_quotas_are_printed_as_by_kubernetes(portal, real):
    """The portal counts by itself; the peer has no controllers, and is told what the portal found."""
    in_it = ("-n", "printing")

    def begin(run: Run) -> None:
        run("create", "namespace", "printing")
        claim, quota = (sample(kind, "printing") for kind in BUILTIN)
        run("create", *in_it, "-f", "-", given=yaml.safe_dump_all([claim, {**quota, **QUOTA}]))

    def shown(run: Run, quota_status: str = "") -> list[str]:
        found = [run("get", "pvc", *in_it, "-o", "wide")]
        run("patch", "pvc", NAME, *in_it, "-p", '{"spec": {"volumeName": "pvc-1"}}')
        run("patch", "pvc", NAME, *in_it, "--subresource=status", "-p", CLAIM_STATUS)
        if quota_status:
            run("patch", "quota", NAME, *in_it, "--subresource=status", "-p", quota_status)
        found += [run("get", kind, *in_it, "-o", "wide") for kind in ("pvc", "quota")]
        return [re.sub(r"\b\d+s\b *", "0s ", text) for text in found]

    begin(portal)
    portal("wait", f"quota/{NAME}", *in_it, "--for=jsonpath={.status.used}", f"--timeout={PATIENCE}s")
    status = json.dumps({"status": json.loads(portal("get", "quota", NAME, *in_it, "-o", "json"))["status"]})
    begin(real)
    assert shown(portal) == shown(real, status)
