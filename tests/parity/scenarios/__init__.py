"""All scenarios, a file for each thing that clients do."""

from __future__ import annotations

import importlib
import pkgutil

from tests.parity.language import Scenario

SCENARIOS: list[Scenario] = [
    found
    for module in pkgutil.iter_modules(__path__)
    for found in importlib.import_module(f"{__name__}.{module.name}").SCENARIOS
]
