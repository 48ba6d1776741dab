"""The portal and real kube-apiservers, made ready to be played: kinds, roles, and the same users.

Called by tests/parity/conftest.py.
"""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.client import Client
from tests.parity.language import get
from tests.parity.playing import Server
from tests.peers.crds import reduced
from tests.peers.kube import ControlPlane
from tests.peers.portal import PortalProcess
from vmportal.access import ROLES
from vmportal.kind import Kind
from vmportal.kinds import KINDS

USERS: dict[str, list[str]] = {
    "alice": [],
    "bob": [],
}  # beside the administrator; their roles are in scenarios
OWN_GROUP = "vmportal.dev"  # the portal's own kinds, which no real server has
CUSTOM = [kind for kind in KINDS if not kind.shape.is_builtin and kind.shape.group != OWN_GROUP]
READING = ["get", "list", "watch"]
WRITING = ["create", "update", "patch", "delete", "deletecollection"]
PATIENCE = 60  # seconds until a server has taken kinds in


def portal_server(portal: PortalProcess) -> Server:
    """The server of `portal`, without its offers: a real server puts nothing into new namespaces."""
    tokens = {user: portal.manage("token", user).split()[-1] for user in ("admin", *USERS)}
    with Client(portal.url, tokens["admin"]) as admin:
        assert admin("DELETE", f"/apis/{OWN_GROUP}/v1alpha1/offers").status == HTTPStatus.OK
    return Server(portal.url, tokens)


def plane_server(plane: ControlPlane) -> Server:
    """The server of `plane`, when it answers for all kinds: it is a while until it has read each of them."""
    server = Server(plane.url, plane.tokens, str(plane.ca_file))
    for kind in CUSTOM:
        path = f"/apis/{kind.shape.api_version}/{kind.shape.plural}"
        deadline = time.monotonic() + PATIENCE
        while server.ask(get(path), {})["status"] != HTTPStatus.OK:
            assert time.monotonic() < deadline, f"{path} is not served"
            time.sleep(0.1)
    return server


def printed_crds() -> str:
    """As `manage.py crds` prints them."""
    text = io.StringIO()
    call_command("crds", stdout=text)
    return text.getvalue()


def real_crds(folder: Path) -> str:
    """Those of the portal's custom kinds that lie in `folder`."""
    files = {file.stem: file for file in folder.rglob("*.yaml")}
    return reduced([files[f"{kind.shape.group}_{kind.shape.plural}"] for kind in CUSTOM], "v1alpha5")


def prepare(plane: ControlPlane, kubectl: Path, crds: str) -> None:
    """Give a real server the kinds, and the roles of namespaces, which its controllers would put together."""
    command = [str(kubectl), "--kubeconfig", str(plane.kubeconfig())]

    def run(*words: str, given: str = "") -> None:
        done = subprocess.run([*command, *words], input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    run("apply", "--server-side", "--force-conflicts", "-f", "-", given=crds)
    run(
        "wait",
        "--for=condition=Established",
        f"--timeout={PATIENCE}s",
        *(f"crd/{kind.shape.group_resource}" for kind in CUSTOM),
    )
    for role in ROLES:
        rules = json.dumps({"rules": list(_rules(role))})
        run("patch", "clusterrole", role, "--type=merge", f"--patch={rules}")


def _rules(role: str) -> Iterator[dict[str, Any]]:
    """What members of a namespace may do, by the portal's list of kinds."""
    for kind in KINDS:
        if not kind.shape.namespaced:
            continue
        verbs = (READING if _has(role, kind.reader) else []) + (WRITING if _has(role, kind.writer) else [])
        if verbs:
            yield {"apiGroups": [kind.shape.group], "resources": list(_resources(kind)), "verbs": verbs}


def _resources(kind: Kind) -> Iterator[str]:
    yield kind.shape.plural
    if kind.shape.scale:
        yield f"{kind.shape.plural}/scale"


def _has(role: str, needed: str) -> bool:
    return needed in ROLES and ROLES.index(role) >= ROLES.index(needed)
