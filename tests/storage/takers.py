"""Many who want the last room in a namespace at once, as threads of a process of their own.

Run by `test_parallel`: `python -m tests.storage.takers KIND FIRST COUNT` tries to create so many objects at the same
moment, once a line comes on stdin, and prints the names of those let in. Any refusal but a quota's ends it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

NAMESPACE = "team-a"


def wish(kind_name: str, name: str) -> dict[str, Any]:
    from tests.builders import config_map, obj, vm

    if kind_name == "PersistentVolumeClaim":
        requests = {"requests": {"storage": "20Gi"}}
        spec = {"storageClassName": "gold", "accessModes": ["ReadWriteOnce"], "resources": requests}
        return obj(kind_name, name, NAMESPACE, spec=spec)
    return config_map(name) if kind_name == "ConfigMap" else vm(name)


def take(kind_name: str, first: int, count: int) -> list[str]:
    """The names of those of `count` objects that were let in."""
    gate = threading.Barrier(count)

    def attempt(number: int) -> str:
        from django.db import connection

        from tests.builders import create
        from vmportal.errors import Exceeded

        try:
            gate.wait()
            return create(wish(kind_name, f"taker-{number}"))["metadata"]["name"]
        except Exceeded:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [name for name in pool.map(attempt, range(first, first + count)) if name]


def start_process(kind_name: str, first: int, count: int, **environment: str) -> subprocess.Popen[str]:
    """The same in a process of its own, on the database of this test; it waits for a line."""
    from tests.store.writers import database_url

    command = [sys.executable, "-m", "tests.storage.takers", kind_name, str(first), str(count)]
    environment = {**os.environ, "DATABASE_URL": database_url(), **environment}
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    import django

    django.setup()
    sys.stdin.readline()
    json.dump(take(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])), sys.stdout)
