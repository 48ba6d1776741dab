"""A VM's network cards: zipped with the class's at create, kept in step while the VM is off. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vms.reconcile.devices import CARDS, Device, cards, devices_of, keys_from
from vms.reconcile.facts import Object
from vms.reconcile.network import Result, results
from vms.reconcile.step import Pass

DEFAULT_CARD = "VirtualVmxnet3"
FIRST_KEY = -100


def is_card(change: Object) -> bool:
    return change.get("device", {}).get("_typeName") in CARDS


def changes_for_new_vm(
    work: Pass, class_changes: list[Object], template: Mapping[str, Any] | None
) -> list[Object]:
    """Cards of the template go; interface i gets the type of the class's card i, else vmxnet3."""
    existing = cards(list(((template or {}).get("hardware") or {}).get("device") or []))
    removed = [{"operation": "remove", "device": dict(card)} for card in existing]
    of_class = [change["device"] for change in class_changes if is_card(change)]
    keys = keys_from(FIRST_KEY)
    added = []
    for index, result in enumerate(results(work)):
        model: Object = dict(of_class[index]) if index < len(of_class) else {"_typeName": DEFAULT_CARD}
        added.append({"operation": "add", "device": {**model, "key": next(keys), **_connection(result)}})
    return [*removed, *added]


def changes_while_off(work: Pass) -> list[Object]:
    """Edits that pair cards and interfaces by order; what has no partner is removed or added."""
    if (work.spec.get("network") or {}).get("disabled"):
        return []  # has no effect on a VM that is deployed
    existing, wanted = cards(devices_of(work.seen)), results(work)
    if len(wanted) < len((work.spec.get("network") or {}).get("interfaces", [])):
        return []  # the provider has not answered for all of them
    changes: list[Object] = [
        {"operation": "remove", "device": dict(card)} for card in existing[len(wanted) :]
    ]
    for card, result in zip(existing, wanted, strict=False):
        if not _matches(card, result):
            changes.append({"operation": "edit", "device": {**card, **_connection(result)}})
    keys = keys_from(FIRST_KEY)
    for result in wanted[len(existing) :]:
        device = {"_typeName": DEFAULT_CARD, "key": next(keys), **_connection(result)}
        changes.append({"operation": "add", "device": device})
    return changes


def names_by_key(work: Pass) -> dict[int, str]:
    """Device key of a card -> name of its interface, by order."""
    interfaces = (work.spec.get("network") or {}).get("interfaces", [])
    pairs = zip(cards(devices_of(work.seen)), interfaces, strict=False)
    return {card["key"]: interface["name"] for card, interface in pairs}


def _connection(result: Result) -> Object:
    connection: Object = {"backing": dict(result.backing), "addressType": "generated"}
    if result.mac:
        connection |= {"addressType": "manual", "macAddress": result.mac}
    return connection


def _matches(card: Device, result: Result) -> bool:
    backing = card.get("backing") or {}
    same_backing = all(backing.get(key) == value for key, value in result.backing.items())
    same_mac = not result.mac or str(card.get("macAddress", "")).lower() == result.mac
    return same_backing and same_mac
