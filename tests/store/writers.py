"""Writers that are in each other's way: each creates, changes and deletes objects of a few shared names.

Run by `test_concurrent` as threads, and as processes of their own: `python -m tests.store.writers SEED THREADS ROUNDS`
prints what was written. Anything but the refusals that writers must expect ends a process with its traceback.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

Written = tuple[str, str, int]  # type of the change, uid, resource version (0 of a deletion: nobody is told)
NAMESPACE = "team-a"
NAMES = {"ConfigMap": ("map-1", "map-2", "map-3"), "VirtualMachine": ("vm-1", "vm-2")}


def write(seed: int, rounds: int) -> list[Written]:
    """Do `rounds` random things to the shared objects; what was written, in order."""
    from django.db import connection

    chance = random.Random(seed)
    try:
        return [done for turn in range(rounds) if (done := _one(chance, f"{seed}-{turn}"))]
    finally:
        connection.close()


def write_in_threads(seed: int, threads: int, rounds: int) -> list[Written]:
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(lambda number: write(seed + number, rounds), range(threads))
        return [done for part in parts for done in part]


def start_process(seed: int, threads: int, rounds: int, **environment: str) -> subprocess.Popen[str]:
    """The same in a process of its own, on the database of this test."""
    command = [sys.executable, "-m", "tests.store.writers", str(seed), str(threads), str(rounds)]
    environment = {**os.environ, "DATABASE_URL": database_url(), **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def result_of(process: subprocess.Popen[str]) -> list[Written]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, "a writer failed: its traceback is on stderr"
    return [(type_, uid, version) for type_, uid, version in json.loads(output)]


def database_url() -> str:
    """The address of the test's database, for another process."""
    from django.db import connection

    it = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{it['NAME']}"
    return f"postgres://{quote(it['USER'])}:{quote(it['PASSWORD'])}@{it['HOST']}:{it['PORT']}/{it['NAME']}"


def _one(chance: random.Random, mark: str) -> Written | None:
    from vmportal.errors import AlreadyExists, Conflict, NotFound

    kind_name = chance.choice(list(NAMES))
    name = chance.choice(NAMES[kind_name])
    act = chance.choice([_create, _change, _change, _change_what_was_read, _delete])
    try:
        return act(kind_name, name, mark)
    except (AlreadyExists, Conflict, NotFound):
        return None


def _create(kind_name: str, name: str, mark: str) -> Written:
    from tests.builders import by, config_map, kind, vm
    from vmportal import service

    wish = config_map(name) if kind_name == "ConfigMap" else vm(name)
    wish["metadata"]["labels"] = {"mark": mark}
    saved = service.create(kind(kind_name), NAMESPACE, wish, by())
    return "ADDED", saved.object["metadata"]["uid"], int(saved.object["metadata"]["resourceVersion"])


def _change(kind_name: str, name: str, mark: str, version: str = "") -> Written:
    from tests.builders import by, kind
    from vmportal import service

    def label(found: dict) -> dict:
        found["metadata"]["labels"]["mark"] = mark
        if version:
            found["metadata"]["resourceVersion"] = version
        return found

    saved = service.update(kind(kind_name), NAMESPACE, name, label, by())
    return "MODIFIED", saved.object["metadata"]["uid"], int(saved.object["metadata"]["resourceVersion"])


def _change_what_was_read(kind_name: str, name: str, mark: str) -> Written:
    from tests.builders import ADMIN, kind
    from vmportal import service

    row = service.get(kind(kind_name), NAMESPACE, name, ADMIN)
    return _change(kind_name, name, mark, str(row.version))


def _delete(kind_name: str, name: str, mark: str) -> Written:
    from tests.builders import by, kind
    from vmportal import service

    saved = service.delete(kind(kind_name), NAMESPACE, name, by())
    return "DELETED", saved.object["metadata"]["uid"], 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    import django

    django.setup()
    json.dump(write_in_threads(*(int(word) for word in sys.argv[1:])), sys.stdout)
