"""VM Operator's admission webhooks as the API server meets them: they fill in defaults, and refuse what they are told to.

Started in the process of the tests by the fixture `webhook`; `refuse`, `delay` and `counts` are its door.
"""

from __future__ import annotations

import base64
import copy
import json
import ssl
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.certificates import Authority
from tests.peers.supervisor import defaults
from tests.peers.supervisor.process import OPERATOR, Supervisor
from tests.peers.supervisor.resources import VMOP, WATCHED, Document

PLURALS = {
    kind: WATCHED[kind].plural
    for kind in (
        "VirtualMachine",
        "VirtualMachineGroup",
        "VirtualMachineSnapshot",
        "VirtualMachinePublishRequest",
        "VirtualMachineClass",
    )
}
NAME = "vm-operator"


@dataclass
class Refusal:
    """What is denied, and in which words: `field: message`, as `spec.className: Invalid value: "x": not found`.

    422 is the validating webhook's code; the mutating one answers 403. `times` is how often, None for ever.
    """

    kind: str = "VirtualMachine"
    name: str = "*"
    field: str = "spec"
    message: str = "Forbidden: refused by the test"
    code: int = 422
    times: int | None = None


class Webhook:
    """Registered at the Supervisor while the block runs; `fills` says whether it fills in defaults."""

    def __init__(self, supervisor: Supervisor, fills: bool = True, timeout_seconds: int = 10) -> None:
        self.supervisor, self.fills, self.timeout_seconds = supervisor, fills, timeout_seconds
        self.counts: Counter[tuple[str, str, str]] = Counter()  # (mutate or validate, CREATE or UPDATE, kind)
        self.delay = 0.0  # seconds before each answer
        self._refusals: list[Refusal] = []
        self._lock = threading.Lock()
        self._tls = ssl.create_default_context(cafile=supervisor.plane.ca_file)

    def __enter__(self) -> Webhook:
        self._folder = tempfile.TemporaryDirectory(prefix="portal-webhook-")
        authority = Authority()
        self._certificate, context = authority.pem, authority.server_context(Path(self._folder.name))
        webhook = self

        class Handler(_Handler):
            asked = webhook

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.supervisor.kubectl("apply", "--server-side", "-f", "-", given=json.dumps(self._registration()))
        self._await_effect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.kubectl("delete", "-f", "-", given=json.dumps(self._registration()))
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def refuse(self, **words: Any) -> Refusal:
        """Deny from now on what fits; the words are Refusal's."""
        refusal = Refusal(**words)
        with self._lock:
            self._refusals.append(refusal)
        return refusal

    def allow(self) -> None:
        """Refuse nothing any more."""
        with self._lock:
            self._refusals.clear()

    def answer(self, way: str, request: Document) -> Document:
        """The response to an AdmissionRequest."""
        kind = request["kind"]["kind"]
        with self._lock:
            self.counts[way, request["operation"], kind] += 1
        time.sleep(self.delay)
        response: Document = {"uid": request["uid"], "allowed": True}
        refusal = self._refusal(way, kind, request)
        if refusal:
            return _denied(response, f"{refusal.field}: {refusal.message}", refusal.code)
        if way == "mutate" and self.fills and "deletionTimestamp" not in request["object"]["metadata"]:
            return self._filled(response, request)
        return response

    def _refusal(self, way: str, kind: str, request: Document) -> Refusal | None:
        metadata = request["object"]["metadata"]
        name = request.get("name") or metadata.get("name") or metadata.get("generateName", "")
        with self._lock:
            for refusal in self._refusals:
                is_here = (refusal.code == 403) == (way == "mutate")
                if (
                    is_here
                    and refusal.kind == kind
                    and fnmatchcase(name, refusal.name)
                    and refusal.times != 0
                ):
                    if refusal.times:
                        refusal.times -= 1
                    return refusal
        return None

    def _filled(self, response: Document, request: Document) -> Document:
        old, new = request.get("oldObject"), copy.deepcopy(request["object"])
        now, kind = datetime.now(UTC), new["kind"]
        try:
            if kind == "VirtualMachine":
                new["metadata"].setdefault("namespace", request["namespace"])
                defaults.default_machine(old, new, now, self._images)
            elif kind == "VirtualMachineGroup":
                defaults.default_group(old, new, now)
            elif kind == "VirtualMachineSnapshot":
                defaults.default_snapshot(old, new)
            elif kind == "VirtualMachinePublishRequest":
                defaults.default_publish_request(old, new)
        except defaults.Refused as refused:
            return _denied(response, str(refused), 403)
        parts = [part for part in ("metadata", "spec") if new.get(part) != request["object"].get(part)]
        if parts:
            patch = [{"op": "add", "path": f"/{part}", "value": new[part]} for part in parts]
            response |= {
                "patchType": "JSONPatch",
                "patch": base64.b64encode(json.dumps(patch).encode()).decode(),
            }
        return response

    def _images(self, namespace: str, name: str) -> list[Document]:
        """As images.find_images, but asking the server."""
        found = []
        for kind, place in (("VirtualMachineImage", namespace), ("ClusterVirtualMachineImage", "")):
            for image in self._list(WATCHED[kind].path(place)):
                called = (
                    image["metadata"]["name"]
                    if name.startswith("vmi-")
                    else image.get("status", {}).get("name")
                )
                if called == name:
                    found.append({**image, "kind": kind})
        return found[:1] if name.startswith("vmi-") else found

    def _list(self, path: str) -> list[Document]:
        plane = self.supervisor.plane
        headers = {"Authorization": f"Bearer {plane.tokens[OPERATOR]}"}
        asked = urllib.request.Request(plane.url + path, headers=headers)
        with urllib.request.urlopen(asked, timeout=10, context=self._tls) as answer:
            items: list[Document] = json.load(answer)["items"]
        return items

    def _registration(self) -> Document:
        items = [self._configuration("Mutating", "mutate"), self._configuration("Validating", "validate")]
        return {"apiVersion": "v1", "kind": "List", "items": items}

    def _configuration(self, word: str, way: str) -> Document:
        port = self._server.server_address[1]
        ca = base64.b64encode(self._certificate.encode()).decode()
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{word}WebhookConfiguration",
            "metadata": {"name": NAME},
            "webhooks": [
                {
                    "name": f"default.{word.lower()}.{kind.lower()}.v1alpha5.{VMOP}",
                    "admissionReviewVersions": ["v1"],
                    "sideEffects": "None",
                    "failurePolicy": "Fail",
                    "timeoutSeconds": self.timeout_seconds,
                    "clientConfig": {"url": f"https://127.0.0.1:{port}/{way}", "caBundle": ca},
                    "matchConditions": [
                        {
                            "name": "not-the-operator",
                            "expression": f"request.userInfo.username != {OPERATOR!r}",
                        }
                    ],
                    "rules": [
                        {
                            "apiGroups": [VMOP],
                            "apiVersions": ["v1alpha5"],
                            "operations": ["CREATE", "UPDATE"],
                            "resources": [plural],
                        }
                    ],
                }
                for kind, plural in PLURALS.items()
            ],
        }

    def _await_effect(self) -> None:
        """The API server asks a new webhook after a moment only."""
        probe = {
            "apiVersion": f"{VMOP}/v1alpha5",
            "kind": "VirtualMachineClass",
            "metadata": {"name": "probe"},
        }
        for _ in range(100):
            self.supervisor.kubectl(
                "create",
                "--dry-run=server",
                "-n",
                "default",
                "-f",
                "-",
                given=json.dumps({**probe, "spec": {}}),
            )
            if self.counts["validate", "CREATE", "VirtualMachineClass"]:
                self.counts.clear()
                return
            time.sleep(0.1)
        raise RuntimeError("the API server does not ask the webhook")


def _denied(response: Document, message: str, code: int) -> Document:
    reason = {403: "Forbidden", 422: "Invalid"}.get(code, "InternalError")
    return response | {"allowed": False, "status": {"code": code, "reason": reason, "message": message}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the API server keeps its connections
    disable_nagle_algorithm = True
    asked: Webhook

    def do_POST(self) -> None:
        way = urllib.parse.urlsplit(self.path).path.strip("/")  # a timeout follows as query
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        response = self.asked.answer(way, review["request"])
        body = json.dumps({**{k: review[k] for k in ("apiVersion", "kind")}, "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the API server's own log tells what it asked."""
