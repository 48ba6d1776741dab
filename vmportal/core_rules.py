"""What the portal asks of Kubernetes' own kinds, and what it fills in, as a kube-apiserver does. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.metadata import is_label_value
from vmportal.admission.reading import mapping, put
from vmportal.admission.rule import default, forbidden, invalid, not_supported, required, rule
from vmportal.errors import FieldError

ROLES = ("view", "edit", "admin")
_FILE_NAME = re.compile(r"[-._a-zA-Z0-9]{1,253}")
MAX_DATA_BYTES = 1024 * 1024  # of a Secret's or ConfigMap's values together


LABELS, NAME_LABEL = "metadata.labels", "kubernetes.io/metadata.name"


@default("CORE-01")
def namespace_is_active(a: Admitting) -> None:
    """A new namespace is active, and stays until its content is gone; only the portal says that it is."""
    if a.new is None:
        return
    if a.is_create:
        a.new["spec"] = {"finalizers": ["kubernetes"]}
        a.new["status"] = {"phase": "Active"}
    elif not a.is_vmop:
        a.new["spec"] = dict(mapping(a.old, "spec"))


@default("CORE-10")
def namespace_is_labelled_with_its_name(a: Admitting) -> None:
    """A namespace has its name as a label, so that selectors can name it."""
    labels = mapping(a.new, LABELS)
    if labels.get(NAME_LABEL) != a.name and is_label_value(a.name):  # what is wrong with a name is said once
        put(a.new, LABELS, {**labels, NAME_LABEL: a.name})


@default("CORE-02", op="CU")
def secret_has_its_data_encoded(a: Admitting) -> None:
    """`stringData` goes into `data`, encoded."""
    if a.new is None:
        return
    clear = a.new.pop("stringData", None)
    if isinstance(clear, dict) and clear:
        data = a.new.get("data")
        coded = {key: base64.b64encode(str(value).encode()).decode() for key, value in clear.items()}
        a.new["data"] = {**(data if isinstance(data, dict) else {}), **coded}


@rule("CORE-03", op="CU")
def data_is_small_enough(a: Admitting) -> Iterator[FieldError]:
    """The values of a Secret or ConfigMap take at most 1 MiB together."""
    new = a.new or {}
    size = sum(len(value) for part in ("data", "binaryData") for value in (new.get(part) or {}).values())
    if size > MAX_DATA_BYTES:
        yield FieldError("data", "TooLong", f"Keep to {MAX_DATA_BYTES:,} bytes in all: this takes {size:,}.")


@rule("CORE-04", op="U")
def immutable_data_stays(a: Admitting) -> Iterator[FieldError]:
    """What is marked immutable keeps its data, and the mark: delete it and make it anew."""
    old, new = a.old or {}, a.new or {}
    if not old.get("immutable"):
        return
    for part in ("data", "binaryData", "immutable"):
        if old.get(part) != new.get(part):
            yield forbidden(
                part, "This cannot be changed, as `immutable` is set: put it back, or make another object."
            )


@rule("CORE-05", op="U")
def secret_type_stays(a: Admitting) -> Iterator[FieldError]:
    """The type of a Secret cannot change."""
    if a.changed("type"):
        yield invalid("type", "This cannot be changed: put it back, or delete the Secret and make it anew.")


@rule("CORE-06", op="CU", who="admin")
def role_is_one_of_the_portals(a: Admitting) -> Iterator[FieldError]:
    """A RoleBinding binds to one of the roles `view`, `edit`, `admin`."""
    if a.text("roleRef.kind") not in ("ClusterRole",):
        yield not_supported("roleRef.kind", "Write ClusterRole: the portal's roles are cluster roles.")
    if a.text("roleRef.name") not in ROLES:
        yield not_supported("roleRef.name", f"Choose one of {', '.join(ROLES)}.")


@rule("CORE-07", op="U", who="admin")
def role_stays(a: Admitting) -> Iterator[FieldError]:
    """The role of a RoleBinding cannot change: delete the binding and make another."""
    if (a.old or {}).get("roleRef") != (a.new or {}).get("roleRef"):
        yield invalid(
            "roleRef",
            "The role of a binding cannot be changed: put it back, or delete the binding and make another.",
        )


@rule("CORE-08", op="CU", who="admin")
def subjects_are_named(a: Admitting) -> Iterator[FieldError]:
    """The subjects of a RoleBinding are users, groups or service accounts, each with its name."""
    for path, subject in a.each("subjects"):
        if subject.get("kind") not in ("User", "Group", "ServiceAccount"):
            yield not_supported(f"{path}.kind", "Choose one of User, Group, ServiceAccount.")
        if not subject.get("name"):
            yield required(f"{path}.name", "Name the user, group or service account.")


@rule("CORE-09", op="CU")
def keys_are_file_names(a: Admitting) -> Iterator[FieldError]:
    """The keys of a Secret or ConfigMap can be names of files, and each stands in one place."""
    new = a.new or {}
    texts, others = new.get("data") or {}, new.get("binaryData") or {}
    for part, values in (("data", texts), ("binaryData", others)):
        for key in values:
            if not _FILE_NAME.fullmatch(key) or key == "." or key.startswith(".."):
                yield invalid(
                    f"{part}[{key}]",
                    "Use at most 253 letters, digits, '-', '_' and '.', and do not begin with two dots.",
                )
            elif part == "data" and key in others:
                yield invalid(f"data[{key}]", "It stands in `binaryData` too: take it out of one of them.")


@rule("CORE-11", op="CU")
def event_lies_beside_what_it_is_about(a: Admitting) -> Iterator[FieldError]:
    """An event about an object of a namespace lies in that namespace."""
    if a.text("involvedObject.namespace") not in ("", a.namespace):
        yield invalid(
            "involvedObject.namespace", "Make the event in the namespace of the object it is about."
        )


NAMESPACE = Admission(defaults=(namespace_is_active, namespace_is_labelled_with_its_name), names="label")
SECRET = Admission(
    defaults=(secret_has_its_data_encoded,),
    rules=(data_is_small_enough, keys_are_file_names, immutable_data_stays, secret_type_stays),
)
CONFIG_MAP = Admission(rules=(data_is_small_enough, keys_are_file_names, immutable_data_stays))
EVENT = Admission(rules=(event_lies_beside_what_it_is_about,))
SERVICE_ACCOUNT = Admission()
ROLE_BINDING = Admission(rules=(role_is_one_of_the_portals, role_stays, subjects_are_named), names="segment")
