"""Who may open which page and send which form, said by hand: one line for each address of the pages.

`test_pages` walks the addresses that there are: a new one needs a line here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LEVELS = ("", "view", "edit", "admin", "portal")  # in team-a
EVERYBODY, SIGNED_IN, NO = "everybody", "signed in", "no"  # and no such method

# Who tries, and the level of each in team-a; None: not signed in.
ROLES: dict[str, str | None] = {
    "anonymous": None,
    "stranger": "",
    "viewer": "view",
    "editor": "edit",
    "namespace admin": "admin",
    "portal admin": "portal",
}


@dataclass(frozen=True)
class Page:
    """The least that one must be to GET a page, and to POST to it.

    `hidden` says for whom it is not there at all (404) when they may not: strangers, or all who may not.
    `form` is a form that is good enough to be taken, or to be refused for its content.
    """

    get: str
    post: str = NO
    form: dict[str, str] = field(default_factory=dict)
    hidden: str = ""  # "", "strangers", "all"


def of_namespace(get: str = "view", post: str = NO, **form: str) -> Page:
    return Page(get, post, form, hidden="strangers")


def of_admins(get: str = "portal", post: str = NO, *, hidden: str = "", **form: str) -> Page:
    return Page(get, post, form, hidden=hidden)


PAGES: dict[str, Page] = {
    "": Page(SIGNED_IN),
    "sign-in/": Page(EVERYBODY, EVERYBODY, {"username": "nobody", "password": "x"}),
    "sign-out/": Page(NO, EVERYBODY),
    "theme/": Page(NO, EVERYBODY, {"theme": "dark"}),
    "account/": Page(SIGNED_IN),
    "account/tokens/": Page(NO, SIGNED_IN, {"name": "a", "lifetime": "1"}),
    "account/tokens/<str:key>/revoke/": Page(NO, SIGNED_IN),
    "account/kubeconfig/": Page(NO, SIGNED_IN, {"name": "a", "lifetime": "1"}),
    "account/sign-out-everywhere/": Page(NO, SIGNED_IN),
    "reference/": Page(SIGNED_IN),
    "ns/": Page(SIGNED_IN),
    "admin/namespaces/": of_admins(),
    "admin/new-namespace/": of_admins(post="portal", name="team-z"),
    "admin/namespaces/<str:name>/": of_admins(hidden="strangers"),
    "admin/namespaces/<str:name>/labels/": of_admins(NO, "portal", hidden="strangers", labels="a=b"),
    "admin/namespaces/<str:name>/members/": of_admins(
        NO, "portal", hidden="strangers", people="eve", role="view"
    ),
    "admin/namespaces/<str:name>/members/remove/": of_admins(
        NO, "portal", hidden="strangers", binding="alice-admin", kind="User", person="alice"
    ),
    "admin/namespaces/<str:name>/delete/": of_admins(post="portal", hidden="strangers", typed="team-a"),
    "admin/offers/": of_admins(),
    "admin/new-offer/": of_admins(post="portal", yaml="a: b"),
    "admin/offers/<str:name>/": of_admins(hidden="all"),
    "admin/offers/<str:name>/edit/": of_admins(post="portal", hidden="all", yaml="a: b"),
    "admin/offers/<str:name>/delete/": of_admins(post="portal", hidden="all"),
    "admin/connections/": of_admins(),
    "admin/new-connection/": of_admins(post="portal", name="x"),
    "admin/connections/<str:name>/": of_admins(hidden="all"),
    "admin/connections/<str:name>/edit/": of_admins(post="portal", hidden="all", server="x"),
    "admin/connections/<str:name>/try/": of_admins(NO, "portal", hidden="all"),
    "admin/connections/<str:name>/delete/": of_admins(post="portal", hidden="all"),
    "ns/<str:namespace>/activity/": of_namespace(),
    "ns/<str:namespace>/storage-classes/": of_namespace(),
    "ns/<str:namespace>/storage-classes/<str:name>/": of_namespace(),
    "ns/<str:namespace>/vms/": of_namespace(),
    "ns/<str:namespace>/vms.csv": of_namespace(),
    "ns/<str:namespace>/vm-news/": of_namespace(),
    "ns/<str:namespace>/new-vm/": of_namespace("edit", "edit", name="x"),
    "ns/<str:namespace>/new-vm/check/": of_namespace(NO, "edit", name="x"),
    "ns/<str:namespace>/vms/<str:name>/": of_namespace(),
    "ns/<str:namespace>/vms/<str:name>/power/": of_namespace(NO, "edit", verb="off"),
    "ns/<str:namespace>/vms/<str:name>/edit/": of_namespace("edit", "edit", labels="a=b"),
    "ns/<str:namespace>/vms/<str:name>/delete/": of_namespace("edit", "edit", typed="web-1"),
    "ns/<str:namespace>/vms/<str:name>/live/<str:tab>/": of_namespace(),
    "ns/<str:namespace>/vms/<str:name>/<str:tab>/": of_namespace(),
    "ns/<str:namespace>/images/": of_namespace(),
    "ns/<str:namespace>/images/<str:name>/": of_namespace(),
    "ns/<str:namespace>/classes/": of_namespace(),
    "ns/<str:namespace>/classes/<str:name>/": of_namespace(),
}


def outcome(page: Page, level: str | None, method: str) -> str:
    """allowed, sign in, 401, 403, 404 or 405."""
    least = page.get if method == "GET" else page.post
    if least == NO:
        return "405" if method == "GET" else "nothing"
    if least == EVERYBODY:
        return "allowed"
    if level is None:
        return "sign in" if method == "GET" else "401"
    if least == SIGNED_IN or LEVELS.index(level) >= LEVELS.index(least):
        return "allowed"
    return "404" if page.hidden == "all" or (page.hidden == "strangers" and not level) else "403"
