"""The authorization matrix of the pages: every address, opened and sent a form, by everybody.

Also that no page shows anybody a link or a button that would be refused.
"""

from __future__ import annotations

import http.cookies
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.access.expected_pages import NO, PAGES, ROLES, outcome
from tests.builders import create, obj
from vmportal import demo
from vmportal.access import forget_memberships
from vmportal.models import Audit, RoleBinding, User
from vms.models import ClusterVirtualMachineImage

pytestmark = pytest.mark.django_db
TOKEN = "c" * 32  # of CSRF: in the cookie, and in each form
ALL_VMS = "/ns/_all/vms/"  # of all namespaces that one has
OF_THE_API = ("livez", "readyz", "metrics", "version", "api", "openapi", "^")
each_page = pytest.mark.parametrize("route", PAGES)


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for one in patterns:
        here = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, here)
        elif not here.startswith(OF_THE_API):
            yield here


@pytest.fixture(scope="module")
def cookies(django_db_setup, django_db_blocker) -> Iterator[dict[str, http.cookies.SimpleCookie]]:
    """The demo, and the cookies of somebody of each role in team-a, who is signed in."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), quick, transaction.atomic():
        assert "test" in str(connection.settings_dict["NAME"]), "mark the module with django_db"
        forget_memberships()
        demo.seed()
        create(obj("Connection", "site-1", spec={"supervisor": {"secretRef": {"name": "site-1"}}}))
        yield {role: _cookies(role, level) for role, level in ROLES.items()}
        transaction.set_rollback(True)
    forget_memberships()


def _cookies(role: str, level: str | None) -> http.cookies.SimpleCookie:
    client = Client()
    if level is not None:
        name = role.replace(" ", "-")
        user = User.objects.create(username=name, is_superuser=level == "portal")
        if level in ("view", "edit", "admin"):
            subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
            reference = {"kind": "ClusterRole", "name": level, "apiGroup": "rbac.authorization.k8s.io"}
            create(obj("RoleBinding", name, "team-a", subjects=[subject], roleRef=reference))
        client.force_login(user)
    client.cookies["csrftoken"] = TOKEN
    return client.cookies


def ask(cookies: Any, role: str, method: str, path: str, form: dict[str, str] | None = None) -> Any:
    """One request as a browser sends it; what it changes is taken back."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = http.cookies.SimpleCookie({key: one.value for key, one in cookies[role].items()})
    try:
        with transaction.atomic():
            response = client.get(path) if method == "GET" else client.post(path, form)
            if response.streaming:
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
    finally:
        forget_memberships()
    return response


def address(route: str) -> str:
    """An address of the route at which something is."""
    names = {"vms": "web-1", "images": _image(), "classes": "small", "storage-classes": "gold"}
    names |= {"namespaces": "team-a", "offers": "small", "connections": "site-1"}
    kind = re.search(r"([\w-]+)/<str:name>", route)
    path = (
        route.replace("<str:namespace>", "team-a")
        .replace("<str:tab>", "overview")
        .replace("<str:key>", "none")
    )
    return "/" + (path.replace("<str:name>", names[kind[1]]) if kind else path)


def _image() -> str:
    name: str = ClusterVirtualMachineImage.objects.values_list("name", flat=True).first()
    return name


def _bound() -> str:
    """The binding that makes alice an admin of team-a."""
    found = (
        name
        for name, body in RoleBinding.objects.filter(namespace="team-a").values_list("name", "body")
        if any(one["name"] == "alice" for one in json.loads(body)["subjects"])
    )
    return next(found)


def test_every_page_has_a_line_of_what_is_expected():
    """A new page fails here until somebody has decided who may open it."""
    assert set(routes(get_resolver().url_patterns)) == set(PAGES)


@each_page
def test_a_page_opens_for_who_may_and_for_nobody_else(cookies, route):
    path, page, wrong = address(route), PAGES[route], []
    for role, level in ROLES.items():
        wanted, response = outcome(page, level, "GET"), ask(cookies, role, "GET", path)
        if not _is(wanted, response, path):
            wrong.append(f"{role}: {response.status_code}, not {wanted}")
    assert not wrong, f"GET {path}:\n" + "\n".join(wrong)


