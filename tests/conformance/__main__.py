"""`python -m tests.conformance`: sends each case through the portal's admission and compares the answers.

Needs no database. Exits 1 unless all agree; what a quirk of the reference explains agrees, and is counted apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import django

from tests.conformance.corpus import DATA, Worlds, read_environment, read_lines, read_objects


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vmportal.settings")
    django.setup()
    from tests.conformance.report import run, shown, table  # need the kinds, which need the setup
    from vmportal.kinds import KINDS

    pairs = zip(read_lines(options.cases), read_lines(options.expected), strict=True)
    results = list(
        run(
            (pair for pair in pairs if options.family in (None, pair[0]["family"])),
            {kind.shape.kind: kind for kind in KINDS},
            Worlds(read_objects(options.world), options.overlays),
            read_environment(options.environment),
        )
    )
    if options.answers:
        _write(options.answers, (result.answer for result in results))
    unlike = [result for result in results if result.unlike]
    for result in unlike[: options.show]:
        print("\n".join(shown(result)))
    print("\n".join(table(results)))
    print(f"{len(results) - len(unlike)} of {len(results)} agree")
    return 1 if unlike else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--cases", type=Path, default=DATA / "cases.jsonl.gz")
    parser.add_argument("--expected", type=Path, default=DATA / "expected.jsonl.gz")
    parser.add_argument("--world", type=Path, default=DATA / "world.yaml")
    parser.add_argument("--environment", type=Path, default=DATA / "environment.yaml")
    parser.add_argument("--overlays", type=Path, default=DATA / "overlays", metavar="DIR")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N differences")
    parser.add_argument("--family", help="only the cases of this family")
    parser.add_argument("--answers", type=Path, metavar="OUT", help="write the portal's answers, one a line")
    return parser


def _write(path: Path, answers: Iterable[object]) -> None:
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as out:
        out.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)


if __name__ == "__main__":
    sys.exit(main())
