"""`manage.py crds`: prints the kinds as CustomResourceDefinitions, for a Kubernetes cluster that is to know them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal import yamltext
from vmportal.api.crds import crd
from vmportal.kind import Shape
from vmportal.kinds import SHAPES


class Command(BaseCommand):
    help = (
        "Prints CustomResourceDefinitions of all kinds but Kubernetes' own, or of those that are named: "
        "`manage.py crds vm vmclass | kubectl apply --server-side -f -`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names", nargs="*", help="as for kubectl get: vm, virtualmachines, VirtualMachine …"
        )
        parser.add_argument("--group", help="only the kinds of this API group: vmoperator.vmware.com")

    def handle(self, *args: Any, **options: Any) -> None:
        shapes = _chosen(options["names"], options["group"])
        self.stdout.write(yamltext.dump_all([crd(shape) for shape in shapes]), ending="")


def _chosen(names: list[str], group: str | None) -> list[Shape]:
    """The shapes meant, in order of their names. Raises `CommandError` for names of none."""
    custom = sorted(
        (shape for shape in SHAPES if not shape.is_builtin), key=lambda shape: shape.group_resource
    )
    inside = [shape for shape in custom if group in (None, shape.group)]
    if not inside:
        groups = ", ".join(sorted({shape.group for shape in custom}))
        raise CommandError(f"no kind is of the group {group!r} (there are: {groups})")
    unknown = [name for name in names if not any(name in _names(shape) for shape in inside)]
    if unknown:
        listed = ", ".join(shape.plural for shape in inside)
        raise CommandError(f"no kind is called {', '.join(map(repr, unknown))} (there are: {listed})")
    return [shape for shape in inside if not names or _names(shape) & set(names)]


def _names(shape: Shape) -> set[str]:
    return {shape.kind, shape.plural, shape.singular, shape.group_resource, *shape.short_names}
