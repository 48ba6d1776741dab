"""A VM's advanced settings: the size of its boot disk (section 6.9 of the catalogue, VP-05). Part of `vms.rules`."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vmportal.admission import Admitting
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError
from vmportal.schema import parse_quantity

CAPACITY = "spec.advanced.bootDiskCapacity"
MEBIBYTE = 1 << 20


@rule("VP-05")
def the_boot_disk_is_of_whole_mebibytes(vm: Admitting) -> Iterator[FieldError]:
    """The capacity of the boot disk is a multiple of 1 MiB."""
    capacity = vm.get(CAPACITY)
    # Whole bytes are counted, rounded up; the schema has seen to it that this is a quantity.
    if capacity is not None and math.ceil(parse_quantity(capacity)) % MEBIBYTE:
        yield invalid(CAPACITY, "Write a multiple of 1Mi, such as 20Gi.")
