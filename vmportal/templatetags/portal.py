"""What every template needs: icons, states, ages, and addresses that keep the rest of the query.

Loaded by templates with `{% load portal %}`.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from vmportal import yamltext
from vmportal.api.ages import human
from vmportal.schema import parse_quantity

register = template.Library()

# The word of a state -> its tone: a colour and a shape in `static/states.svg`.
TONES = {
    "Running": "running",
    "Off": "off",
    "Suspended": "suspended",
    "Waiting": "waiting",
    "Blocked": "blocked",
    "Changed elsewhere": "changed",
    "Unknown": "unknown",
}
WORKING = "working"


@register.simple_tag
@functools.cache  # of few names, and many on a page
def icon(name: str) -> SafeString:
    """An icon of the sprite; it says nothing that a word beside it does not say."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
@functools.cache
def mark(tone: str) -> SafeString:
    """The shape of a tone, in its colour: running, off, working, blocked …"""
    return format_html(
        '<svg class="shape shape-{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        tone,
        static("states.svg"),
        tone,
    )


@register.simple_tag
def state(word: str) -> SafeString:
    """A state: shape, colour and word."""
    tone = TONES.get(word, WORKING)
    return format_html('<span class="state tone-{}">{} {}</span>', tone, mark(tone), _(word))


@register.simple_tag
def age(value: dt.datetime | str | None) -> SafeString | str:
    """How long ago, as kubectl says it (`3d4h`); the exact time is in the title."""
    return _time(value, "")


@register.simple_tag
def ticking(value: dt.datetime | str | None) -> SafeString | str:
    """As `age`, counting on in the browser while one looks at it."""
    return _time(value, "data-ticking")


@register.filter
def person(name: str) -> str:
    """A user as people call them: service accounts by their own name."""
    parts = name.split(":")
    if parts[:2] != ["system", "serviceaccount"] or len(parts) != 4:
        return name
    is_ours = (parts[2], parts[3]) == (settings.OPERATOR_NAMESPACE, settings.OPERATOR_ACCOUNT)
    return _("the portal") if is_ours else f"{parts[3]} ({parts[2]})"


@register.filter
def as_yaml(value: Any) -> str:
    """A value of a document, as a reader of YAML expects it."""
    return value if isinstance(value, str) else yamltext.dump(value).rstrip()


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's query with some values changed; None takes one out. Always goes back to page 1."""
    return _query(context, {"page": None, **changes})


@register.simple_tag(takes_context=True)
def refreshed(context: template.Context, since: str) -> str:
    """This page's query as it is, for a look whether there is news since then."""
    return _query(context, {"since": since})


def _query(context: template.Context, changes: dict[str, Any]) -> str:
    found: QueryDict = context["request"].GET.copy()
    for key, value in {"since": None, **changes}.items():
        if value in (None, ""):
            found.pop(key, None)
        else:
            found[key] = str(value)
    return f"?{found.urlencode()}"


def _time(value: dt.datetime | str | None, attribute: str) -> SafeString | str:
    if not value:
        return "–"
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return format_html(
        '<time datetime="{}" title="{}" {}>{}</time>',
        at.isoformat(timespec="seconds"),
        f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC",
        SafeString(attribute),
        human(max((timezone.now() - at).total_seconds(), 0)),
    )


@register.filter
def gib(mebibytes: int | None) -> str:
    """MiB as GiB, without a fraction where there is none."""
    return f"{(mebibytes or 0) / 1024:.4g}"


@register.filter
def short(seconds: float | None) -> str:
    """A time span, as kubectl says it."""
    return "" if seconds is None else human(seconds)


@register.filter
def size(quantity: str | None) -> str:
    """A quantity of bytes in the largest unit that fits, as Kubernetes writes it: `24Gi`."""
    if not quantity:
        return ""
    number = float(parse_quantity(str(quantity)))
    units = ["", "Ki", "Mi", "Gi", "Ti"]
    while number >= 1024 and len(units) > 1:
        number, units = number / 1024, units[1:]
    return f"{number:.4g}{units[0]}"
