"""What a namespace offers for new machines: classes, images, storage classes, zones, each with the facts that matter.

Called by the form for a new machine and by the pages of classes and images.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import CharField, QuerySet, Value

from storage.offers import StorageOffer, storage_offers
from vmportal.offers.marks import WITHDRAWN
from vms.forms import ImageChoice
from vms.models import ClusterVirtualMachineImage, VirtualMachineClass, VirtualMachineImage, Zone

MOST_IMAGES = 500


@dataclass(frozen=True)
class ClassOffer:
    """A class in a few facts. Memory and reservations as Kubernetes writes quantities."""

    name: str
    cpus: int
    memory: str
    description: str
    reserved_cpu: str
    reserved_memory: str
    gpus: tuple[str, ...]

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> ClassOffer:
        spec = obj.get("spec") or {}
        hardware = spec.get("hardware") or {}
        devices = hardware.get("devices") or {}
        requests = ((spec.get("policies") or {}).get("resources") or {}).get("requests") or {}
        others = [
            f"{item['vendorID']}:{item['deviceID']}"
            for item in devices.get("dynamicDirectPathIODevices") or []
        ]
        return cls(
            name=obj["metadata"]["name"],
            cpus=hardware.get("cpus") or 0,
            memory=hardware.get("memory") or "0",
            description=spec.get("description") or "",
            reserved_cpu=requests.get("cpu", ""),
            reserved_memory=requests.get("memory", ""),
            gpus=(*(item["profileName"] for item in devices.get("vgpuDevices") or []), *others),
        )

    @property
    def reserved(self) -> str:
        cpu = f"{self.reserved_cpu} CPU" if self.reserved_cpu else ""
        return " · ".join(part for part in (cpu, self.reserved_memory) if part)


class Offers:
    """The catalogue of one namespace. Each part is one or two statements, asked for when wanted."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    @cached_property
    def classes(self) -> list[ClassOffer]:
        """Small ones first."""
        rows = _on_offer(VirtualMachineClass.objects.filter(namespace=self.namespace, deleting=None))
        return [ClassOffer.of(json.loads(row.body)) for row in rows.order_by("cpus", "memory_mib", "name")]

    @cached_property
    def images(self) -> list[ImageChoice]:
        rows = list(image_rows(self.namespace)[:MOST_IMAGES])
        called = Counter(row["display_name"] for row in rows)
        return [ImageChoice(**row, is_unique=called[row["display_name"]] == 1) for row in rows]

    @cached_property
    def storage_classes(self) -> list[StorageOffer]:
        return storage_offers(self.namespace)

    @cached_property
    def zones(self) -> list[str]:
        rows = _on_offer(Zone.objects.filter(namespace=self.namespace, deleting=None))
        return list(rows.order_by("name").values_list("name", flat=True))

    def image(self, key: str) -> ImageChoice | None:
        found = next((image for image in self.images if image.key == key), None)
        return replace(found, guest_id=self._guest_id(found)) if found and found.type == "ISO" else found

    def _guest_id(self, image: ImageChoice) -> str:
        rows = ClusterVirtualMachineImage if image.is_shared else VirtualMachineImage
        row = rows.objects.get(namespace="" if image.is_shared else self.namespace, name=image.name)
        return (json.loads(row.body)["status"].get("osInfo") or {}).get("id", "")

    def class_named(self, name: str) -> ClassOffer | None:
        return next((offer for offer in self.classes if offer.name == name), None)


def _on_offer(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Without those that have been withdrawn, and stay for who uses them only."""
    return rows.exclude(labels__has_key=WITHDRAWN)


def image_rows(namespace: str) -> QuerySet[Any, dict[str, Any]]:
    """The namespace's own images and the shared ones, by display name, in one statement."""
    own = VirtualMachineImage.objects.filter(namespace=namespace, deleting=None)
    shared = ClusterVirtualMachineImage.objects.filter(deleting=None)
    return (
        _facts(own, "VirtualMachineImage")
        .union(_facts(shared, "ClusterVirtualMachineImage"))
        .order_by("display_name", "name")
    )


def _facts(rows: QuerySet[Any], kind: str) -> QuerySet[Any, dict[str, Any]]:
    return rows.annotate(kind=Value(kind, output_field=CharField())).values(
        "name", "display_name", "type", "os", "kind"
    )
