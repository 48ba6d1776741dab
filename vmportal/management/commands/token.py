"""`manage.py token USER`: prints a new API token of a user, this one time; lists and revokes the others."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vmportal.access import Scope
from vmportal.api import tokens
from vmportal.api.lifetimes import lifetime
from vmportal.errors import Invalid
from vmportal.models import Token, User

USUAL = dt.timedelta(days=30)
MAKER = "manage.py"  # as the audit log knows whoever runs commands
ALL = "all"


class Command(BaseCommand):
    help = (
        "Prints a new API token of a user. Send it as `Authorization: Bearer <token>`; only a digest is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser, name="made on the command line")
        parser.add_argument("--list", action="store_true", help="print the user's tokens instead, by key")
        parser.add_argument("--revoke", metavar="KEY", help=f"end the token of this key instead, or {ALL}")

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["user"])
        if options["list"]:
            for token in Token.objects.filter(user=user).order_by("created"):
                self.stdout.write(line_of(token))
        elif options["revoke"] is not None:
            self._revoke(user, options["revoke"])
        else:
            self.stdout.write(made_for(user, options))

    def _revoke(self, user: User, key: str) -> None:
        found = Token.objects.filter(user=user)
        if key != ALL:
            found = found.filter(token_key=key)
        if not tokens.revoke(found, MAKER) and key != ALL:
            raise CommandError(f"{user.username} has no token with the key {key!r}: --list shows the keys")


def add_arguments(parser: CommandParser, name: str) -> None:
    """What a command takes that makes a token; `name` is how the token is called if nothing is said."""
    parser.add_argument("user")
    parser.add_argument("--name", default=name, help="by which it is known again")
    usual = tokens.at_most(USUAL)
    parser.add_argument(
        "--ttl", type=lifetime, default=usual, help="how long it lives: 8h, 30d (the default), never"
    )
    parser.add_argument("--read-only", action="store_true", help="it changes nothing")
    parser.add_argument("--namespace", default="", help="the only one that it opens")
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="CIDR",
        help="where it may come from; may be given again",
    )


def made_for(user: User, options: dict[str, Any]) -> str:
    """The token that the options ask for. Raises `CommandError` with all that is wrong with them."""
    scope = Scope(options["read_only"], options["namespace"])
    wish = tokens.Wish(options["name"], options["ttl"], scope, tuple(options["network"]))
    try:
        return tokens.make(user, wish, MAKER)[0]
    except Invalid as invalid:
        flags = {"lifetime": "--ttl", "networks": "--network"}
        lines = [f"{flags.get(error.path, f'--{error.path}')}: {error.message}" for error in invalid.errors]
        raise CommandError("\n".join(lines)) from None


def line_of(token: Token) -> str:
    """One token in words, its key first."""
    parts = [
        f"ends {token.expiry:%Y-%m-%d %H:%M}" if token.expiry else "never ends",
        f"used {token.last_used:%Y-%m-%d %H:%M}" if token.last_used else "never used",
        "read-only" if token.read_only else "",
        f"only {token.namespace}" if token.namespace else "",
        f"from {', '.join(token.networks)}" if token.networks else "",
    ]
    return f"{token.token_key}  {token.name}: {'; '.join(filter(None, parts))}"


def user_named(name: str) -> User:
    """Raises `CommandError` naming some users that there are."""
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        known = User.objects.filter(is_active=True, service_account="").order_by("username")
        listed = ", ".join(known.values_list("username", flat=True)[:10]) or "none yet"
        raise CommandError(f"there is no active user {name!r} (there are: {listed})")
    return user
