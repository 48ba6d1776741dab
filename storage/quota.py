"""The arithmetic of quotas: what is asked for, what a namespace has, and how that stands to its limits. Pure.

Used by `storage.ledger`, which keeps the numbers; webhook-rules.md 7.12 and reconcile.md 17.3 are its source. All
amounts are whole: bytes, vCPUs, objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from vmportal.admission import Admitting, Want
from vmportal.admission.reading import Object, get, mapping, text
from vmportal.errors import Exceeded, FieldError
from vmportal.quota import Line
from vmportal.schema import format_quantity, parse_quantity

RESOURCE_QUOTA, POLICY_QUOTA = "ResourceQuota", "StoragePolicyQuota"
CLAIMS = "persistentvolumeclaims"
CPU, MEMORY, CLAIMED, POLICY = "requests.cpu", "requests.memory", "requests.storage", "policy/"
OF_CLASS = ".storageclass.storage.k8s.io/"  # in a key, after a storage class
COUNT = "count/"
# What may be written for one and the same amount: a VM asks for all of its class, and gets no more.
SAME = {"cpu": CPU, "limits.cpu": CPU, "memory": MEMORY, "limits.memory": MEMORY}
# The kinds that Kubernetes counts by their plain plural too.
COUNTED_PLAINLY = (
    "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services",
)  # fmt: skip
MOST = 2**53  # bytes of one object: whole up to here in a floating point sum, which cannot overflow

Amounts = dict[str, int]  # by the keys above; storage of a policy under `policy/<id>`


@dataclass(frozen=True)
class Charge:
    """What an object takes of one storage class, and of CPU and memory. A None stays as it was booked.

    `asked` is what is kept free for it until it is seen what it takes; `requested` is what admission compares
    with the limits; `later` is part of what is asked and not of what is requested, and only warned of. `is_own` is
    False for the disks of claims in a snapshot, whose use is counted with the claims.
    """

    storage_class: str = ""
    policy_id: str = ""
    asked: int | None = 0
    requested: int = 0
    cpus: int | None = 0
    memory: int | None = 0
    is_own: bool = True
    path: str = "spec.storageClass"
    later: int = 0
    later_path: str = ""

    @property
    def known(self) -> dict[str, int]:
        """The columns that it sets."""
        columns = {"cpus": self.cpus, "memory": self.memory, "asked": self.asked}
        return {name: value for name, value in columns.items() if value is not None}


@dataclass(frozen=True)
class Seen:
    """What an object takes of storage, once that is known; before, it is what was asked for it."""

    reserved: int
    used: int


@dataclass(frozen=True)
class Charges:
    """How the objects of a kind are charged."""

    references: Callable[[Admitting], Iterable[Want]]
    ask: Callable[[Admitting], Iterable[Charge]]  # nothing where nothing of it changes
    seen: Callable[[Object], Seen | None]


@dataclass(frozen=True)
class Booked:
    """The charges of a namespace with the same kind (`Shape.group_resource`), storage class and policy."""

    kind: str
    storage_class: str
    policy_id: str
    objects: int = 0
    cpus: int = 0
    memory: int = 0
    reserved: int = 0
    used: int = 0

    @property
    def storage(self) -> int:
        return self.reserved + self.used


@dataclass(frozen=True)
class Limit:
    """One limit of one quota: `resource` as the quota writes it, `key` as amounts are kept."""

    quota: str
    resource: str
    key: str
    most: int

    @property
    def is_bytes(self) -> bool:
        return is_bytes(self.key)


def is_bytes(key: str) -> bool:
    return key in (MEMORY, CLAIMED) or key.startswith(POLICY) or key.endswith(OF_CLASS + CLAIMED)


def size(quantity: object) -> int:
    """A quantity in whole bytes, begun ones as whole; 0 for what is none or below."""
    try:
        amount = parse_quantity(quantity)  # type: ignore[arg-type]  # it says so itself
    except ValueError:
        return 0
    return max(0, min(MOST, -int((-amount).to_integral_value(ROUND_FLOOR))))


def policy_of(request: Admitting, storage_class: str) -> str:
    """The policy of a class that was looked up; empty without."""
    return text(request.world.get("StorageClass", "", storage_class), "parameters.storagePolicyID")


def amounts(booked: Iterable[Booked]) -> Amounts:
    """What the charges come to, under every key that a quota may limit."""
    found: Amounts = {}

    def add(key: str, amount: int) -> None:
        found[key] = found.get(key, 0) + amount

    for one in booked:
        add(CPU, one.cpus)
        add(MEMORY, one.memory)
        if one.policy_id:
            add(POLICY + one.policy_id, one.storage)
        if one.kind == CLAIMS:
            add(CLAIMED, one.storage)
            add(one.storage_class + OF_CLASS + CLAIMED, one.storage)
            add(one.storage_class + OF_CLASS + CLAIMS, one.objects)
    return found


def key_of(resource: str) -> str:
    """The key of amounts for what a ResourceQuota writes."""
    return COUNT + resource if resource in COUNTED_PLAINLY else SAME.get(resource, resource)


def limits_of(quota: Object) -> Iterator[Limit]:
    """The limits that a ResourceQuota or StoragePolicyQuota sets. One without a limit sets none."""
    name = text(quota, "metadata.name")
    if text(quota, "kind") == POLICY_QUOTA:
        most = _floor(get(quota, "spec.limit"))
        if most is not None:
            yield Limit(name, "storage", POLICY + text(quota, "spec.storagePolicyId"), most)
        return
    for resource, written in mapping(quota, "spec.hard").items():
        most = _floor(written)
        if most is not None:
            yield Limit(name, resource, key_of(resource), most)


def _floor(quantity: object) -> int | None:
    try:
        amount = parse_quantity(quantity)  # type: ignore[arg-type]
    except ValueError:
        return None
    return int(amount.to_integral_value(ROUND_FLOOR))


def lines(
    limits: Iterable[Limit], requested: Mapping[str, int], used: Mapping[str, int], paths: Mapping[str, str]
) -> tuple[Line, ...]:
    """How each limit that the request meets stands to it. What it does not ask for does not stop it."""
    return tuple(
        Line(
            quota=limit.quota,
            resource=limit.resource,
            requested=requested[limit.key],
            used=used.get(limit.key, 0),
            limit=limit.most,
            is_bytes=limit.is_bytes,
            path=paths.get(limit.key, ""),
        )
        for limit in limits
        if requested.get(limit.key, 0) > 0
    )


def refusal(met: Iterable[Line], group_resource: str, name: str) -> Exceeded:
    """403 in Kubernetes' words, then in plain ones: what is free, and who can help."""
    met = tuple(met)
    by_quota: dict[str, list[Line]] = {}
    for line in met:
        if line.is_exceeded:
            by_quota.setdefault(line.quota, []).append(line)
    said = "; ".join(_exceeded(quota, found) for quota, found in by_quota.items())
    errors = [_sentence(line) for found in by_quota.values() for line in found]
    plain = " ".join(error.message for error in errors)
    group = group_resource.partition(".")[2]
    return Exceeded(
        f'{group_resource} "{name}" is forbidden: {said}. {plain}',
        errors,
        met,
        name=name,
        group=group,
        kind=group_resource.partition(".")[0],
    )


