"""Decide what must happen so that an offer stands where it goes, and nowhere else. Called by `tasks`; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vmportal.admission.reading import each_text, get, mapping, text
from vmportal.admission.selectors import selects
from vmportal.conditions import condition_of, dated
from vmportal.offers.marks import MADE_FROM, OFFER, WITHDRAWN, is_withdrawn, may_be_adopted, offer_of

Object = dict[str, Any]
PLACEHOLDER = "$(namespace)"
BATCH = 200  # writes of one pass
LOOK_SECONDS = (
    10.0  # between two looks at whether a withdrawn object is still used, what is missing there, a name free
)
MOST_USERS = 5  # told of each namespace

OFFERED, PENDING, REFUSED, NAME_TAKEN = "Offered", "Pending", "Refused", "NameTaken"
STILL_USED, BACKEND_OWNED, MISSING = "Withdrawn", "BackendOwned", "NamespaceMissing"
TERMINATING = "Terminating"  # the offer itself
UNMET = (REFUSED, NAME_TAKEN, BACKEND_OWNED, PENDING)  # what keeps an offer from being ready, the worst first


@dataclass(frozen=True)
class Place:
    """A namespace as an offer sees it. `found` is what stands there under the name of what is offered.

    `users` use it (`VirtualMachine web-1`); they are known for what is to be taken back. `wish` is what should
    stand there; None where it cannot be told.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    is_terminating: bool = False
    is_backends: bool = False  # its catalogue is the backend's own
    is_system: bool = False  # the portal's own: an offer goes there only by name
    found: Object | None = None
    users: tuple[str, ...] = ()
    wish: Object | None = None


@dataclass(frozen=True)
class Put:
    """Make the object, or make it what is offered; `replaces` what was made by hand."""

    namespace: str
    wish: Object
    replaces: bool = False


@dataclass(frozen=True)
class Remove:
    namespace: str
    name: str
    uid: str


Action = Put | Remove


@dataclass(frozen=True)
class Row:
    """How an offer stands in a namespace."""

    name: str
    state: str
    message: str = ""
    used_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    actions: tuple[Action, ...]
    rows: tuple[Row, ...]
    look_again: float | None
    is_over: bool = False  # the offer is being deleted, and nothing of it is left


def goes_to(offer: Object, place: Place) -> bool:
    """Whether an offer goes to a namespace: to none when it is being deleted."""
    if get(offer, "metadata.deletionTimestamp") or place.is_terminating:
        return False
    if place.name in {name for _, name in each_text(offer, "spec.namespaces")}:
        return True
    return not place.is_system and selects(get(offer, "spec.namespaceSelector"), place.labels)


def is_of(offer: Object, found: Object | None) -> bool:
    """Whether what stands in a namespace is made from the offer."""
    return found is not None and offer_of(found) == text(offer, "metadata.name")


def wish_for(offer: Object, template: Object, namespace: str, *, withdrawn: bool = False) -> Object:
    """What should stand in a namespace: the template there, with the marks of the offer."""
    wish = in_namespace(template, namespace)
    meta = wish["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), OFFER: text(offer, "metadata.name")}
    if withdrawn:
        meta["labels"][WITHDRAWN] = "true"
    digest = hashlib.sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()[:16]
    meta["annotations"] = {**(meta.get("annotations") or {}), MADE_FROM: digest}
    return wish


def in_namespace(template: Object, namespace: str) -> Object:
    """The template as an object of a namespace, which its texts may name."""
    made: Object = _filled(template, namespace)
    return {**made, "metadata": {**mapping(made, "metadata"), "namespace": namespace}}


def _filled(value: Any, namespace: str) -> Any:
    if isinstance(value, str):
        return value.replace(PLACEHOLDER, namespace)
    if isinstance(value, list):
        return [_filled(item, namespace) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, namespace) for key, item in value.items()}
    return value


def plan(offer: Object, places: Iterable[Place], missing: str = "") -> Plan:
    """What to do in all namespaces, and how the offer stands in each. `missing`: why no wish can be told."""
    known = sorted(places, key=lambda place: place.name)
    steps = [step for place in known if (step := _step(offer, place, missing))]
    rows = [row for _, row in steps]
    actions = [action for action, _ in steps if action]
    rows += _unknown(offer, {place.name for place in known})
    held_back = {action.namespace for action in actions[BATCH:]}
    rows = [Row(row.name, PENDING) if row.name in held_back else row for row in rows]
    is_used = any(row.state == STILL_USED for row in rows)
    is_waiting = bool(missing) or any(row.state in (NAME_TAKEN, PENDING) for row in rows)
    is_going = bool(get(offer, "metadata.deletionTimestamp"))
    return Plan(
        actions=tuple(actions[:BATCH]),
        rows=tuple(rows),
        look_again=0.0 if held_back else LOOK_SECONDS if is_used or is_waiting else None,
        is_over=is_going and not held_back and not is_used,
    )


def _step(offer: Object, place: Place, missing: str) -> tuple[Action | None, Row] | None:
    found = place.found
    if goes_to(offer, place):
        return _give(offer, place, missing)
    if place.is_terminating or not is_of(offer, found):
        return None
    if not place.users:
        gone = Remove(place.name, text(found, "metadata.name"), text(found, "metadata.uid"))
        return gone, Row(place.name, "")  # soon there is nothing to tell
    row = Row(place.name, STILL_USED, _used(place.users), place.users[:MOST_USERS])
    is_marked = is_withdrawn(found) or place.wish is None
    return (None if is_marked else Put(place.name, place.wish or {})), row


