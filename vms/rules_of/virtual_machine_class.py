"""What a VirtualMachineClass may look like (section 7.1 of the catalogue). Pure.

An existing class can be edited freely, also into what could not be created (CLS-03).
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.rule import invalid, rule
from vmportal.errors import FieldError
from vms.rules_of.amounts import exceeds

RESOURCES = "spec.policies.resources"


@rule("CLS-01", op="C", who="admin")
def the_cpu_request_is_within_the_limit(klass: Admitting) -> Iterator[FieldError]:
    """A class reserves no more CPU than it allows."""
    if exceeds(klass.get(f"{RESOURCES}.requests.cpu"), klass.get(f"{RESOURCES}.limits.cpu")):
        yield invalid(f"{RESOURCES}.requests.cpu", "Request no more CPU than the limit.")


@rule("CLS-02", op="C", who="admin")
def the_memory_request_is_within_the_limit(klass: Admitting) -> Iterator[FieldError]:
    """A class reserves no more memory than it allows."""
    if exceeds(klass.get(f"{RESOURCES}.requests.memory"), klass.get(f"{RESOURCES}.limits.memory")):
        yield invalid(f"{RESOURCES}.requests.memory", "Request no more memory than the limit.")


ADMISSION = Admission(rules=(the_cpu_request_is_within_the_limit, the_memory_request_is_within_the_limit))
