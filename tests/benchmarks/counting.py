"""How many SQL statements a request takes, counted in this process through Django's test client.

Called by benchmarks and by the test that holds the numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NAMESPACE = "team-a"
API = f"/apis/vmoperator.vmware.com/v1alpha5/namespaces/{NAMESPACE}/virtualmachines"
MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
PAGES = f"/ns/{NAMESPACE}/vms/"
_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass(frozen=True)
class Cost:
    """Of one request. BEGIN, COMMIT and savepoints are counted apart: they are no work for a planner."""

    sql: tuple[str, ...]
    transactions: int
    size: int  # bytes of the answer

    @property
    def statements(self) -> int:
        return len(self.sql)


def cost_of(ask: Callable[[], Any]) -> Cost:
    """The cost of a request that `ask` makes, and that must succeed."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = ask()
    assert answer.status_code in (200, 201), (answer.status_code, answer.getvalue()[:500])
    sql = [query["sql"] for query in captured.captured_queries]
    plain = tuple(text for text in sql if not text.startswith(_TRANSACTION))
    return Cost(plain, len(sql) - len(plain), len(answer.getvalue()))


def requests(token: str, user: Any) -> dict[str, Callable[[], Any]]:
    """What is measured, by name: each asks once, of machines that `filling.fill` has made."""
    from django.test import Client

    from tests.builders import config_map, vm

    api = Client(headers={"Authorization": f"Bearer {token}"}, SERVER_NAME="localhost")
    pages = Client(SERVER_NAME="localhost")
    pages.force_login(user)
    patch = json.dumps({"metadata": {"labels": {"patched": "yes"}}})
    return {
        "list 50": lambda: api.get(API, {"limit": 50}),
        "get": lambda: api.get(f"{API}/vm-00007"),
        "create": lambda: api.post(API, vm("counted"), "application/json"),
        "create ConfigMap": lambda: api.post(MAPS, config_map("counted"), "application/json"),
        "patch": lambda: api.patch(f"{API}/vm-00007", patch, "application/merge-patch+json"),
        "HTML list": lambda: pages.get(PAGES),
        "HTML detail": lambda: pages.get(f"{PAGES}vm-00007/"),
    }


def main() -> None:
    """Print name -> [statements, transactions] for the database of the environment."""
    from vmportal.api.auth import new_token
    from vmportal.models import User

    user = User.objects.get(username="alice")
    asked = requests(new_token(user, None)[0], user)
    for name in ("list 50", "HTML list"):
        asked[name]()  # a process looks up memberships and sessions once
    counts = {name: cost_of(ask) for name, ask in asked.items()}
    print(json.dumps({name: [cost.statements, cost.transactions] for name, cost in counts.items()}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    import django

    django.setup()
    main()
