"""Makes VMs what they are wished to be: look, plan, act, write down. Called by the worker under a lease."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from vmportal import events, jsontext, service
from vmportal.admission import Want
from vmportal.backends import backend_for
from vmportal.backends.base import Backend, BackendRefused, Hints, Ref
from vmportal.errors import ApiError, Conflict, NotFound
from vmportal.kind import Kind, Object
from vmportal.work import Lease, Retry
from vmportal.world import features, fetch
from vms.models import VirtualMachine
from vms.reconcile import Event, Facts, Path, Plan, needs, needs_inventory, plan, refused


def reconcile_vm(uid: str, lease: Lease) -> float | None:
    """One step towards one VM's wish: seconds until the next look, or None. Raises `Retry` to back off."""
    row = VirtualMachine.objects.filter(uid=uid).first()
    if row is None:
        return None
    vm = jsontext.read(row.body)
    ref = Ref(row.namespace, row.name, uid)
    backend = backend_for(row.namespace)
    hints = Hints(vm.get("status", {}).get("uniqueID", ""), vm["spec"].get("instanceUUID", ""))
    observed = backend.observe(ref, hints)
    facts = _facts(vm, observed, ref, backend, lease)
    step = plan(vm, observed, facts)
    lease.renew()
    try:
        for action in step.actions:
            backend.apply(ref, action)
    except BackendRefused as refusal:
        step = refused(vm, observed, facts, step, refusal)
    try:
        _write(vm, step, lease)
    except (Conflict, NotFound):
        return 0  # somebody changed the wish meanwhile: look at it afresh
    if step.failed and step.look_again != 0:
        raise Retry(step.failed, step.look_again)
    return step.look_again


def _facts(vm: Object, observed: Object | None, ref: Ref, backend: Backend, lease: Lease) -> Facts:
    keys = needs(vm, settings.OPERATOR_NAMESPACE)
    found = fetch({Want("Zone", ref.namespace), *(Want(*key) for key in keys)})
    extra = {}
    if needs_inventory(vm, observed):
        extra["inventory"] = backend.inventory()
    return Facts(
        now=timezone.now(),
        build_version=settings.BUILD_VERSION,
        manager_id=backend.instance_uuid,
        objects={_key(obj): obj for obj in found},
        features=features(),
        operator_namespace=settings.OPERATOR_NAMESPACE,
        zones=tuple(obj for obj in found if obj["kind"] == "Zone"),
        interfaces=backend.interfaces(ref),
        create_task=None if observed else backend.create_task(ref),
        notes=lease.notes,
        is_watched=True,
        **extra,
    )


def _key(obj: Object) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _write(vm: Object, step: Plan, lease: Lease) -> None:
    """What the plan changes of the wish, and what it saw, in one write; then the events."""
    kind, by, meta = _kind(), service.operator(), vm["metadata"]

    def change(current: Object) -> Object:
        current["metadata"]["resourceVersion"] = meta["resourceVersion"]
        current["status"] = step.status
        return patched(current, step.patches)

    service.update(kind, meta["namespace"], meta["name"], change, by, lease=lease, with_status=True)
    if step.notes != lease.notes:
        lease.keep(step.notes)
    for event in step.events:
        _record(kind, vm, event)


def patched(obj: Object, patches: Iterable[tuple[Path, object]]) -> Object:
    """The object with values set at their paths; None takes a key away."""
    for path, value in patches:
        *parents, last = path
        place = obj
        for key in parents:
            place = place.setdefault(key, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return obj


def _record(kind: Kind, vm: Object, event: Event) -> None:
    with contextlib.suppress(ApiError):  # a terminating namespace takes no new events
        events.record(kind, vm, event.type, event.reason, event.message, service.operator())


def _kind() -> Kind:
    from vms.kinds import VIRTUAL_MACHINE  # which names this file's task

    return VIRTUAL_MACHINE
