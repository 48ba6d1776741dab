"""What the VirtualMachine document shows as YAML, each block with the section it stands in.

Called by the tests that hold this folder to the document.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_FENCE = re.compile(r"^( *)```(\S*)")
_HEADING = re.compile(r"^(##+) +(.+?) *$")
_INCLUDE = re.compile(r'^--8<-- ".*/(.+)"$')


@dataclass(frozen=True)
class Block:
    """A block of YAML; `place` is `Hardware > Status, block 1`: section and number in it."""

    place: str
    content: Any

    @property
    def is_manifest(self) -> bool:
        """Whether it shows something to send, or a part of it; not what the portal answers."""
        return isinstance(self.content, dict) and bool({"kind", "spec", "annotations"} & self.content.keys())


def blocks(document: Path) -> list[Block]:
    """All its blocks of YAML, in order. A block that includes a file beside the document is that file."""
    seen: Counter[str] = Counter()
    found = []
    for section, text in _yaml_texts(document.read_text()):
        seen[section] += 1
        if include := _INCLUDE.match(text.strip()):
            text = document.with_name(include[1]).read_text()
        found.append(Block(f"{section}, block {seen[section]}", yaml.safe_load(text)))
    return found


def _yaml_texts(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of section (`Hardware > Controllers`) and text."""
    section: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if heading := _HEADING.match(line):
            depth = len(heading[1]) - 2
            section = [*section[:depth], heading[2]]
        elif fence := _FENCE.match(line):
            end = f"{fence[1]}```"
            inside = "\n".join(iter(lambda: next(lines), end))
            if fence[2] == "yaml":
                yield " > ".join(section), textwrap.dedent(inside)
