"""What the portal answers to a case: the way of a request through the API's own functions. Used by the runner."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from tests.conformance.corpus import Environment, Object, Worlds
from vmportal.admission import Admitting, Outcome, User, admit, look_up
from vmportal.kind import Kind
from vmportal.schema import prune

KEYS = ("apiVersion", "kind", "metadata")


def answer(case: Object, kind: Kind, worlds: Worlds, environment: Environment) -> Outcome:
    """Prune, look up and admit, as `vmportal.service` does, with the portal's policy switched off."""
    installation, features = environment.under(case)
    admitting = Admitting(
        operation=case["operation"],
        kind=case["kind"],
        namespace=case["namespace"],
        name=case["name"],
        new=_sent(case, kind),
        old=case.get("oldObject"),
        user=User(case["user"], tuple(case.get("groups") or ())),
        now=datetime.now(UTC),
        new_uuid=lambda: str(uuid.uuid4()),
        features=features,
        installation=installation,
    )
    seeing = look_up(admitting, kind.admission.references, lambda wants: worlds.fetch(case, wants))
    return admit(seeing, kind.shape, kind.admission, policy=False)


def _sent(case: Object, kind: Kind) -> Object | None:
    sent: Any = case.get("object")
    if sent is None:
        return None
    known = {key: sent[key] for key in KEYS if key in sent}
    pruned, _ = prune(kind.shape.schema, {key: value for key, value in sent.items() if key not in known})
    meta = known.get("metadata")
    if isinstance(meta, dict) and kind.shape.namespaced:
        known["metadata"] = {"namespace": case["namespace"], **meta}
    return {**known, **pruned}
