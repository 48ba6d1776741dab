"""What a look at a connection means, as its status, and when to look again. Called by `tasks`; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vmportal.admission.reading import get
from vmportal.backends.supervisor.abilities import Lacking, Seen, Served
from vmportal.backends.supervisor.access import Access
from vmportal.conditions import condition_of, dated

Object = dict[str, Any]

REACHABLE, AUTHORIZED, SERVED, READY = "Reachable", "Authorized", "Served", "Ready"
ACCOUNT_UNUSABLE = "AccountUnusable"  # a reason: there is nothing to go there with
TYPES = (REACHABLE, AUTHORIZED, SERVED, READY)
GOOD_SECONDS, BAD_SECONDS = 60.0, 15.0  # until the next look
MOST_NAMED = 5  # of what a sentence lists; the rest stands in the status
IS_SERVED, OTHER_VERSION, MISSING = "Served", "OtherVersion", "Missing"


@dataclass(frozen=True)
class Failure:
    """Why there was nothing to see. `condition` is the one that is not met; what comes after it is unknown."""

    condition: str  # Reachable, Authorized
    reason: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True)
class News:
    """An Event to be told of the connection."""

    type: str  # Normal, Warning
    reason: str
    message: str


def status(connection: Object, access: Access | None, found: Seen | Failure, now: str) -> Object:
    """The status after a look. What was seen before a failure stays, with the time at which it was so."""
    after: Object = dict(get(connection, "status") or {})
    after["observedGeneration"] = get(connection, "metadata.generation") or 1
    if access is not None:
        after |= {"server": access.server, "verified": access.is_verified}
    if isinstance(found, Failure):
        after |= {"lastError": found.message, "lastErrorTime": now}
        conditions = _failed(found)
    else:
        after |= _facts(found, now)
        conditions = [_reached(found), _authorized(found), _served(found)]
    conditions.append(_ready(conditions))
    after["conditions"] = [dated(connection, one, now) for one in conditions]
    return after


def look_again(after: Object, found: Seen | Failure) -> float:
    """Seconds until the next look: sooner while something is wrong, but not before the server wants it."""
    is_ready = condition_of({"status": after}, READY).get("status") == "True"
    asked = found.retry_after or 0.0 if isinstance(found, Failure) else 0.0
    return max(GOOD_SECONDS if is_ready else BAD_SECONDS, asked)


def news(connection: Object, after: Object) -> Iterator[News]:
    """What is worth an Event: that it became ready, or is not any more, or for another reason."""
    before, ready = condition_of(connection, READY), condition_of({"status": after}, READY)
    if all(before.get(part) == ready[part] for part in ("status", "reason")):
        return
    is_good = ready["status"] == "True"
    yield News("Normal" if is_good else "Warning", ready["reason"], ready["message"])


def _facts(seen: Seen, now: str) -> Object:
    return {
        "account": seen.account,
        "version": seen.version,
        "lastSeen": now,
        "lagMilliseconds": seen.lag_ms,
        "kinds": [_kind(one) for one in seen.kinds],
        "missingRights": [_right(one) for one in seen.lacking],
        "capabilities": [
            {"name": one.name, "enabled": one.is_on, "source": one.source} for one in seen.capabilities
        ],
    }


def _kind(one: Served) -> Object:
    resource = one.need.resource
    state = IS_SERVED if one.is_usable else OTHER_VERSION if one.versions else MISSING
    return {
        "name": resource.group_resource,
        "version": resource.version,
        "state": state,
        "versions": list(one.versions),
    }


def _right(one: Lacking) -> Object:
    where = {"namespace": one.namespace} if one.namespace else {}
    return {"name": one.resource.group_resource, **where, "verbs": list(one.verbs)}


def _failed(failure: Failure) -> list[Object]:
    """The conditions up to the one that is not met, which says why."""
    place = TYPES.index(failure.condition)
    # Who refuses an account has been reached; one that cannot be read has not been tried.
    is_before_known = failure.reason != ACCOUNT_UNUSABLE
    before = [_met(type_, "Answers", "The API server answers.") for type_ in TYPES[:place] if is_before_known]
    unmet = {
        "type": failure.condition,
        "status": "False",
        "reason": failure.reason,
        "message": failure.message,
    }
    known = {failure.condition, *(one["type"] for one in before)}
    others = [
        {"type": type_, "status": "Unknown", "reason": "NotTried", "message": "This could not be tried."}
        for type_ in (REACHABLE, AUTHORIZED, SERVED)
        if type_ not in known
    ]
    return sorted([*before, unmet, *others], key=lambda one: TYPES.index(one["type"]))


def _met(type_: str, reason: str, message: str) -> Object:
    return {"type": type_, "status": "True", "reason": reason, "message": message}


def _reached(seen: Seen) -> Object:
    return _met(REACHABLE, "Answers", f"Kubernetes {seen.version} answers in {seen.lag_ms} ms.")


def _authorized(seen: Seen) -> Object:
    if not seen.lacking:
        return _met(AUTHORIZED, "Allowed", f"{seen.account or 'The account'} may do all that is needed.")
    rights = [
        f"{', '.join(one.verbs)} {one.resource.group_resource}"
        + (f" in {one.namespace}" if one.namespace else "")
        for one in seen.lacking
    ]
    message = f"{seen.account or 'The account'} may not {_listed(rights, '; ')}."
    return {"type": AUTHORIZED, "status": "False", "reason": "RightsMissing", "message": message}


def _served(seen: Seen) -> Object:
    unmet = [one for one in seen.kinds if not one.is_usable]
    essential = [one for one in unmet if one.need.is_essential]
    if essential:
        reason = OTHER_VERSION if all(one.versions for one in essential) else "KindsMissing"
        message = f"There is no {_listed([_missed(one) for one in essential])}."
        return {"type": SERVED, "status": "False", "reason": reason, "message": message}
    without = f" Without: {_listed([_missed(one) for one in unmet])}." if unmet else ""
    return _met(SERVED, "Served", f"All that VMs need is served.{without}")


def _missed(one: Served) -> str:
    resource = one.need.resource
    there = f" (but {', '.join(one.versions)})" if one.versions else ""
    return f"{resource.group_resource} {resource.version}{there}"


def _listed(names: list[str], between: str = ", ") -> str:
    more = len(names) - MOST_NAMED
    return between.join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _ready(conditions: Iterable[Object]) -> Object:
    unmet = next((one for one in conditions if one["status"] == "False"), None)
    if unmet is None:
        return _met(READY, "Ready", "VMs can be made here.")
    return {"type": READY, "status": "False", "reason": unmet["reason"], "message": unmet["message"]}
