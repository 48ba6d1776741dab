"""The annotation that switches off validation (PIPE-07), and who may set it (D-33). Read by `admit`."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission.admitting import Admitting
from vmportal.admission.reading import annotation
from vmportal.admission.rule import forbidden, policy
from vmportal.errors import FieldError

SKIP_VALIDATION = "vmoperator.vmware.com.protected/skip-validation"


@policy("D-33", exempt="priv", who="admin")
def skipping_validation_is_for_the_privileged(request: Admitting) -> Iterator[FieldError]:
    """Only privileged users may set the annotation that skips validation; for others it has no effect."""
    wanted = request.annotation(SKIP_VALIDATION)
    if wanted is not None and wanted != annotation(request.old, SKIP_VALIDATION):
        yield forbidden(
            f"metadata.annotations[{SKIP_VALIDATION}]",
            "Remove this annotation: only privileged users may skip validation.",
        )


PRIVILEGED_ONLY = skipping_validation_is_for_the_privileged
POLICIES = (PRIVILEGED_ONLY,)


def is_skipped(request: Admitting, *, is_guarded: bool) -> bool:
    """Whether the rules let this request pass unseen. `is_guarded`: only privileged users may ask for it."""
    asked = annotation(request.new if request.new is not None else request.old, SKIP_VALIDATION)
    return asked is not None and (request.is_privileged or not is_guarded)
