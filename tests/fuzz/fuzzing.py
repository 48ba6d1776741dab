"""A portal that is fuzzed: sends odd requests, looks at each answer, keeps order, and says in the end how it is.

Used by tests/fuzz; a case is a number: with the seed it makes the same request again.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.client import Answer as HttpAnswer
from tests.client import Client
from tests.fuzz.mutations import mutated, on_the_wire
from tests.fuzz.raw import PATIENCE_SECONDS, Answer, ask
from tests.fuzz.sent import NAMESPACE, seeds
from tests.peers.portal import PortalProcess
from vmportal.kinds import KINDS

SLOW_SECONDS = 2.0
BATCH = 500
THREADS = 3
UNLIMITED = {
    "PORTAL_RATE": "0",
    "PORTAL_ADDRESS_RATE": "0",
    "PORTAL_MAX_PARALLEL": "0",
    "PORTAL_WAIT_MOST_SECONDS": "1",  # who asks to wait is answered within the two seconds, too
}
MERGE = "application/merge-patch+json"
TRACE = re.compile(rb'Traceback \(most recent|File "[^"]+\.py"|vmportal/[a-z_/]+\.py')
OF_API = re.compile(rb"[A-Za-z]+ /(api|apis|openapi|version)[/? ]")


@dataclass(frozen=True)
class Case:
    """A message and what is wrong with its answer."""

    number: int
    message: bytes
    complaint: str = ""

    def __str__(self) -> str:
        shown = self.message if len(self.message) < 4000 else self.message[:4000] + b"..."
        return f"case {self.number}: {self.complaint}\n  {shown!r}"


@dataclass
class Fuzzed:
    """The portal, and what was seen of it."""

    portal: PortalProcess
    tokens: dict[str, str]
    seed: str
    found: list[Case] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: list[tuple[int, float]] = field(default_factory=list)  # requests, MiB
    _sent: int = 0
    _logged: int = 0

    def __post_init__(self) -> None:
        self.seeds = seeds()
        self.admin = Client(self.portal.url, self.tokens["admin"])
        self.alone = self._objects_of_all()
        self.values: dict[str, str] = {"ns": NAMESPACE}
        self.tidy()

    def run(self, count: int, first: int = 0) -> None:
        """Send so many cases, from the number `first` on."""
        for start in range(first, first + count, BATCH):
            numbers = range(start, min(start + BATCH, first + count))
            with ThreadPoolExecutor(THREADS) as pool:
                self.found += [case for case in pool.map(self.one, numbers) if case.complaint]
            self._sent += len(numbers)
            self.found += self.logged()
            self.memory.append((self._sent, self.mib()))
            self.tidy()
            if len(self.found) > 20:
                return

    def message(self, number: int) -> bytes:
        dice = Random(f"{self.seed}:{number}")
        sent = mutated(dice, self.seeds).filled(self.values)
        return on_the_wire(dice, sent.bytes(self.tokens, f"fuzz-{number}"))

    def one(self, number: int) -> Case:
        message = self.message(number)
        return Case(number, message, self.complaint(message))

    def complaint(self, message: bytes) -> str:
        """What is wrong with the answer to `message`; empty when nothing is. What was slow may try again."""
        for _ in range(3):
            try:
                answer = ask(self.portal.port, message, is_watch=b"watch" in message)
            except (OSError, AssertionError) as error:
                return f"{type(error).__name__}: {error}"
            self.statuses[answer.status] += 1
            if told := wrong(message, answer):
                return told
            if answer.seconds < SLOW_SECONDS:
                self.slowest = max(self.slowest, answer.seconds)
                return ""
        return f"it takes {answer.seconds:.1f} s, three times"

    def logged(self) -> list[Case]:
        """What the portal has logged since it was asked last that it should not: its own failures."""
        text = self.portal.log.read_bytes()
        new, self._logged = text[self._logged :], len(text)
        if not TRACE.search(new):
            return []
        ids = dict.fromkeys(re.findall(rb"\[fuzz-(\d+)\]", new))
        return [Case(int(one), self.message(int(one)), "it failed: see the log") for one in ids] or [
            Case(-1, b"", f"the log has a failure: {new[-6000:].decode(errors='replace')}")
        ]

    def mib(self) -> float:
        status = Path(f"/proc/{self.portal.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    # Order: what odd requests made goes, what they took away comes back.

    def tidy(self) -> None:
        """The namespace that is fuzzed is there, with an object, and nothing of what was made elsewhere is."""
        self.admin.close()  # the portal hangs up on who has been silent for more than a minute
        for path, objects in self._objects_of_all().items():
            for name in objects.keys() - self.alone[path].keys():
                if not (path == "/api/v1/namespaces" and name == NAMESPACE):
                    self.admin("DELETE", f"{path}/{name}")
        for path, objects in self.alone.items():
            for name in objects.keys() - self._names(path):
                self.admin("POST", path, objects[name])
        self._empty()
        maps = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (
            seen := self._furnish(maps)
        ).status != 200:  # an odd request may have deleted it: that takes a moment
            assert time.monotonic() < deadline, seen.body
            time.sleep(0.1)
        page = self.admin("GET", f"{maps}?limit=1").json["metadata"]
        meta = seen.json["metadata"]
        self.values |= {
            "uid": meta["uid"],
            "version": meta["resourceVersion"],
            "continue": page.get("continue", ""),
        }

    def _furnish(self, maps: str) -> HttpAnswer:
        """The namespace, its members and a few objects; the last of them as it is."""
        self.admin("POST", "/api/v1/namespaces", _object("Namespace", NAMESPACE))
        for user, role in (("alice", "edit"), ("bob", "view")):
            binding = _object("RoleBinding", f"{user}-{role}", api="rbac.authorization.k8s.io/v1")
            binding["roleRef"] = {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            }
            binding["subjects"] = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]
            self.admin(
                "POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings", binding
            )
        for name in ("a", "b", "c"):
            made = self.admin("POST", maps, {**_object("ConfigMap", name), "data": {"k": "v"}})
        if made.status not in (201, 409):
            return made
        return self.admin("GET", f"{maps}/a")

    def _empty(self) -> None:
        """Nothing stays in the namespace, whatever holds it."""
        for kind in KINDS:
            path = _collection(kind)
            if not kind.shape.namespaced or kind.shape.plural == "rolebindings":
                continue
            for name in self._names(path):
                self.admin("PATCH", f"{path}/{name}", {"metadata": {"finalizers": None}}, MERGE)
            self.admin("DELETE", path)

    def _objects_of_all(self) -> dict[str, dict[str, Any]]:
        """Of the kinds that stand in no namespace: by address and name, as they would be made again."""
        return {
            _collection(kind): {one["metadata"]["name"]: _again(one) for one in self.items(_collection(kind))}
            for kind in KINDS
            if not kind.shape.namespaced
        }

    def items(self, path: str) -> list[Any]:
        answer = self.admin("GET", path)
        return answer.json["items"] if answer.status == 200 else []

    def _names(self, path: str) -> set[str]:
        return {one["metadata"]["name"] for one in self.items(path)}

    # In the end

    def unreadable(self) -> list[str]:
        """Objects that cannot be read, or put back as they are."""
        found: list[str] = []
        for kind in KINDS:
            shape = kind.shape
            root = f"/apis/{shape.api_version}" if shape.group else f"/api/{shape.version}"
            for one in self.items(f"{root}/{shape.plural}"):
                meta = one["metadata"]
                space = f"/namespaces/{meta['namespace']}" if shape.namespaced else ""
                found += self._unchanged(f"{root}{space}/{shape.plural}/{meta['name']}")
        return found

    def _unchanged(self, path: str) -> Iterator[str]:
        for _ in range(5):  # the worker may be quicker
            seen = self.admin("GET", path)
            if seen.status == 404:
                return
            back = self.admin("PUT", path, seen.json) if seen.status == 200 else seen
            if back.status != 409:
                break
        if back.status not in (200, 403, 404, 405):
            yield f"{path}: {back.status} {back.body[:500]!r}"

    def get_seconds(self) -> float:
        """How long the quickest of five gets takes."""
        times = []
        for _ in range(5):
            started = time.perf_counter()
            assert self.admin("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps/a").status == 200
            times.append(time.perf_counter() - started)
        return min(times)


@contextmanager
def fuzzed_portal(folder: Path, seed: str, **settings: str) -> Iterator[Fuzzed]:
    with PortalProcess(folder, **UNLIMITED, **settings) as portal:
        tokens = {
            "admin": portal.manage("token", "admin").split()[-1],
            "editor": portal.manage("token", "alice").split()[-1],
            "viewer": portal.manage("token", "bob", "--read-only").split()[-1],
        }
        fuzzed = Fuzzed(portal, tokens, seed)
        with fuzzed.admin:
            yield fuzzed


def wrong(message: bytes, answer: Answer) -> str:
    """What an answer may not be."""
    status, kind = answer.status, answer.headers.get("content-type", "")
    if TRACE.search(answer.body):
        return f"{status} with a stack trace: {answer.body[:2000]!r}"
    if status == 504 and (b'"Timeout"' in answer.body or message.startswith(b"HEAD")):  # it was asked to wait
        return ""
    if status in (501, 505) and b'"code"' in answer.body:  # HTTP that is spoken nowhere
        return ""
    if status >= 500:
        return f"{status}: {answer.body[:2000]!r}"
    if not answer.is_whole:
        return f"{status}: {len(answer.body)} bytes, Content-Length {answer.headers.get('content-length')}"
    if status >= 400 and not _is_told(message, answer):
        return f"{status}: no Status: {kind} {answer.body[:300]!r}"
    if "json" in kind and "gzip" not in answer.headers.get("content-encoding", "") and not answer.is_stream:
        return _not_json(status, answer)
    return ""


def _is_told(message: bytes, answer: Answer) -> bool:
    """Whether a refusal is a `Status`, where one is due: of the API, to who has not asked for another form."""
    if not OF_API.match(message) or message.startswith(b"HEAD") or b'"code"' in answer.body:
        return True
    return "json" not in answer.headers.get("content-type", "") and bool(
        re.search(rb"(?i)accept|format", message)
    )


def _not_json(status: int, answer: Answer) -> str:
    if not answer.body:
        return ""
    try:
        document = json.loads(answer.body)
    except ValueError as error:
        return f"{status}: not the JSON that it says it is: {error}"
    if (
        isinstance(document, dict)
        and document.get("kind") == "Status"
        and status >= 400
        and document.get("code") != status
    ):
        return f"{status}: a Status with another code: {answer.body[:300]!r}"
    return ""


def _collection(kind: Any) -> str:
    shape = kind.shape
    root = f"/apis/{shape.api_version}" if shape.group else f"/api/{shape.version}"
    return f"{root}/namespaces/{NAMESPACE}/{shape.plural}" if shape.namespaced else f"{root}/{shape.plural}"


def _object(kind: str, name: str, api: str = "v1") -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}}


def _again(obj: dict[str, Any]) -> dict[str, Any]:
    kept = ("name", "labels", "annotations")
    meta = {key: value for key, value in obj["metadata"].items() if key in kept}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}