def _give(offer: Object, place: Place, missing: str) -> tuple[Action | None, Row]:
    found, wish = place.found, place.wish
    if place.is_backends:
        return None, Row(
            place.name, BACKEND_OWNED, "The backend keeps this namespace's catalogue: offer it there."
        )
    if wish is None:
        return None, Row(place.name, OFFERED if is_of(offer, found) else PENDING, missing)
    if found is None or is_of(offer, found):
        return (None if _is_as_wished(found, wish) else Put(place.name, wish)), Row(place.name, OFFERED)
    if get(found, "metadata.deletionTimestamp"):
        return None, Row(place.name, PENDING, "Another one of this name is being deleted there.")
    if may_be_adopted(found, text(offer, "metadata.name")) and not offer_of(found):
        return Put(place.name, wish, replaces=True), Row(place.name, OFFERED)
    return None, Row(place.name, NAME_TAKEN, _taken(offer, found))


def _is_as_wished(found: Object | None, wish: Object) -> bool:
    made_from = mapping(found, "metadata.annotations").get(MADE_FROM)
    is_made = made_from == wish["metadata"]["annotations"][MADE_FROM]
    return is_made and ("status" not in wish or get(found, "status") == wish["status"])


def _taken(offer: Object, found: Object) -> str:
    kind, name, namespace = (text(found, path) for path in ("kind", "metadata.name", "metadata.namespace"))
    other = offer_of(found)
    if other:
        return f"The offer {other} has put a {kind} {name} there: give one of the two another name."
    return (
        f"A {kind} {name} stands there that was made by hand. Delete it, or let the offer take it over: kubectl "
        f"annotate {kind.lower()} {name} -n {namespace} vmportal.dev/adopt={text(offer, 'metadata.name')}"
    )


def _used(users: tuple[str, ...]) -> str:
    more = len(users) - MOST_USERS
    listed = ", ".join(users[:MOST_USERS]) + (f" and {more} more" if more > 0 else "")
    return f"It stays for those who use it, and is for nobody else: {listed}."


def _unknown(offer: Object, known: set[str]) -> Iterator[Row]:
    if get(offer, "metadata.deletionTimestamp"):
        return
    for _, name in each_text(offer, "spec.namespaces"):
        if name not in known:
            yield Row(name, MISSING, "There is no namespace of this name yet.")


def status(offer: Object, rows: Iterable[Row], now: str) -> Object:
    """The offer's status: a row for each namespace, how many have it, and the conditions as of `now`."""
    told = sorted((row for row in rows if row.state), key=lambda row: row.name)
    return {
        "observedGeneration": get(offer, "metadata.generation") or 1,
        "offered": sum(row.state == OFFERED for row in told),
        "namespaces": [_row(row) for row in told],
        "conditions": [dated(offer, condition, now) for condition in (_ready(offer, told), _in_use(told))],
    }


def _row(row: Row) -> Object:
    optional = {"message": row.message, "usedBy": list(row.used_by)}
    return {"name": row.name, "state": row.state, **{key: value for key, value in optional.items() if value}}


def _ready(offer: Object, rows: list[Row]) -> Object:
    unmet = [row for state in UNMET for row in rows if row.state == state]
    if not unmet and get(offer, "metadata.deletionTimestamp"):
        message = "It is being deleted, and goes when nobody uses it any more."
        return {"type": "Ready", "status": "False", "reason": TERMINATING, "message": message}
    if not unmet:
        count = sum(row.state == OFFERED for row in rows)
        message = f"It stands in {count} namespace{'' if count == 1 else 's'}."
        return {"type": "Ready", "status": "True", "reason": OFFERED, "message": message}
    first = unmet[0]
    also = f" And {len(unmet) - 1} more: see status.namespaces." if len(unmet) > 1 else ""
    message = f"{first.name}: {first.message or 'to be done'}{also}"
    return {"type": "Ready", "status": "False", "reason": first.state, "message": message}


def _in_use(rows: list[Row]) -> Object:
    used = [row for row in rows if row.state == STILL_USED]
    if not used:
        message = "Nothing that was withdrawn is still used."
        return {"type": "WithdrawnInUse", "status": "False", "reason": "NotInUse", "message": message}
    where = "; ".join(f"{row.name} ({', '.join(row.used_by)})" for row in used[:MOST_USERS])
    more = f" and {len(used) - MOST_USERS} more namespaces" if len(used) > MOST_USERS else ""
    message = f"It stays where it is still used, for nobody else: {where}{more}."
    return {"type": "WithdrawnInUse", "status": "True", "reason": "InUse", "message": message}


@dataclass(frozen=True)
class News:
    """An Event to be told of the offer."""

    type: str  # Normal, Warning
    reason: str
    message: str


def news(offer: Object, after: Object) -> Iterator[News]:
    """What is worth an Event: conditions that have come to say something else."""
    for condition in after["conditions"]:
        before = condition_of(offer, condition["type"])
        if all(before.get(part) == condition[part] for part in ("status", "reason", "message")):
            continue
        is_trouble = condition["type"] == "Ready" and condition["reason"] in UNMET
        is_nothing = condition["type"] == "WithdrawnInUse" and condition["status"] == "False"
        if not is_nothing:
            yield News("Warning" if is_trouble else "Normal", condition["reason"], condition["message"])
