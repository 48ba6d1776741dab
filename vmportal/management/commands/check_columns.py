"""`manage.py check_columns`: are the columns that lists filter by what the objects say? `--repair` mends them.

So it does with the notes on what objects take of quotas, where there are none of an object, or no object.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal import admitted, service
from vmportal.errors import ApiError
from vmportal.kind import Kind
from vmportal.kinds import KINDS
from vmportal.store import row_values


class Command(BaseCommand):
    help = (
        "Compare every row's columns with its object; run with --repair after columns were added or changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write the columns that differ")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        wrong = sum(self._check(kind, repair) + self._check_quota(kind, repair) for kind in KINDS)
        if wrong and not repair:
            raise CommandError(f"{wrong} rows differ from their objects: run with --repair")
        self.stdout.write(f"{wrong} rows repaired" if wrong else "All columns are as the objects say.")

    def _check(self, kind: Kind, repair: bool) -> int:
        wrong = 0
        for row in kind.model.objects.order_by().iterator(chunk_size=500):
            values = row_values(kind, json.loads(row.body))
            del values["body"]
            different = {column: value for column, value in values.items() if getattr(row, column) != value}
            if different:
                wrong += 1
                self.stdout.write(f"{kind.shape.plural} {row}: {', '.join(sorted(different))}")
                if repair:
                    # Only if nobody has written the object meanwhile: then the columns are right again.
                    kind.model.objects.filter(uid=row.uid, version=row.version).update(**different)
        return wrong

    def _check_quota(self, kind: Kind, repair: bool) -> int:
        if kind.quota is None:
            return 0
        missing = kind.quota.unbooked()
        for obj in missing:
            said = "not counted in quotas"
            if repair:
                try:
                    admitted.book_again(kind, obj, service.operator().caller)
                except ApiError as error:
                    said += f": {error.message}"
            meta = obj["metadata"]
            self.stdout.write(f"{kind.shape.plural} {meta['namespace']}/{meta['name']}: {said}")
        return len(missing) + (kind.quota.forget_gone() if repair else 0)
