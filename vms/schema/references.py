"""Small shapes that several sections of a VM share: what names another object. Pure."""

from __future__ import annotations

from vmportal.schema.words import Schema, obj, text


def typed_reference(description: str = "") -> Schema:
    """An object named with its kind and version."""
    return obj(
        {"apiVersion": text(), "kind": text(), "name": text()},
        required=("apiVersion", "kind", "name"),
        description=description,
    )


def image_reference(description: str) -> Schema:
    """An image by its object name; the webhook's rules say which kinds."""
    return obj(
        {
            "kind": text(description="VirtualMachineImage or ClusterVirtualMachineImage."),
            "name": text(description="The image's object name, not its display name."),
        },
        required=("kind", "name"),
        description=description,
    )


def secret_key(
    *, default: str | None = None, is_required: bool = True, description: str = "A value in a Secret."
) -> Schema:
    """A key of a Secret of the same namespace."""
    return obj(
        {"name": text(description="The Secret."), "key": text(default=default, description="The key in it.")},
        required=("key", "name") if is_required else ("name",),
        description=description,
    )


def value_or_secret(description: str) -> Schema:
    """A text given here, or taken from a Secret."""
    return obj({"value": text(description="The text itself."), "from": secret_key()}, description=description)
