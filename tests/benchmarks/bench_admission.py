"""How long admission of a VM takes, in this process, look-ups in memory: `python -m tests.benchmarks.bench_admission`.

Prints the median of a small create, a full one (every optional section used) and an update of it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from tests.admission.asking import admitted, ask, full_vm, vm
from vmportal.admission import admit
from vms.admission import VIRTUAL_MACHINE as VM_ADMISSION
from vms.schema import VIRTUAL_MACHINE as VM_SHAPE

ROUNDS = 500


def main() -> None:
    small, full = ask(vm()), ask(full_vm())
    kept = admitted(full_vm())
    update = ask({**kept, "spec": {**kept["spec"], "powerState": "PoweredOn"}}, kept)
    for name, request in (("create, small", small), ("create, full", full), ("update, full", update)):
        median = _median(lambda request=request: admit(request, VM_SHAPE, VM_ADMISSION))  # type: ignore[misc]
        print(f"admission, {name:<14} {median * 1000:6.2f} ms")


def _median(run: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
