"""Builders: a test names only what it is about, the rest is usual. Add to it; every area uses it."""

from __future__ import annotations

from typing import Any

from vmportal import service
from vmportal.access import AUTHENTICATED, Caller
from vmportal.kinds import KINDS
from vmportal.store import By

ADMIN = Caller("admin", (AUTHENTICATED,), is_admin=True)
VMOP = "vmoperator.vmware.com/v1alpha5"


def by(caller: Caller = ADMIN, manager: str = "tests") -> By:
    return By(caller, manager, "request-1")


def as_portal() -> By:
    """The portal itself, which alone writes what is made from an offer."""
    return service.operator()


def kind(name: str):
    """The kind of that name: `kind("VirtualMachine")`."""
    return next(item for item in KINDS if item.shape.kind == name)


def obj(
    kind_name: str, name: str, namespace: str = "", *, meta: dict[str, Any] | None = None, **rest: Any
) -> dict:
    """An object of any kind as a user would send it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **(meta or {})}
    return {"apiVersion": kind(kind_name).shape.api_version, "kind": kind_name, "metadata": metadata, **rest}


def config_map(
    name: str = "settings", namespace: str = "team-a", data: dict | None = None, **meta: Any
) -> dict:
    return obj("ConfigMap", name, namespace, meta=meta, data=data or {"color": "blue"})


def vm(
    name: str = "web-1", namespace: str = "team-a", *, meta: dict[str, Any] | None = None, **spec: Any
) -> dict:
    """A VirtualMachine that the demo's catalogue can make."""
    wished = {"className": "small", "imageName": "ubuntu-24.04", "storageClass": "gold", **spec}
    wished = {key: value for key, value in wished.items() if value is not None}
    return obj("VirtualMachine", name, namespace, meta=meta, spec=wished)


def create(document: dict, caller: Caller = ADMIN, **options: Any) -> dict:
    """Store it through the one door; the stored object."""
    namespace = document["metadata"].get("namespace", "")
    return service.create(kind(document["kind"]), namespace, document, by(caller), **options).object


def make_namespace(name: str = "team-a") -> dict:
    return create(obj("Namespace", name))
