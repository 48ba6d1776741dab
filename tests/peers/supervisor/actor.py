"""The actor: watches, judges what changed, writes what comes of it; `python -m tests.peers.supervisor.actor`.

Started by SupervisorActor (process.py). It prints `ready` once it knows all objects, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp

from tests.peers.supervisor import (
    catalogue,
    claims,
    groups,
    knobs,
    machine,
    publishing,
    quotas,
    snapshots,
)
from tests.peers.supervisor.api import Api, ApiError, merge_patch
from tests.peers.supervisor.garbage import Collector
from tests.peers.supervisor.mirror import Mirror
from tests.peers.supervisor.passes import Outcome
from tests.peers.supervisor.resources import WATCHED, Document, Key, Resource, key_of
from tests.peers.supervisor.work import Queue
from tests.peers.supervisor.world import World

MANAGER = "manager"  # VM Operator's program is called so, and Kubernetes names the field manager after it
WORKERS = 24
CONFLICT_SECONDS, TROUBLE_SECONDS = 0.05, 1.0
Part = Callable[[Document, World], Outcome]
PARTS: dict[str, Part] = {
    "VirtualMachine": machine.look,
    "VirtualMachineGroup": groups.look,
    "VirtualMachineSnapshot": snapshots.look,
    "VirtualMachinePublishRequest": publishing.look,
    "PersistentVolumeClaim": claims.look,
    "ResourceQuota": quotas.look,
}
SAYS_NOTHING = {"ResourceQuota", "Namespace", "ConfigMap"}  # nobody waits for these
Item = tuple[str, Key]


class Actor:
    def __init__(self, api: Api, speed: float, fills_namespaces: bool) -> None:
        self.api, self.speed, self.fills_namespaces = api, speed, fills_namespaces
        self.mirrors = {kind: Mirror(api, resource, self.heard) for kind, resource in WATCHED.items()}
        self.world = World(self.mirrors, knobs.Knobs(speed=speed))
        self.collector = Collector(api, self.mirrors)
        self.queue: Queue[Item] = Queue()
        self.waiting: set[Item] = set()
        self.gone: dict[str, Document] = {}  # by uid: owners whose own are still to be collected

    async def run(self, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for mirror in self.mirrors.values():
                tasks.create_task(mirror.run())
            for mirror in self.mirrors.values():
                await mirror.is_complete.wait()
            for _ in range(WORKERS):
                tasks.create_task(self._work())
            ready()

    # What changed, and whom it concerns.

    def heard(self, resource: Resource, before: Document | None, after: Document | None) -> None:
        document = after or before
        assert document is not None
        key = key_of(document)
        self.queue.put((resource.kind, key))
        if after is None:
            self.world.forget(document["metadata"]["uid"])
            self.waiting.discard((resource.kind, key))
            self.gone[document["metadata"]["uid"]] = document
            self.queue.put(("gone", Key("", document["metadata"]["uid"])))
        if (resource.kind, key) == ("ConfigMap", knobs.CONFIG):
            self._turn(after)
        self._wake(resource.kind, key, document)

    def _wake(self, kind: str, key: Key, document: Document) -> None:
        """Look again at those that may have waited for this."""
        if kind == "VirtualMachine":
            for group in self.mirrors["VirtualMachineGroup"].within(key.namespace):
                if any(name == key.name for _, name, _ in groups.members(group)):
                    self.queue.put(("VirtualMachineGroup", key_of(group)))
        elif kind == "VirtualMachineSnapshot":
            self.queue.put(("VirtualMachine", Key(key.namespace, document["spec"].get("vmName", ""))))
        elif kind == "VirtualMachineClass":
            for one in self.mirrors["VirtualMachine"].within(key.namespace):
                if one["spec"].get("className") == key.name:
                    self.queue.put(("VirtualMachine", key_of(one)))
        elif kind == "PersistentVolumeClaim":
            for quota in self.mirrors["ResourceQuota"].within(key.namespace):
                self.queue.put(("ResourceQuota", key_of(quota)))
        if kind in SAYS_NOTHING or not self.waiting:
            return
        for item in self.waiting:
            # Machines do not wait for each other, and there may be many.
            is_near = item[1].namespace == key.namespace or not key.namespace
            if is_near and (kind, item[0]) != ("VirtualMachine", "VirtualMachine"):
                self.queue.put(item)

    def _turn(self, config: Document | None) -> None:
        try:
            self.world.knobs = knobs.read(config, self.speed)
        except ValueError as wrong:
            logging.error("knobs: %s", wrong)
            return
        for kind in PARTS:
            for document in self.mirrors[kind]:
                self.queue.put((kind, key_of(document)))

    # What comes of it.

    async def _work(self) -> None:
        while True:
            item = await self.queue.take()
            after: float = 0
            try:
                after = await self._look(*item)
            except ApiError as refused:
                after = CONFLICT_SECONDS if refused.code == 409 else TROUBLE_SECONDS
                if refused.code not in (404, 409):
                    logging.warning("%s %s: %s", item[0], "/".join(item[1]), refused)
            except (aiohttp.ClientError, TimeoutError, OSError):
                after = TROUBLE_SECONDS
            except Exception:
                logging.exception("%s %s", item[0], "/".join(item[1]))
            self.queue.done(item)
            if after:
                self.queue.put(item, after)

    async def _look(self, kind: str, key: Key) -> float:
        """One pass; the seconds until the next, 0 for none."""
        if kind == "gone":
            owner = self.gone.get(key.name)
            if owner is not None:
                await self.collector.owner_has_gone(owner)
                self.gone.pop(key.name, None)
            return 0
        before = self.mirrors[kind].get(*key)
        if before is None:
            return 0
        rest = await self._collect(kind, before)
        if kind not in PARTS:
            return rest
        if kind == "VirtualMachine" and self.world.knobs.is_silent(key):
            if before.get("status"):
                await self._write(before, {**before, "status": {}})
            return 0
        after = copy.deepcopy(before)
        outcome = PARTS[kind](after, self.world)
        (self.waiting.add if outcome.is_waiting else self.waiting.discard)((kind, key))
        for other in outcome.others:
            await self._others(other)
        await self._write(before, after)
        return min(filter(None, (rest, outcome.after)), default=0)

    async def _collect(self, kind: str, document: Document) -> float:
        """What controllers of Kubernetes would do about it."""
        if kind == "Namespace":
            if "deletionTimestamp" in document["metadata"]:
                return await self.collector.empty(document)
            if self.fills_namespaces and catalogue.is_for_machines(document):
                await catalogue.fill(self.api, document["metadata"]["name"])
            return 0
        for owner in await self.collector.lost(document):
            await self.collector.owner_has_gone({"metadata": owner})
        if "deletionTimestamp" in document["metadata"]:
            return await self.collector.owner_is_going(document)
        return 0

    async def _others(self, document: Document) -> None:
        if "uid" in document["metadata"]:
            known = self.mirrors[document["kind"]].get(*key_of(document))
            if known is not None:
                await self._write(known, document)
            return
        resource = WATCHED[document["kind"]]
        try:
            made = await self.api.create(resource, document, MANAGER)
        except ApiError as refused:
            if refused.code != 409:  # it is there from a pass that was cut short
                raise
            return
        if "status" in document:
            await self.api.merge(resource, key_of(made), {"status": document["status"]}, MANAGER, "status")

    async def _write(self, before: Document, after: Document) -> None:
        """Send what differs: first all but the status, then the status; nothing if somebody else was quicker (409)."""
        mirror, key = self.mirrors[before["kind"]], key_of(before)
        wish = merge_patch(_without_status(before), _without_status(after))
        seen = merge_patch(before.get("status") or {}, after.get("status") or {})
        version = before["metadata"]["resourceVersion"]
        if wish:
            wish.setdefault("metadata", {})["resourceVersion"] = version
            answer = await self.api.merge(mirror.resource, key, wish, MANAGER)
            if "deletionTimestamp" in answer["metadata"] and not answer["metadata"].get("finalizers"):
                return  # that was its end
            mirror.saw(answer)
            version = answer["metadata"]["resourceVersion"]
            _seen_of(seen, before["metadata"].get("generation"), answer["metadata"].get("generation"))
        if seen:
            patch = {"metadata": {"resourceVersion": version}, "status": seen}
            mirror.saw(await self.api.merge(mirror.resource, key, patch, MANAGER, "status"))


def _without_status(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "status"}


def _seen_of(status: Document, before: int | None, after: int | None) -> None:
    """The actor's own change of a spec is seen as soon as it is made: it need not look a second time."""
    for condition in status.get("conditions") or ():
        if before is not None and condition.get("observedGeneration") == before:
            condition["observedGeneration"] = after


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=1, help="divides all delays; 0 leaves none")
    parser.add_argument("--no-catalogue", action="store_true", help="offer nothing in new namespaces")
    options = parser.parse_args()
    async with Api(options.kubeconfig) as api:
        if not options.no_catalogue:
            await catalogue.offer(api)
        actor = Actor(api, options.speed, not options.no_catalogue)
        running = asyncio.create_task(actor.run(lambda: print("ready", flush=True)))
        ended = asyncio.create_task(_end_of_input())
        await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        await asyncio.wait({running})
        if not running.cancelled():
            running.result()


async def _end_of_input() -> None:
    """Whoever started the actor is gone."""
    end = asyncio.Event()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            end.set()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), read)
    await end.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(_main())
