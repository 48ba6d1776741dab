"""What a test looks for in a page: texts without tags, fields with their values, slots with their errors."""

from __future__ import annotations

import re
from html import unescape
from typing import Any


def html(response: Any) -> str:
    return response.content.decode()


def text(response: Any) -> str:
    """The page as a person reads it, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html(response))).split())


def names(response: Any) -> list[str]:
    """The names of the machines in a list, from top to bottom."""
    return re.findall(r'<th scope="row"><a class="name"[^>]*>([^<]+)</a>', html(response))


def slot(response: Any, field: str) -> str:
    """The errors that stand beside a field of a form."""
    found = re.search(rf'id="error-{field}"[^>]*>(.*?)</div>', html(response), re.DOTALL)
    assert found, f"the form has no place for errors of {field}"
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[1])).split())
