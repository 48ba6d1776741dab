"""The folder of specifications beside the checkout: CRDs and the like, which tests read where they lie.

Called by tests that hold the portal to them; without the folder they are skipped and say so.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PLACE = Path(os.environ.get("PORTAL_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def shared(name: str) -> Path:
    """`shared("crds")`: the path, or a skipped test (in a module's body: a skipped module)."""
    path = PLACE / name
    if not path.exists():
        pytest.skip(f"no {name} in {PLACE}: PORTAL_SHARED names the folder", allow_module_level=True)
    return path
