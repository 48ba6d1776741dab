"""`manage.py document_rules`: writes docs/rules.md from the rules of all kinds, or says that it is not current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal.admission.document import document
from vmportal.kinds import KINDS

PAGE = Path(settings.BASE_DIR) / "docs" / "rules.md"


def rules_page() -> str:
    """The page as it should be."""
    return document({kind.shape.kind: kind.admission for kind in KINDS})


class Command(BaseCommand):
    help = "Writes docs/rules.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is current")

    def handle(self, *args: Any, **options: Any) -> None:
        page = rules_page()
        if not options["check"]:
            PAGE.write_text(page)
        elif not PAGE.exists() or PAGE.read_text() != page:
            raise CommandError("docs/rules.md is not current: run manage.py document_rules")
