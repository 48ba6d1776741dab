"""What metadata must look like: Kubernetes' own checks, with its paths and types. Run by `admit`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from vmportal.admission.admitting import Admitting
from vmportal.admission.reading import Object, each, each_text, get, mapping, text, texts
from vmportal.admission.rule import Finding, forbidden, invalid, required, warn
from vmportal.errors import FieldError
from vmportal.schema import validate

if TYPE_CHECKING:
    from vmportal.kind import Shape

KEYS = ("apiVersion", "kind", "metadata")  # of an object; the rest is its schema's
_OWN_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")  # Kubernetes' own, without a domain
ANNOTATIONS_SIZE = 256 * 1024  # bytes, all keys and values together
# How objects of a kind are named: as a DNS subdomain, as a DNS label, or as anything that fits into a path.
NameStyle = Literal["subdomain", "label", "segment"]

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_QUALIFIED = re.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

_TEXT = {"type": "string"}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_FLAG = {"type": "boolean"}
_OWNER = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("apiVersion", "kind", "name", "uid"), _TEXT),
        **dict.fromkeys(("controller", "blockOwnerDeletion"), _FLAG),
    },
}
# The types of what people write; what the portal itself writes is not asked about.
SCHEMA = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "generateName", "namespace"), _TEXT),
        **dict.fromkeys(("labels", "annotations"), _TEXTS),
        "finalizers": {"type": "array", "items": _TEXT},
        "ownerReferences": {"type": "array", "items": _OWNER},
    },
}
# In this order Kubernetes reports them.
_IMMUTABLE = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def check(request: Admitting, shape: Shape, names: NameStyle) -> Iterator[Finding]:
    """What is wrong with the metadata of the new object. Of wrong types nothing further is said."""
    new = request.new or {}
    meta = new.get("metadata")
    wrong = validate(SCHEMA, {} if meta is None else meta, "metadata")
    if wrong:
        yield from wrong
        return
    yield from _names(new, shape, names)
    yield from label_errors(texts(new, "metadata.labels"), "metadata.labels")
    yield from annotation_errors(texts(new, "metadata.annotations"), "metadata.annotations")
    yield from _owners(new)
    yield from _finalizers(new)
    yield from _finalizers_of_nobody(new, request.old or {}, shape)
    if request.old is not None:
        yield from _changes(new, request.old)


def is_dns_label(name: str) -> bool:
    """A DNS-1123 label: lower case letters, digits and inner hyphens, at most 63."""
    return len(name) <= 63 and _DNS_LABEL.fullmatch(name) is not None


def is_dns_subdomain(name: str) -> bool:
    """A DNS-1123 subdomain: dot-separated labels of any length (sic), at most 253 characters."""
    return len(name) <= 253 and _DNS_SUBDOMAIN.fullmatch(name) is not None


def is_qualified_name(name: str) -> bool:
    """A key of labels and annotations: a name of at most 63, perhaps after a DNS subdomain and a slash."""
    prefix, slash, last = name.rpartition("/")
    if slash and not is_dns_subdomain(prefix):
        return False
    return len(last) <= 63 and _QUALIFIED.fullmatch(last) is not None


def is_label_value(value: str) -> bool:
    """Empty, or at most 63 letters, digits, `-`, `_` and `.` that begin and end with a letter or digit."""
    return value == "" or (len(value) <= 63 and _QUALIFIED.fullmatch(value) is not None)


def _is_segment(name: str) -> bool:
    return name not in (".", "..") and not any(sign in name for sign in "/%")


_STYLES = {
    "subdomain": (
        is_dns_subdomain,
        "Use lower case letters, digits, '-' and '.' only, begin and end with a letter or digit, "
        "and keep to 253 characters.",
    ),
    "label": (
        is_dns_label,
        "Use lower case letters, digits and '-' only, begin and end with a letter or digit, "
        "and keep to 63 characters.",
    ),
    "segment": (_is_segment, "The name may not be '.' or '..' nor contain '/' or '%'."),
}


def _names(new: Object, shape: Shape, names: NameStyle) -> Iterator[FieldError]:
    is_name, advice = _STYLES[names]
    name, prefix, namespace = (text(new, f"metadata.{key}") for key in ("name", "generateName", "namespace"))
    if prefix and not is_name(f"{prefix}x" if prefix.endswith("-") else prefix):
        yield invalid("metadata.generateName", advice)
    if not name:
        yield required("metadata.name", "Give the object a name, or a prefix in generateName.")
    elif not is_name(name):
        yield invalid("metadata.name", advice)
    if not shape.namespaced:
        if namespace:
            yield forbidden("metadata.namespace", f"A {shape.kind} is cluster-wide: leave the namespace out.")
    elif not namespace:
        yield required("metadata.namespace", "Name the namespace the object belongs to.")
    elif not is_dns_label(namespace):
        yield invalid("metadata.namespace", _STYLES["label"][1])


def label_errors(found: Mapping[str, str], path: str) -> Iterator[FieldError]:
    """What is wrong with the keys and values of labels; all of it is said at `path`."""
    for key, value in found.items():
        if not is_qualified_name(key):
            yield invalid(path, _key_advice("label", key))
        if not is_label_value(value):
            yield invalid(
                path,
                f"The value of {key} must be at most 63 letters, digits, '-', '_' or '.', "
                "and begin and end with a letter or digit.",
            )


def annotation_errors(found: Mapping[str, str], path: str) -> Iterator[FieldError]:
    """What is wrong with annotations; all of it is said at `path`."""
    for key in found:
        if not is_qualified_name(key.lower()):
            yield invalid(path, _key_advice("annotation", key))
    if sum(len(part.encode(errors="replace")) for pair in found.items() for part in pair) > ANNOTATIONS_SIZE:
        yield FieldError(path, "TooLong", "Keep all annotations together within 256 KiB.")


def _key_advice(what: str, key: str) -> str:
    return (
        f"{key!r} is no {what} key: use a name of at most 63 letters, digits, '-', '_' or '.', "
        "if you like after a DNS subdomain and '/'."
    )


def _owners(new: Object) -> Iterator[FieldError]:
    controllers = 0
    for path, owner in each(new, "metadata.ownerReferences"):
        group_version = text(owner, "apiVersion")
        if not group_version or group_version.count("/") > 1 or group_version.endswith("/"):
            wrong = invalid if group_version else required
            yield wrong(f"{path}.apiVersion", "Give the owner's group and version, such as apps/v1.")
        for key in ("kind", "name", "uid"):
            if not text(owner, key):
                yield required(f"{path}.{key}", f"Give the owner's {key}.")
        if (group_version, text(owner, "kind")) == ("v1", "Event"):
            yield invalid(path, "An Event cannot own an object.")
        controllers += owner.get("controller") is True
    if controllers > 1:
        yield invalid("metadata.ownerReferences", "Only one owner may be the controller.")


def _finalizers(new: Object) -> Iterator[FieldError]:
    found = [name for _, name in each_text(new, "metadata.finalizers")]
    for name in found:
        if not is_qualified_name(name):
            yield invalid("metadata.finalizers", _key_advice("finalizer", name))
    if {"orphan", "foregroundDeletion"} <= set(found):
        yield invalid(
            "metadata.finalizers", "The finalizers orphan and foregroundDeletion exclude each other."
        )


def _finalizers_of_nobody(new: Object, old: Object, shape: Shape) -> Iterator[Finding]:
    """Finalizers that name no domain, and so nobody who would take them away: Kubernetes' own kinds refuse them."""
    known = {*_OWN_FINALIZERS, *(name for _, name in each_text(old, "metadata.finalizers"))}
    for path, name in each_text(new, "metadata.finalizers"):
        if shape.is_builtin and "/" not in name and name not in _OWN_FINALIZERS:
            yield invalid(path, f"Put a domain before the finalizer {name!r}: example.com/{name or 'name'}.")
        elif not shape.is_builtin and name and "/" not in name and name not in known:
            yield warn(
                "metadata.finalizers",
                f'"{name}": prefer a domain-qualified finalizer name to avoid accidental conflicts with other '
                "finalizer writers",
            )


def _changes(new: Object, old: Object) -> Iterator[FieldError]:
    if get(old, "metadata.deletionTimestamp") is not None:
        before: list[Any] = [name for _, name in each_text(old, "metadata.finalizers")]
        added = [name for _, name in each_text(new, "metadata.finalizers") if name not in before]
        if added:
            yield forbidden(
                "metadata.finalizers", "The object is being deleted: no finalizer can be added any more."
            )
    was, now = mapping(old, "metadata"), mapping(new, "metadata")
    for key in _IMMUTABLE:
        if was.get(key) != now.get(key):
            yield invalid(f"metadata.{key}", f"The {key} of an object cannot be changed.")
