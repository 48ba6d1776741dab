"""`manage.py document_authorization`: writes docs/authorization.md from the code, or says that it is not current.

What stands in its table is asked of `vmportal.access`, as requests and reviews ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal import access
from vmportal.access import Caller
from vmportal.api import discovery
from vmportal.api.access_reviews import may_ask
from vmportal.kind import Kind
from vmportal.kinds import KINDS

PAGE = Path(settings.BASE_DIR) / "docs" / "authorization.md"
HERE = "team-a"
ROLES = {
    "stranger": Caller("stranger"),
    "viewer": Caller("viewer", roles={HERE: "view"}),
    "editor": Caller("editor", roles={HERE: "edit"}),
    "namespace admin": Caller("admin", roles={HERE: "admin"}),
    "portal admin": Caller("root", is_admin=True),
}
READ, WRITE = ("get", "list", "watch"), ("create", "update", "patch", "delete", "deletecollection")
NOTHING = "–"

HEAD = """\
# Who may do what

Made by `manage.py document_authorization` from the code; do not edit. The tests in `tests/access` hold every request,
every review (`kubectl auth can-i`) and every page to it.

Who is signed in and bound to nothing is a *stranger*. A RoleBinding to `view`, `edit` or `admin` in a namespace makes
a *viewer*, *editor* or *namespace admin* of it; each may what those before may. Subjects are users, groups (the
portal's own, and with their prefix the issuer's) and ServiceAccounts. *Portal admins* are made by
`manage.py createsuperuser`, or by the issuer's group `PORTAL_OIDC_ADMIN_GROUP`; they may all, in all namespaces.

- **read**: `get`, `list`, `watch`, also as Table, CSV, metadata alone, `?wait=`. Over all namespaces each sees what
  they may read.
- **write**: `create`, `update`, `patch` (apply too), `delete`, `deletecollection`, and dry runs of them.
- A status is read by who reads the object. It is written by the portal itself, and by portal admins, who may mend it.
- Others are verbs of Kubernetes. Roles are those in the object's namespace; of *no namespace* they count in any.

"""
TAIL = """\

Read by all who sign in: `/api`, `/apis`, `/openapi`, and what they say of kinds. Read by everybody: `/version`,
`/livez`, `/readyz`. `/metrics` is for the machine itself, or for who sends `PORTAL_METRICS_TOKEN`.

## Who may not

- **401**, or on pages the sign-in: who brings no token or session, or none that is good.
- **404**: who asks for what stands in a namespace of others, or for an object of which they may not know. It is not
  there for them, whatever they ask.
- **403**: who may read it, or know of its kind, and not do this. The answer says what was asked, and of a token what
  it lacks; it is noted (`forbidden`).

## Ways to come in

- **A read-only token**: reads what its user may, Secrets too; asks questions; acts in another's name if its user may,
  and reads.
- **A token for one namespace**: what its user may there. Other namespaces are not there, and its user is no portal
  admin with it: of a portal admin it does all in that namespace, and nothing to the namespace itself or beside it.
- **A ServiceAccount**: what it is bound to, as anybody.
- **A person of the issuer** (OIDC): what their name and their groups are bound to.
- **In another's name** (`--as`): what that one may, in the scope of one's own token; for portal admins only.
- **A privileged user** (`PORTAL_PRIVILEGED_USERS`): no more than others here. Only what VM Operator's rules keep for
  such users is let pass ([rules.md](rules.md), *exempt*).
- **The session of the pages**: what its user may. Every form has a token of its own (CSRF), on the API too.

## Pages

Pages ask the same. Those below `/ns/<namespace>/` are for its members: viewers open them, editors send their forms.
Those below `/admin/` are for portal admins. The account is one's own: nobody else lists or revokes its tokens. What
somebody may not do is not shown, or shown with the reason.
"""


def authorization_page() -> str:
    """The page as it should be."""
    return HEAD + "\n".join(_table()) + "\n" + TAIL


def _table() -> Iterator[str]:
    yield f"| resource | in | {' | '.join(ROLES)} |"
    yield "|" + "---|" * (len(ROLES) + 2)
    for kind in sorted(KINDS, key=lambda kind: (kind.shape.group, kind.shape.plural)):
        yield from _rows(kind)
    one = discovery.DEFINITIONS
    yield _row(f"{one.plural}.{one.group}", "no namespace", ("read" for _ in ROLES))
    for asked in discovery.QUESTIONS:
        where = "a namespace" if asked.namespaced else "no namespace"
        cells = ("create" if may_ask(who, asked.kind, HERE) else NOTHING for who in ROLES.values())
        yield _row(f"{asked.plural}.{asked.group}", where, cells)
    cells = ("impersonate" if who.is_admin else NOTHING for who in ROLES.values())
    yield _row("users`, `groups`, `serviceaccounts", "no namespace", cells)


def _rows(kind: Kind) -> Iterator[str]:
    shape = kind.shape
    where = "a namespace" if shape.namespaced else "no namespace"
    if shape.kind == "Namespace":
        where = "no namespace; of one's own"
    yield _row(shape.group_resource, where, (_may(who, kind, (*READ, *WRITE)) for who in ROLES.values()))
    for part in discovery.subresources(shape):
        if part.name != access.STATUS:  # told in words, once for all
            cells = (_may(who, kind, part.verbs, part.name) for who in ROLES.values())
            yield _row(f"{shape.group_resource}/{part.name}", where, cells)


def _may(who: Caller, kind: Kind, verbs: Iterable[str], part: str = "") -> str:
    where = (HERE, "") if kind.shape.namespaced else ("", HERE)
    found = [verb for verb in verbs if access.may(who, verb, kind, *where, part)]
    if not part:
        words = [word for word, all_of in (("read", READ), ("write", WRITE)) if set(all_of) <= set(found)]
        rest = [verb for verb in found if verb not in READ + WRITE]
        found = [*words, *rest] if words else found
    return ", ".join(found) or NOTHING


def _row(name: str, where: str, cells: Iterable[str]) -> str:
    return f"| `{name}` | {where} | {' | '.join(cells)} |"


class Command(BaseCommand):
    help = "Writes docs/authorization.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether the page is current")

    def handle(self, *args: Any, **options: Any) -> None:
        page = authorization_page()
        if not options["check"]:
            PAGE.write_text(page)
        elif not PAGE.exists() or PAGE.read_text() != page:
            raise CommandError("docs/authorization.md is not current: run manage.py document_authorization")
