"""A pytest plugin: runs tests with one policy taken away. Loaded by `tests.conformance.policy_mutants` only.

`PORTAL_WITHOUT` names it: `VirtualMachine/errors/D-34`.
"""

from __future__ import annotations

import os


def take_away(kind_name: str, part: str, id_: str) -> None:
    """In place: whatever holds the policies of the kind lacks this one from now on."""
    from vmportal.kinds import KINDS

    (kind,) = (kind for kind in KINDS if kind.shape.kind == kind_name)
    policies = kind.admission.policies
    left = tuple(entry for entry in getattr(policies, part) if entry.id != id_)
    assert len(left) < len(getattr(policies, part)), (kind_name, part, id_)
    object.__setattr__(policies, part, left)  # frozen, for everybody else


def pytest_sessionstart() -> None:
    take_away(*os.environ["PORTAL_WITHOUT"].split("/"))
