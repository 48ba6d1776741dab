"""One request as the rules see it: what is asked for, by whom, when, and in which world. Made by the service.

Pure: the time, random UUIDs and other objects come in from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from vmportal.admission import reading, who
from vmportal.admission.reading import Object
from vmportal.admission.who import Installation, User
from vmportal.admission.world import MemoryWorld, World

Operation = Literal["CREATE", "UPDATE", "DELETE"]

BUILD_ANNOTATION = "vmoperator.vmware.com/upgraded-to-build-version"
SCHEMA_ANNOTATION = "vmoperator.vmware.com/upgraded-to-schema-version"
FEATURE_ANNOTATION = "vmoperator.vmware.com/upgraded-to-feature-version"
BASE, SHARED_DISKS, ALL_DISKS_ARE_PVCS = 1, 2, 4  # feature bits (UPG-02)


@dataclass(frozen=True)
class Admitting:
    """A request on its way through admission.

    `new` is the object as it would be stored (None on delete): defaults complete it in place, rules only
    read it. `old` is the stored one (None on create). Reading methods look at `new`; for `old` see `was`.
    """

    operation: Operation
    kind: str
    namespace: str
    name: str
    new: Object | None
    old: Object | None
    user: User
    now: datetime
    new_uuid: Callable[[], str]
    features: Mapping[str, bool] = field(default_factory=dict)
    installation: Installation = field(default_factory=Installation)
    world: World = field(default_factory=MemoryWorld)
    # `new` as it came, with its schema's defaults alone; set by `admit` before the defaulting steps of an update.
    sent: Object | None = None

    @property
    def is_create(self) -> bool:
        return self.operation == "CREATE"

    @property
    def is_update(self) -> bool:
        return self.operation == "UPDATE"

    @cached_property
    def is_privileged(self) -> bool:
        """Any privileged user (section 2 of the catalogue)."""
        return who.is_privileged(self.user, self.installation)

    @cached_property
    def is_vmop(self) -> bool:
        """VM Operator itself."""
        return who.is_vmop(self.user, self.installation)

    @cached_property
    def is_vmop_or_masters(self) -> bool:
        """VM Operator itself, or a member of `system:masters`."""
        return who.is_vmop_or_masters(self.user, self.installation)

    def has(self, feature: str) -> bool:
        """Whether a feature flag is on."""
        return self.features.get(feature, False)

    def upgraded(self, obj: Object | None) -> bool:
        """Whether an object has been through the schema upgrade of the running build (UPG-01 to UPG-05)."""
        wanted = BASE
        if self.has("VMSharedDisks"):
            wanted |= SHARED_DISKS | ALL_DISKS_ARE_PVCS
        if self.has("AllDisksArePVCs"):
            wanted |= ALL_DISKS_ARE_PVCS
        build = self.installation.build_version
        return (
            build != ""
            and reading.annotation(obj, BUILD_ANNOTATION) == build
            and reading.annotation(obj, SCHEMA_ANNOTATION) == self.installation.schema_version
            and _mask(reading.annotation(obj, FEATURE_ANNOTATION) or "") & wanted == wanted
        )

    # Reading the new object.

    def get(self, path: str) -> Any:
        return reading.get(self.new, path)

    def text(self, path: str) -> str:
        return reading.text(self.new, path)

    def number(self, path: str) -> int | None:
        return reading.number(self.new, path)

    def each(self, path: str) -> Iterator[tuple[str, Object]]:
        """The objects of a list, each with its place: `("spec.volumes[0]", {...})`."""
        return reading.each(self.new, path)

    def each_text(self, path: str) -> Iterator[tuple[str, str]]:
        return reading.each_text(self.new, path)

    def label(self, key: str) -> str | None:
        return reading.label(self.new, key)

    def annotation(self, key: str) -> str | None:
        return reading.annotation(self.new, key)

    # Reading the old one, and the difference.

    def was(self, path: str) -> str:
        """The text that stood there before; empty when there was none."""
        return reading.text(self.old, path)

    def changed(self, path: str) -> bool:
        """Whether the text there is another one; absent and empty are the same."""
        return self.text(path) != self.was(path)


def _mask(value: str) -> int:
    """The feature mask of an annotation; unparsable, too large, with unknown bits: none (UPG-03)."""
    digits = value.lstrip("0")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return 0
    mask = int(digits)
    return 0 if mask & ~(BASE | SHARED_DISKS | ALL_DISKS_ARE_PVCS) else mask
