"""What VM Operator cannot read at all, and therefore refuses before anything else (PIPE-10). Part of `vms.defaults`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import default, invalid
from vmportal.errors import FieldError
from vmportal.schema import parse_duration

DELAYS = ("spec.bootOptions.bootDelay", "spec.bootOptions.bootRetryDelay")


@default("PIPE-10", op="CU")
def delays_are_spans_of_time(vm: Admitting) -> Iterator[FieldError]:
    """The delays of boot options are spans of time; the schema takes any text."""
    for path in DELAYS:
        delay = vm.get(path)
        if isinstance(delay, str) and not _is_duration(delay):
            yield invalid(path, "Write a span of time such as 10s or 1m30s.")


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True
