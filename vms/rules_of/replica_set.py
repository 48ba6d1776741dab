"""What a VirtualMachineReplicaSet may look like (section 7.10 of the catalogue). Pure.

The rules of VirtualMachine are not asked about its template: they judge each VM when it is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.metadata import annotation_errors, label_errors
from vmportal.admission.reading import texts
from vmportal.admission.rule import Gate, default, feature, invalid, rule
from vmportal.admission.selectors import is_selector, selects
from vmportal.errors import FieldError
from vmportal.schema import parse_duration

SELECTOR, TEMPLATE = "spec.selector", "spec.template.metadata"
DELAYS = ("spec.template.spec.bootOptions.bootDelay", "spec.template.spec.bootOptions.bootRetryDelay")

REPLICA_SETS = feature("K8sWorkloadMgmtAPI")
WELL_FORMED = Gate("spec.selector is well-formed", lambda replicas: is_selector(replicas.get(SELECTOR)))


@default("PIPE-10", gate=REPLICA_SETS)
def delays_can_be_read(replicas: Admitting) -> Iterator[FieldError]:
    """The delays of the template's boot options are durations."""
    for path in DELAYS:
        if not _is_duration(replicas.get(path)):
            yield invalid(path, "Write a duration, such as 10s.")


def _is_duration(span: object) -> bool:
    try:
        return span is None or (isinstance(span, str) and parse_duration(span) is not None)
    except ValueError:
        return False


@rule("RPS-01", gate=REPLICA_SETS & ~WELL_FORMED)
def the_selector_is_well_formed(replicas: Admitting) -> Iterator[FieldError]:
    """The selector has label keys, label values, and operators with as many values as they take."""
    yield invalid(
        "spec.selector",
        "Use label keys and values; In and NotIn take values, Exists and DoesNotExist take none.",
    )


@rule("RPS-02", gate=REPLICA_SETS & WELL_FORMED)
def the_template_fits_the_selector(replicas: Admitting) -> Iterator[FieldError]:
    """The labels of the template are such that the selector finds the VMs made from it."""
    if not selects(replicas.get(SELECTOR), texts(replicas.new, f"{TEMPLATE}.labels")):
        yield invalid(
            "spec.template.metadata.labels", "Give the template the labels that spec.selector asks for."
        )


@rule("RPS-03", gate=REPLICA_SETS)
def the_template_has_metadata_that_vms_may_have(replicas: Admitting) -> Iterator[FieldError]:
    """The labels and annotations of the template are well-formed."""
    yield from label_errors(texts(replicas.new, f"{TEMPLATE}.labels"), "spec.template.metadata.labels")
    yield from annotation_errors(
        texts(replicas.new, f"{TEMPLATE}.annotations"), "spec.template.metadata.annotations"
    )


ADMISSION = Admission(
    unreadable=(delays_can_be_read,),
    rules=(
        the_selector_is_well_formed,
        the_template_fits_the_selector,
        the_template_has_metadata_that_vms_may_have,
    ),
)