def _exceeded(quota: str, found: list[Line]) -> str:
    def listed(amount: Callable[[Line], int]) -> str:
        return ",".join(f"{line.resource}={shown(amount(line), line.is_bytes)}" for line in found)

    requested, used = listed(lambda line: line.requested), listed(lambda line: line.used)
    return f"exceeded quota: {quota}, requested: {requested}, used: {used}, limited: {listed(lambda line: line.limit)}"


def _sentence(line: Line) -> FieldError:
    left, asked = rounded(line.left, line.is_bytes), rounded(line.requested, line.is_bytes)
    if left == asked:  # the difference is small
        left, asked = shown(line.left, line.is_bytes), shown(line.requested, line.is_bytes)
    message = (
        f"Quota {line.quota} leaves {left} of {line.resource}, and this asks for {asked}: "
        "ask for less, delete what you no longer need, or ask your admin to raise the quota."
    )
    rule = "STO-06" if line.resource == "storage" else "K8S-13"
    return FieldError(
        line.path, "Forbidden", message, rule, "your admin", "A namespace keeps within its quotas."
    )


def rounded(amount: int, is_bytes: bool) -> str:
    """For people: `118Gi` where it is some bytes more."""
    if not is_bytes:
        return shown(amount, is_bytes)
    number, units = float(amount), ["", "Ki", "Mi", "Gi", "Ti", "Pi"]
    while number >= 1024 and len(units) > 1:
        number, units = number / 1024, units[1:]
    return f"{number:.4g}{units[0]}"


def shown(amount: int, is_bytes: bool) -> str:
    """As Kubernetes writes it, to the byte."""
    return format_quantity(Decimal(amount), "BinarySI" if is_bytes else "DecimalSI")
