"""What a kind is: its names, its shape, its row and its rules. Assembled by each app's `kinds.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vmportal.admission import Admission

if TYPE_CHECKING:
    from vmportal.quota import Quota
    from vmportal.resource import Resource
    from vmportal.work import Lease

Object = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One printer column, as in a CRD's `additionalPrinterColumns`."""

    name: str
    type: str
    path: str  # JSONPath below the object, `.status.powerState`
    priority: int = 0  # 1: only with `-o wide`
    description: str = ""
    format: str = ""


@dataclass(frozen=True)
class Scale:
    """Where a kind with the `scale` subresource keeps its numbers: JSONPaths below the object."""

    replicas: str  # the wish, `.spec.replicas`
    seen: str  # what there is, `.status.replicas`


@dataclass(frozen=True)
class Shape:
    """The names and the schema of a kind; pure, declared in an app's `schema`.

    `schema` is a structural OpenAPI v3 schema of the whole object without
    `apiVersion`, `kind` and `metadata` (`vmportal.schema`).
    """

    group: str  # "" for the core group
    version: str
    kind: str
    plural: str
    schema: Mapping[str, Any]
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    namespaced: bool = True
    has_status: bool = False  # serves the `status` subresource
    scale: Scale | None = None  # serves the `scale` subresource
    is_builtin: bool = False  # a kind of Kubernetes itself: strategic merge patch, protobuf, no CRD
    columns: tuple[Column, ...] = ()
    example: Mapping[str, Any] | None = None  # a sensible object to begin with, for documentation

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`virtualmachines.vmoperator.vmware.com`, or `secrets` in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def details(self, name: str) -> dict[str, str]:
        """Which object a `Status` is about, as its `details` say it."""
        return {"name": name, "group": self.group, "kind": self.plural}


@dataclass(frozen=True)
class Offering:
    """How objects of a kind come into namespaces by an Offer (`vmportal.offers`), and who keeps them there."""

    # Of what stands in a namespace: queries for the objects that cannot do without it.
    users: Callable[[Object], Iterable[Any]] = lambda _: ()
    # Of a cluster-wide kind: what makes an object of it usable in a namespace, if anything does; up to a quantity,
    # or ("") without limit.
    grant: Callable[[Object, str, Mapping[str, bool]], Object | None] | None = None
    has_status: bool = (
        False  # what it is stands in its status, which comes with the offer as nobody else finds it out
    )


@dataclass(frozen=True)
class Kind:
    """A shape, and what the portal does with it."""

    shape: Shape
    model: type[Resource]
    writer: str = "edit"  # the least role that may write it: `edit`, `admin` (of the namespace), `portal`
    reader: str = "view"  # the least role that may read it
    admission: Admission = field(default_factory=Admission)
    # What lists filter and sort by: the row's own columns, made from the object in the same save.
    row_columns: Callable[[Object], dict[str, Any]] = lambda _: {}
    # `fieldSelector` names beyond metadata.name and metadata.namespace -> the row's column.
    selectable: Mapping[str, str] = field(default_factory=dict)
    is_sealed: bool = False  # its body is encrypted in the database
    # Makes one object's wish true, a step at a time: (uid, lease) -> seconds until the next look, or None.
    reconcile: Callable[[str, Lease], float | None] | None = None
    # Of an object of this kind: the uids (a query) of objects whose work may have waited for it.
    waiting: Callable[[Object], Any] | None = None
    has_history: bool = True  # keeps revisions
    finalizer: str = ""  # the portal's own: it holds what a backend still has, and nobody else takes it away
    quota: Quota | None = None  # keeps its objects within what their namespaces may have
    offering: Offering | None = None  # for what a catalogue consists of: how it is offered to namespaces

    @property
    def is_reconciled(self) -> bool:
        """Whether it is a wish that has to be made true: then it has a `Work` row."""
        return self.reconcile is not None
