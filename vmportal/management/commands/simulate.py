"""`manage.py simulate power-off NAME` and the like: changes the simulated vSphere behind the portal's back.

For demos and tests: the portal is told nothing, and has to notice.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vmportal.backends.base import BackendRefused
from vmportal.backends.simulator import behind
from vmportal.schema.quantity import parse_quantity


class Command(BaseCommand):
    help = "Change the simulated vSphere behind the portal's back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name in behind.POWER:
            action = actions.add_parser(name, help=f"{name} a VM at once")
            action.add_argument("name")
            action.add_argument("-n", "--namespace", default="")
        listing = actions.add_parser("list", help="list the simulated VMs")
        listing.add_argument("-n", "--namespace", default="")
        for name, text in (("host-down", "fail a host: its VMs go off"), ("host-up", "connect a host again")):
            actions.add_parser(name, help=text).add_argument("name", help="the host's name, or its beginning")
        filling = actions.add_parser("fill-datastore", help="leave no space on a datastore")
        filling.add_argument("name")
        filling.add_argument("--free", default="0", help="space to leave, as a quantity: 5Gi")
        actions.add_parser("empty-datastore", help="take the filling away").add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(self._do(options["action"], options))
        except (behind.NotThere, BackendRefused, ValueError) as error:
            raise CommandError(str(error)) from error

    def _do(self, action: str, options: dict[str, Any]) -> str:
        if action == "list":
            return _table(options["namespace"])
        name = options["name"]
        if action in behind.POWER:
            return behind.change_vm(action, name, options["namespace"])
        if action == "fill-datastore":
            return behind.fill_datastore(name, int(parse_quantity(options["free"])))
        simple = {
            "host-down": behind.host_down,
            "host-up": behind.host_up,
            "empty-datastore": behind.empty_datastore,
        }
        return simple[action](name)


def _table(namespace: str) -> str:
    rows = [("NAMESPACE", "NAME", "MOID", "POWER", "HOST", "DATASTORE")]
    rows += [
        (
            vm.ref_namespace,
            vm.name,
            vm.moid,
            vm.power_state,
            vm.host.name if vm.host else "-",
            vm.datastore.name,
        )
        for vm in behind.vms(namespace)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
