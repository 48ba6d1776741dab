"""Objects as YAML text, which every reader of YAML takes for what it is. Called by pages, the API and commands; pure.

Readers differ in which plain texts are numbers, truth values or dates: what any of them could take so is quoted.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

# Numbers as kubectl reads them; YAML 1.1 and 1.2 each leave some of them out.
INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)\Z")
FLOAT = re.compile(
    r"[-+]?(?:(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)\Z"
)
# Beyond those, what some reader takes for a number, a date or a truth value: 09, 0XFF, 2026-1-2, y.
_MISREAD = {
    "int": (r"[-+]?(?:[0-9][0-9_]*|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+)\Z", "-+0123456789"),
    "timestamp": (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\Z", "0123456789"),
    "bool": (r"[yYnN]\Z", "yYnN"),
}
# Line ends to some readers; and a mark that some drop. Only in double quotes are they safe.
_ODD = re.compile("[\r\x85\u2028\u2029\ufeff]")


class _Dumper(yaml.CSafeDumper):
    """Keeps the order of keys, writes texts of several lines as blocks, and shares nothing by alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.CSafeDumper, data: str) -> yaml.ScalarNode:
    style = '"' if _ODD.search(data) else "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))
for _kind, (_pattern, _first) in _MISREAD.items():
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list(_first))


def dump(value: Any) -> str:
    """One document: what JSON can say."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def dump_all(values: list[Any]) -> str:
    """Several documents, with `---` between them."""
    return "---\n".join(dump(value) for value in values)


def dump_object(obj: dict[str, Any], *, with_managed_fields: bool = False) -> str:
    """One object; without the bookkeeping of who wrote which field, unless asked for."""
    kept = {k: v for k, v in obj["metadata"].items() if with_managed_fields or k != "managedFields"}
    return dump({**obj, "metadata": kept})
