"""Messages that the portal once answered wrongly, a file each in tests/fuzz/cases: kept for good once it is mended.

Used by tests/fuzz; tokens stand in them as `<token.editor>`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

CASES = Path(__file__).parent / "cases"


def keep(message: bytes, complaint: str, tokens: Mapping[str, str]) -> Path:
    """Write a case down; a file for one message, however often it fails."""
    text = message.decode("latin-1")
    for caller, token in tokens.items():
        text = text.replace(token, f"<token.{caller}>")
    file = CASES / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    CASES.mkdir(exist_ok=True)
    file.write_text(json.dumps({"complaint": complaint, "message": text}, indent=1) + "\n")
    return file
