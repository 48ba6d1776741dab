"""A client of the API over HTTP, as a script would be: one connection that is kept, one bearer token.

Used by tests and benchmarks that try a portal from outside (`tests.peers.portal.PortalProcess`).
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

VMS = "/apis/vmoperator.vmware.com/v1alpha5/namespaces/{}/virtualmachines"
CONFIG_MAPS = "/api/v1/namespaces/{}/configmaps"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Of a refusal: `AlreadyExists`, `NotFound` …"""
        return str(self.json.get("reason", ""))


class Client:
    """Errors of the connection come out as `OSError` or `http.client.HTTPException`; the next call connects anew."""

    def __init__(self, url: str, token: str = "", timeout: float = 30, **headers: str) -> None:
        self.address, self.timeout = urlsplit(url), timeout
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers |= headers
        self.connection: http.client.HTTPConnection | None = None

    def __call__(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Answer:
        if self.connection is None:
            where = self.address.hostname or "", self.address.port
            self.connection = http.client.HTTPConnection(*where, timeout=self.timeout)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
        try:
            self.connection.request(method, path, sent, {**self.headers, "Content-Type": content_type})
            response = self.connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def make_room(admin: Client, namespace: str = "team-a") -> None:
    """Raise the demo's quotas, for tests that make more than a team would."""
    offers = "/apis/vmportal.dev/v1alpha1/offers"
    for item in admin("GET", offers).json["items"]:
        if item["spec"]["template"]["kind"] == "StorageClass":
            place = f"{offers}/{item['metadata']['name']}"
            answer = admin("PATCH", place, {"spec": {"limit": "1Ei"}}, "application/merge-patch+json")
            assert answer.status == 200
    quotas = f"/apis/cns.vmware.com/v1alpha2/namespaces/{namespace}/storagepolicyquotas"
    deadline = time.monotonic() + 30
    while {item["spec"]["limit"] for item in admin("GET", quotas).json["items"]} != {"1Ei"}:
        assert time.monotonic() < deadline, "the raised limits have not reached the namespace"
        time.sleep(0.1)
    assert admin("DELETE", f"/api/v1/namespaces/{namespace}/resourcequotas/machines").status == 200
