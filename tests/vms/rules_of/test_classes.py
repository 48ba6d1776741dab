"""VirtualMachineClasses (section 7.1 of the catalogue)."""

from __future__ import annotations

import pytest

from tests.admission.asking import MASTER
from tests.admission.kinds import Asked
from vms.kinds import VIRTUAL_MACHINE_CLASS

CLASSES = Asked(VIRTUAL_MACHINE_CLASS)


def klass(what: str, request: object, limit: object):
    amounts = {
        key: {what: value} for key, value in (("requests", request), ("limits", limit)) if value is not None
    }
    return CLASSES.obj(policies={"resources": amounts})


@pytest.mark.parametrize(("what", "rule"), [("cpu", "CLS-01"), ("memory", "CLS-02")])
@pytest.mark.parametrize(
    ("request_", "limit", "is_good"),
    [
        ("2", "1", False),
        ("1500m", "1", False),
        ("1025Mi", "1Gi", False),
        (2, 1, False),
        ("1", "1", True),
        ("1100m", "1900m", True),  # both round up to 2
        ("1Gi", "1024Mi", True),
        ("2", "0", True),
        ("2", None, True),
        (None, "1", True),
        ("-1", "1", True),
    ],
)
def test_a_request_is_within_its_limit(what, rule, request_, limit, is_good):
    """CLS-01, CLS-02: compared in whole numbers, and only where both are there."""
    errors = [] if is_good else [(f"spec.policies.resources.requests.{what}", "Invalid", rule)]
    assert CLASSES.refused(klass(what, request_, limit), user=MASTER) == errors


def test_a_class_that_exists_is_free():
    """CLS-03, CLS-04."""
    old = CLASSES.obj(controllerName="c", hardware={"cpus": 2})
    assert CLASSES.refused(klass("cpu", "2", "1"), old) == []
