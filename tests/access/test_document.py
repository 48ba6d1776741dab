"""docs/authorization.md says what the code does: it is made from it, and current."""

from __future__ import annotations

from tests.access.expected import RESOURCES
from vmportal.management.commands.document_authorization import PAGE, authorization_page


def test_the_page_is_current():
    assert PAGE.read_text() == authorization_page(), "run: manage.py document_authorization"


def test_the_page_says_what_is_expected_of_requests():
    """Its table against the one that requests are held to."""
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    levels = ("view", "edit", "admin", "portal")
    for name, who in RESOURCES.items():
        cells = [cell.strip() for cell in rows[name].split("|")[4:8]]  # from viewers on
        wanted = []
        for at in range(len(levels)):
            reads, writes = (levels.index(least) <= at for least in (who.reads, who.writes))
            wanted.append("read, write" if writes else "read" if reads else "–")
        assert cells == wanted, name
