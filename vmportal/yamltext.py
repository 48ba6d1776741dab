"""Objects as YAML text, for people to read and copy. Called by pages; pure."""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.CSafeDumper):
    """Keeps the order of keys, writes texts of several lines as blocks, and uses no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, data: str) -> yaml.ScalarNode:
    style = "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)


def dump(value: Any) -> str:
    """One document."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def dump_all(values: list[Any]) -> str:
    """Several documents, with `---` between them."""
    return "---\n".join(dump(value) for value in values)


def dump_object(obj: dict[str, Any], *, with_managed_fields: bool = False) -> str:
    """One object; without the bookkeeping of who wrote which field, unless asked for."""
    kept = {k: v for k, v in obj["metadata"].items() if with_managed_fields or k != "managedFields"}
    return dump({**obj, "metadata": kept})
