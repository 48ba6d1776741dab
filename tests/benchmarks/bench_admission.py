"""How long admission of a VM takes, in this process, look-ups in memory: `python -m tests.benchmarks.bench_admission`.

Prints the medians of a typical create, a large one (every optional section used) and an update of that; policy is on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from tests.admission.asking import admitted, ask, full_vm, vm
from vmportal.admission import Admitting, admit
from vms.admission import VIRTUAL_MACHINE as VM_ADMISSION
from vms.schema import VIRTUAL_MACHINE as VM_SHAPE

ROUNDS = 500
# VM Operator's own code on such a machine, milliseconds; an HTTPS round trip to its webhook comes on top.
REFERENCE = {"create, typical": "0.9", "create, large": "1.5-2.5", "update, large": ""}


def requests() -> dict[str, Admitting]:
    kept = admitted(full_vm(), policy=True)
    update = {**kept, "spec": {**kept["spec"], "powerState": "PoweredOn"}}
    return {
        "create, typical": ask(vm()),
        "create, large": ask(full_vm()),
        "update, large": ask(update, kept),
    }


def median(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    print("| admission | median ms | VM Operator ms |")
    print("|---|--:|--:|")
    for name, request in requests().items():
        assert admit(request, VM_SHAPE, VM_ADMISSION).errors == ()
        seconds = median(lambda request=request: admit(request, VM_SHAPE, VM_ADMISSION))  # type: ignore[misc]
        print(f"| {name} | {seconds * 1000:.2f} | {REFERENCE[name]} |")


if __name__ == "__main__":
    main()