def test_the_machines_of_all_namespaces_are_those_of_ones_own(cookies):
    found = {role: ask(cookies, role, "GET", ALL_VMS) for role in ROLES}
    sees = {role: b">web-1<" in answer.content for role, answer in found.items() if answer.status_code == 200}
    assert sees == {role: level != "" for role, level in ROLES.items() if level is not None}


@each_page
def test_a_form_is_taken_of_who_may_and_of_nobody_else(cookies, route):
    """Where a page takes no form, to send one does no more than to open it."""
    path, page, wrong = address(route), PAGES[route], []
    form = {**page.form, "csrfmiddlewaretoken": TOKEN}
    if "binding" in form:
        form["binding"] = _bound()
    for role, level in ROLES.items():
        wanted, response = outcome(page, level, "POST"), ask(cookies, role, "POST", path, form)
        if wanted == "nothing":
            if response.status_code not in (200, 204, 401, 403, 404, 405) and not _is_redirect_home(
                response, route
            ):
                wrong.append(f"{role}: {response.status_code}, not nothing")
        elif not _is(wanted, response, path):
            wrong.append(f"{role}: {response.status_code}, not {wanted}")
    assert not wrong, f"POST {path}:\n" + "\n".join(wrong)


def _is(wanted: str, response: Any, path: str) -> bool:
    code, to = response.status_code, response.headers.get("Location", "")
    if wanted == "allowed":
        return code in (200, 204, 302, 409, 422) and not (to.startswith("/sign-in/?next="))
    if wanted == "sign in":
        return code == 302 and to.startswith("/sign-in/?next=")
    return str(code) == wanted


def _is_redirect_home(response: Any, route: str) -> bool:
    """The first page leads on to the machines, however it is asked for."""
    return route == "" and response.status_code == 302


def test_who_is_not_signed_in_fills_no_log_by_signing_out():
    assert Client().post("/sign-out/").status_code == 302
    assert not Audit.objects.filter(action="sign-out").exists()


@pytest.mark.parametrize("route", [route for route, page in PAGES.items() if page.post != NO])
def test_no_form_is_taken_that_another_site_could_have_sent(cookies, route):
    for role in ROLES:
        response = ask(cookies, role, "POST", address(route), PAGES[route].form)
        assert response.status_code == 403, f"{role}: {response.status_code}"


class Offered(HTMLParser):
    """What a page offers to do: ("GET" or "POST", address), without what is shown as not possible now."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.found = here, set[tuple[str, str]]()
        self.form: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        asked = [("GET", given.get("hx-get")), ("POST", given.get("hx-post"))]
        asked.append(("GET", given.get("href") if tag == "a" else None))
        asked.append(("POST", given.get("formaction")))
        if tag == "form":
            method = given.get("method", "get").upper()
            self.form = [
                *((how, path) for how, path in asked if path),
                (method, given.get("action") or self.here),
            ]
        elif "disabled" not in given and given.get("aria-disabled") != "true":  # the latter says why not
            self.found |= {(how, path) for how, path in asked if path}
            if tag == "button" and given.get("type", "submit") == "submit":
                self.found |= set(self.form)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = []


def route_of(path: str) -> str | None:
    """The line of the table that an address belongs to; None for the API's and other sites'."""
    if not path.startswith("/") or path.startswith(("//", "/static/")):
        return None
    try:
        found = resolve(re.split(r"[?#]", path)[0])
    except Resolver404:
        return "nothing is there"
    return None if found.route.startswith(OF_THE_API) else found.route


@each_page
def test_a_page_offers_nobody_what_would_be_refused(cookies, route):
    path, wrong = address(route), []
    for role, level in ROLES.items():
        response = ask(cookies, role, "GET", path)
        if response.status_code != 200 or "text/html" not in response.headers["Content-Type"]:
            continue
        offered = Offered(path)
        offered.feed(response.content.decode())
        for method, target in sorted(offered.found):
            leads_to = route_of(target)
            if leads_to is None or (level is None and leads_to == ""):
                continue
            is_elsewhere = leads_to.startswith("ns/<str:namespace>") and not target.startswith("/ns/team-a/")
            if target == ALL_VMS:  # an empty list for who has none
                continue
            if is_elsewhere and level != "portal":
                wrong.append(f"{role}: {method} {target}, of a namespace that is none of theirs")
            elif leads_to not in PAGES or outcome(PAGES[leads_to], level, method) != "allowed":
                wrong.append(f"{role}: {method} {target}")
    assert not wrong, f"{path}:\n" + "\n".join(wrong)
