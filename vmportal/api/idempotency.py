"""`Idempotency-Key`: a create that is sent again is answered again and not carried out again.

Called by the API's viewset; as draft-ietf-httpapi-idempotency-key-header says, and as payment services do.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from vmportal.access import Caller
from vmportal.errors import BadRequest, Conflict, KeyReused
from vmportal.kind import Kind
from vmportal.models import IdempotencyKey, Namespace
from vmportal.service import Saved

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
LONGEST = 255  # characters of a key
OTHER_WAIT_SECONDS = 2.0  # for another request with the same key; then it is the client that waits
# What changes nothing of what is carried out: a client may wait longer when it tries again.
_OF_THE_ANSWER = ("wait", "timeout", "pretty", "format")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])+)"')
_PLAIN = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True)
class Key:
    """Digests: of the key with its caller, and of what was asked with it. Keys and bodies may tell secrets."""

    text: str
    id: str
    request: str


def key_of(request: Request, caller: Caller, namespace: str, sent: Any) -> Key | None:
    """The key of a request whose body is `sent`; None when it has none. Raises `BadRequest`.

    It is the caller's in one namespace: in another one, also of the same name, nothing has been made with it.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    text = _read(header.strip())
    query = sorted(
        (name, values) for name, values in request.query_params.lists() if name not in _OF_THE_ANSWER
    )
    asked = json.dumps([request.method, request.path, query, sent], sort_keys=True)
    scope = f"{caller.actor}\0{caller.name}\0{_uid(namespace)}"
    return Key(text, _digest("key", f"{scope}\0{text}"), _digest("request", asked))


def once(key: Key, kind: Kind, act: Callable[[], Saved]) -> tuple[Saved, bool]:
    """What `act` saves, or has saved when it was asked with this key before; and whether it was before.

    Key and object are of one transaction: neither is there without the other, and a refusal leaves nothing behind.
    Raises `KeyReused`, and `Conflict` while another request with the key is under way.
    """
    known = _known(key)
    if known is None:
        with transaction.atomic():
            known = _take(key)
            if known is None:
                saved = act()
                IdempotencyKey.objects.filter(id=key.id).update(
                    body=saved.body, warnings=list(saved.warnings)
                )
                return saved, False
    if known.request != key.request:
        raise KeyReused(
            f"{HEADER} {key.text!r} came with another request before (another address, option or body): "
            "a new request needs a new key"
        )
    return Saved(kind, json.loads(known.body), tuple(known.warnings), is_created=True), True


def _read(header: str) -> str:
    """The key, with quotes (as the draft has it) or without (as others do)."""
    quoted = _QUOTED.fullmatch(header)
    text = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    if not _PLAIN.fullmatch(text) or len(text) > LONGEST or (header.startswith('"') and not quoted):
        raise BadRequest(f"{HEADER} must be 1 to {LONGEST} letters of ASCII, a UUID for instance")
    return text


def _uid(namespace: str) -> str:
    """Empty for what stands in no namespace, and where there is none of this name: then nothing is made."""
    named = Namespace.objects.filter(name=namespace) if namespace else Namespace.objects.none()
    return named.values_list("uid", flat=True).first() or ""


def _digest(about: str, text: str) -> str:
    return salted_hmac(f"vmportal.idempotency.{about}", text, algorithm="sha256").hexdigest()


def _oldest() -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=settings.IDEMPOTENCY_KEPT_SECONDS)


def _known(key: Key) -> IdempotencyKey | None:
    return IdempotencyKey.objects.filter(id=key.id, at__gte=_oldest()).first()


def _take(key: Key) -> IdempotencyKey | None:
    """Take the key for this transaction, or wait until whoever has it is done: then, what they did."""
    IdempotencyKey.objects.filter(id=key.id, at__lt=_oldest()).delete()
    try:
        with transaction.atomic():
            _limit_waits(f"{OTHER_WAIT_SECONDS * 1000:.0f}")
            IdempotencyKey.objects.create(id=key.id, request=key.request, at=timezone.now())
        _limit_waits("DEFAULT")
    except IntegrityError:
        if known := _known(key):
            return known
        raise _under_way() from None
    except OperationalError as error:
        if connection.vendor == "postgresql" and "lock timeout" in str(error):
            raise _under_way() from error
        raise
    return None


def _limit_waits(milliseconds: str) -> None:
    """How long this transaction waits for a lock. SQLite has one writer at a time, and a limit for all."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")


def _under_way() -> Conflict:
    return Conflict(
        f"another request with this {HEADER} is under way; try again shortly", retryAfterSeconds=1
    )
