"""The form for a new machine: what was typed, and the objects it means; pure.

A form checks nothing itself: the rules do, at the same paths as for the API. Called by the views of `vms`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from vmportal.errors import FieldError
from vmportal.labels import read_labels
from vms.annotations import ZONE_LABEL

Object = dict[str, Any]

API_VERSION = "vmoperator.vmware.com/v1alpha5"
USER_DATA = "user-data"
CLOUD_CONFIG = "#cloud-config"
# What user-data may begin with; anything but YAML is handed on as it is.
_OTHER_USER_DATA = (
    "#!",
    "#include",
    "#cloud-boothook",
    "## template:",
    "Content-Type:",
    "MIME-Version:",
    "#part-handler",
)

# The start of an error's path -> the field of the form beside which it is shown. The longest start wins.
_FIELDS = {
    "metadata.name": "name",
    f"metadata.labels[{ZONE_LABEL}]": "zone",
    f"metadata.labels.{ZONE_LABEL}": "zone",
    "metadata.labels": "labels",
    "spec.className": "class",
    "spec.class": "class",
    "spec.image": "image",
    "spec.imageName": "image",
    "spec.hardware.cdrom": "image",
    "spec.guestID": "image",
    "spec.storageClass": "storage_class",
    "spec.crypto": "storage_class",
    "spec.network": "network",
    "spec.network.interfaces[0].name": "interface",
    "spec.bootstrap": "cloud_init",
    "spec.powerState": "power_on",
}
FIELDS = (
    "name",
    "image",
    "class",
    "storage_class",
    "zone",
    "interface",
    "network",
    "cloud_init",
    "power_on",
    "labels",
)


@dataclass(frozen=True)
class Draft:
    """What stands in the form, as it was typed. `image` is `<kind>/<name>` of the chosen row."""

    name: str = ""
    image: str = ""
    class_name: str = ""
    storage_class: str = ""
    zone: str = ""
    interface: str = ""
    network: str = ""
    cloud_init: str = ""
    labels: str = ""
    is_power_on: bool = True
    touched: frozenset[str] = frozenset()

    @classmethod
    def of(cls, posted: Mapping[str, str]) -> Draft:
        return cls(
            name=posted.get("name", "").strip(),
            image=posted.get("image", ""),
            class_name=posted.get("class", ""),
            storage_class=posted.get("storage_class", ""),
            zone=posted.get("zone", ""),
            interface=posted.get("interface", "").strip(),
            network=posted.get("network", "").strip(),
            cloud_init=posted.get("cloud_init", "").replace("\r\n", "\n"),
            labels=posted.get("labels", "").replace("\r\n", "\n"),
            is_power_on=posted.get("power_on") == "yes",
            touched=frozenset(name for name in posted.get("touched", "").split(",") if name),
        )

    @property
    def secret_name(self) -> str:
        return f"{self.name}-cloud-init"

    @property
    def has_cloud_init(self) -> bool:
        return bool(self.cloud_init.strip())


@dataclass(frozen=True)
class ImageChoice:
    """One row of the image picker. `imageName` may be used where the display name means only this image."""

    kind: str
    name: str
    display_name: str
    type: str
    os: str
    is_unique: bool = True
    guest_id: str = ""  # looked up for an ISO only: a machine from a disc must say its guest

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def label(self) -> str:
        return self.display_name or self.name

    @property
    def is_shared(self) -> bool:
        return self.kind.startswith("Cluster")


@dataclass(frozen=True)
class Errors:
    """Errors by field of the form; `elsewhere` are those of no field."""

    by_field: Mapping[str, list[FieldError]] = field(default_factory=dict)
    elsewhere: tuple[FieldError, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.by_field or self.elsewhere)

    def slots(self, touched: Iterable[str] | None) -> list[tuple[str, list[FieldError]]]:
        """(field, errors) of every field. What is merely missing is told only of touched fields (None: of all)."""
        known = None if touched is None else set(touched)
        return [
            (
                name,
                [
                    error
                    for error in self.by_field.get(name, [])
                    if known is None or name in known or not _is_missing(error)
                ],
            )
            for name in FIELDS
        ]

    def missing(self) -> list[str]:
        """The fields that still want a value."""
        return [name for name in FIELDS if any(_is_missing(error) for error in self.by_field.get(name, []))]


def by_field(errors: Iterable[FieldError]) -> Errors:
    """Sort errors to the fields beside which they are shown."""
    found: dict[str, list[FieldError]] = {}
    elsewhere = []
    for error in errors:
        if name := _field_of(error.path):
            found.setdefault(name, []).append(error)
        else:
            elsewhere.append(error)
    return Errors(found, tuple(elsewhere))


def virtual_machine(draft: Draft, image: ImageChoice | None) -> Object:
    """The VirtualMachine that a draft means. Empty fields are left out: defaults fill them."""
    labels, _errors = read_labels(draft.labels)
    if draft.zone:
        labels[ZONE_LABEL] = draft.zone
    meta: Object = {"name": draft.name}
    if labels:
        meta["labels"] = labels
    spec: Object = {"className": draft.class_name} if draft.class_name else {}
    spec.update(_image(image))
    if draft.storage_class:
        spec["storageClass"] = draft.storage_class
    if interface := _interface(draft):
        spec["network"] = {"interfaces": [interface]}
    if draft.has_cloud_init:
        raw = {"name": draft.secret_name, "key": USER_DATA}
        spec["bootstrap"] = {"cloudInit": {"rawCloudConfig": raw}}
    spec["powerState"] = "PoweredOn" if draft.is_power_on else "PoweredOff"
    return {"apiVersion": API_VERSION, "kind": "VirtualMachine", "metadata": meta, "spec": spec}


def cloud_init_secret(draft: Draft, *, is_clear: bool = False) -> Object:
    """The Secret that keeps the user-data; `is_clear` as one would write it by hand."""
    content = (
        {"stringData": {USER_DATA: draft.cloud_init}}
        if is_clear
        else {"data": {USER_DATA: base64.b64encode(draft.cloud_init.encode()).decode()}}
    )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": draft.secret_name},
        "type": "Opaque",
        **content,
    }


def own_errors(draft: Draft) -> list[FieldError]:
    """What no rule can see: labels that are no pairs, user-data that no guest could read."""
    return [*read_labels(draft.labels)[1], *check_cloud_init(draft.cloud_init)]


def check_cloud_init(text: str) -> list[FieldError]:
    """Whether cloud-init will be able to read a user-data; with the line where it will stumble."""
    path = "spec.bootstrap.cloudInit.rawCloudConfig"
    stripped = text.strip()
    if not stripped or stripped.startswith(_OTHER_USER_DATA):
        return []
    if not stripped.startswith(CLOUD_CONFIG):
        message = f"The first line must be {CLOUD_CONFIG} (or #! for a script): else the guest ignores it."
        return [FieldError(path, "Invalid", message)]
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f"Line {error.problem_mark.line + 1}" if error.problem_mark else "This"
        return [FieldError(path, "Invalid", f"{line} is no YAML: {error.problem or error.context}.")]
    except (yaml.YAMLError, ValueError) as error:
        return [FieldError(path, "Invalid", f"This is no YAML: {error}")]
    if content is not None and not isinstance(content, dict):
        return [
            FieldError(
                path, "Invalid", "Below the first line, write keys and values (`users:`, `packages:` …)."
            )
        ]
    return []


def what_is_added(sent: Object, completed: Object) -> list[tuple[str, Any]]:
    """(path, value) of what defaults and the system have filled in beyond what was sent."""
    return list(_added("spec", sent.get("spec", {}), completed.get("spec", {})))


def _added(path: str, sent: Any, completed: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(completed, dict):
        before = sent if isinstance(sent, dict) else {}
        for key, value in completed.items():
            yield from _added(f"{path}.{key}", before.get(key), value)
    elif isinstance(completed, list) and completed and isinstance(completed[0], dict):
        items = sent if isinstance(sent, list) else []
        for index, value in enumerate(completed):
            yield from _added(f"{path}[{index}]", items[index] if index < len(items) else None, value)
    elif sent != completed and completed not in ("", None, []):
        yield path, completed


def _image(image: ImageChoice | None) -> Object:
    if image is None:
        return {}
    if image.type == "ISO":  # a disc in the drive, not a disk to clone
        cdrom = {"name": "cdrom1", "image": {"kind": image.kind, "name": image.name}}
        guest = {"guestID": image.guest_id} if image.guest_id else {}
        return {**guest, "hardware": {"cdrom": [cdrom]}}
    if image.display_name and image.is_unique:
        return {"imageName": image.display_name}
    return {"image": {"kind": image.kind, "name": image.name}}


def _interface(draft: Draft) -> Object:
    if not draft.network and not draft.interface:
        return {}
    found: Object = {"name": draft.interface or "eth0"}
    if draft.network:
        found["network"] = {"name": draft.network}
    return found


def _field_of(path: str) -> str:
    starts = [start for start in _FIELDS if path == start or path.startswith((f"{start}.", f"{start}["))]
    return _FIELDS[max(starts, key=len)] if starts else ""


def _is_missing(error: FieldError) -> bool:
    return error.type == "Required"
