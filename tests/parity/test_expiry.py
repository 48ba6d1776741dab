"""What is too old, at servers that forget: a chunked list goes on with a new token, which the refusal brings."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.parity.answers import differences
from tests.parity.language import Forget, config_map, get, post, scenario
from tests.parity.playing import Server
from tests.peers.kube import ControlPlane
from tests.peers.portal import PortalProcess

pytestmark = pytest.mark.peers

KEPT = 1  # seconds that the portal remembers
# Else lists of old versions come from memory, whatever etcd has forgotten.
FLAGS = ("--feature-gates=ListFromCacheSnapshot=false",)


@pytest.fixture(scope="module")
def forgetful(kube_apiserver, tmp_path_factory) -> Iterator[tuple[Server, Server]]:
    """The portal and a kube-apiserver."""
    folder = tmp_path_factory.mktemp("expiry")
    with (
        PortalProcess(folder, PORTAL_CHANGES_KEPT_SECONDS=str(KEPT)) as portal,
        ControlPlane(flags=FLAGS) as plane,
    ):
        token = portal.manage("token", "admin").split()[-1]
        ours = Server(portal.url, {"admin": token}, forget=lambda: time.sleep(KEPT + 1.1))
        theirs = Server(plane.url, plane.tokens, str(plane.ca_file), forget=lambda: compact(plane))
        yield ours, theirs
        ours.close(), theirs.close()


def compact(plane: ControlPlane) -> None:
    """etcd forgets all before its newest revision."""

    def ask(path: str, **body: object) -> dict[str, dict[str, str]]:
        request = urllib.request.Request(f"{plane.etcd_url}/v3/kv/{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    newest = ask("range", key="AA==")["header"]["revision"]
    ask("compaction", revision=newest, physical=True)


def test_a_list_goes_on_where_its_token_has_expired(forgetful):
    played = scenario(
        "an expired token",
        *(post("configmaps", config_map(name)) for name in ("a", "b", "c")),
        get("configmaps", limit="1").called("first"),
        post("configmaps", config_map("d")),
        Forget(),
        get("configmaps", limit="1", **{"continue": "<first.metadata.continue>"}).called("expired"),
        get("configmaps", **{"continue": "<expired.metadata.continue>"}),
    )
    ours, theirs = (server.play(played, "expiry") for server in forgetful)
    assert [answer["status"] for answer in theirs][-2:] == [410, 200]
    assert not list(map(str, differences(ours, theirs)))
