"""`python -m tests.conformance.policy_mutants`: is every policy of the portal's own held by a test?

Policy has no reference, so that its own tests hold it: takes away one policy of one kind at a time, and runs the tests
that name its id. Prints the survivors, and exits 1 if there are any.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django

CHECKOUT = Path(__file__).resolve().parents[2]
PARTS = ("complete", "errors", "lifts", "instead", "in_deletion")
PASSED, FAILED = 0, 1  # exit codes of pytest


def mutants() -> Iterator[tuple[str, str, str]]:
    """Kind, part of its policies, id."""
    from vmportal.kinds import KINDS

    for kind in KINDS:
        for part in PARTS:
            ids = {entry.id for entry in getattr(kind.admission.policies, part)}
            yield from ((kind.shape.kind, part, id_) for id_ in sorted(ids))


def tests_that_name(id_: str) -> list[Path]:
    word = re.compile(rf"\b{re.escape(id_)}\b")
    return [path for path in (CHECKOUT / "tests").rglob("test_*.py") if word.search(path.read_text())]


def exit_code(files: list[Path], without: str) -> int:
    """What pytest says of the files while the policy is taken away."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    plugin = ["-p", "tests.conformance.without"] if without else []
    environment = {**os.environ, "PORTAL_WITHOUT": without}
    done = subprocess.run([*words, *plugin, *files], cwd=CHECKOUT, env=environment, capture_output=True)
    return done.returncode


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    django.setup()
    found = list(mutants())
    every = sorted({path for _, _, id_ in found for path in tests_that_name(id_)})
    if exit_code(every, "") != PASSED:
        print("the tests that name policies do not pass as they are")
        return 1
    alive = []
    for kind, part, id_ in found:
        files = tests_that_name(id_)
        if not files or exit_code(files, f"{kind}/{part}/{id_}") != FAILED:
            alive.append(id_)
            print(f"{kind} {part} {id_}: no test misses it")
    print(f"{len(found)} policies taken away, {len(alive)} missed by no test")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
