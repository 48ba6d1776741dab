"""The way of a request through admission: order, stages, what is skipped, what can be switched off."""

from __future__ import annotations

from collections.abc import Iterator

from tests.admission.asking import (
    ALICE,
    PRIVILEGED,
    admitted,
    ask,
    changed,
    judge,
    refused,
    seen,
    stored,
    vm,
)
from vmportal.admission import Admission, Admitting, Policies, admit
from vmportal.admission.bypass import SKIP_VALIDATION
from vmportal.admission.reading import copy, fill
from vmportal.admission.rule import default, invalid, lift, policy, rule, warn
from vmportal.errors import FieldError
from vms.schema import VIRTUAL_MACHINE as SHAPE

SKIPPED = {"annotations": {SKIP_VALIDATION: ""}}


@default("X-01")
def small_guests(request: Admitting) -> None:
    """The guest is small."""
    fill(request.new, "spec.guestID", "small")


@rule("X-02")
def no_small_guests(request: Admitting) -> Iterator[FieldError]:
    """No guest is small."""
    if request.text("spec.guestID") == "small":
        yield invalid("spec.guestID", "Choose another.")


@policy("P-01")
def larger_guests(request: Admitting) -> None:
    """The guest is large."""
    fill(request.new, "spec.guestID", "large")


@policy("P-02")
def no_guests(request: Admitting) -> Iterator[object]:
    """Not even a large one."""
    yield invalid("spec.guestID", "None at all.")
    yield warn("spec.guestID", "Really none.")


@lift("P-03", "X-02")
def small_is_fine(request: Admitting, error: FieldError) -> bool:
    """Small guests are fine."""
    return error.path == "spec.guestID"


RULES = {"defaults": (small_guests,), "rules": (no_small_guests,)}


def run(*, policies: Policies | None = None, **options):
    admission = Admission(**RULES, policies=policies or Policies())
    return admit(ask(vm(), admission=admission), SHAPE, admission, **options)


def test_rules_judge_what_defaults_have_made():
    outcome = run()
    assert [seen(error) for error in outcome.errors] == [("spec.guestID", "Invalid", "X-02")]
    assert outcome.stage == "validate"


def test_policy_completes_before_the_defaults():
    outcome = run(policies=Policies(complete=(larger_guests,)))
    assert outcome.object["spec"]["guestID"] == "large"
    assert outcome.errors == ()


def test_policy_refuses_and_warns_after_the_rules():
    outcome = run(policies=Policies(errors=(no_guests,)))
    assert [error.rule for error in outcome.errors] == ["X-02", "P-02"]
    assert outcome.warnings == ("spec.guestID: Really none.",)


def test_policy_lifts_errors_of_a_rule():
    assert run(policies=Policies(lifts=(small_is_fine,))).errors == ()


def test_each_policy_can_be_switched_off_by_its_id():
    policies = Policies(complete=(larger_guests,), errors=(no_guests,), lifts=(small_is_fine,))
    outcome = run(policies=policies, policy_off=("P-01", "P-02", "P-03"))
    assert [error.rule for error in outcome.errors] == ["X-02"]


def test_all_policy_can_be_switched_off():
    policies = Policies(complete=(larger_guests,), errors=(no_guests,), lifts=(small_is_fine,))
    assert [error.rule for error in run(policies=policies, policy=False).errors] == ["X-02"]


def test_a_refusal_while_defaulting_comes_with_the_other_errors():
    """The reference answers a refused default alone (PIPE-09); the portal tells all at once."""
    outcome = judge(vm(imageName="nothing", className=None))
    assert [seen(error) for error in outcome.errors] == [
        ("spec.imageName", "NotFound", "MC-11"),
        ("spec.className", "Required", "VC-01"),
    ]
    assert outcome.stage == "mutate"


def test_what_the_schema_refuses_is_not_judged_by_rules():
    outcome = judge(vm(powerState="On", className=None))
    assert [error.path for error in outcome.errors] == ["spec.powerState"]
    assert outcome.stage == "schema"


def test_what_a_default_invents_is_still_held_to_the_schema():
    """PIPE-01: the schema judges after the mutating webhook."""

    @default("X-03")
    def misplaced(request: Admitting) -> None:
        """A controller on bus 5."""
        fill(request.new, "spec.hardware.scsiControllers", [{"busNumber": 5}])

    admission = Admission(defaults=(misplaced,))
    outcome = admit(ask(vm(), admission=admission), SHAPE, admission)
    assert [error.path for error in outcome.errors] == ["spec.hardware.scsiControllers[0].busNumber"]


def test_the_sent_object_is_left_alone():
    sent = vm()
    before = copy(sent)
    admitted(sent)
    assert sent == before


def test_an_object_in_deletion_is_held_to_its_schema_only():
    """PIPE-06: neither defaults nor rules, but the schema."""
    old = stored(meta={"deletionTimestamp": "2026-02-01T00:00:00Z"})
    assert refused(changed(old, storageClass="silver"), old) == []
    assert [error[0] for error in refused(changed(old, powerState="Off"), old)] == ["spec.powerState"]


@policy("P-04")
def nothing_changes_any_more(request: Admitting) -> Iterator[FieldError]:
    """Nothing changes during deletion."""
    yield invalid("spec", "Wait.")


def test_a_policy_may_look_at_an_object_in_deletion():
    """QRK-17."""
    dying = stored(meta={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    admission = Admission(policies=Policies(in_deletion=(nothing_changes_any_more,)))
    asked = {"admission": admission, "policy": True}
    assert refused(dying, dying, **asked) == [("spec", "Invalid", "P-04")]
    assert refused(dying, dying, policy_off=("P-04",), **asked) == []
    assert refused(stored(), stored(), **asked) == []


@rule("X-03")
def no_words_of_doubt(request: Admitting) -> Iterator[FieldError]:
    """Nobody is in doubt."""
    if request.text("spec.guestID") == "":
        yield invalid("spec.guestID", "Say it.")


def test_what_cannot_be_read_is_refused_before_it_is_read():
    """PIPE-10: reading makes an empty text an absent one."""
    admission = Admission(unreadable=(no_words_of_doubt,), defaults=(small_guests,))
    outcome = judge(vm(guestID=""), admission=admission)
    assert outcome.stage == "mutate"
    assert [seen(error) for error in outcome.errors] == [("spec.guestID", "Invalid", "X-03")]


def test_defaults_see_the_object_as_the_reference_reads_it():
    """PIPE-11: null in a list is an empty object; it is stored so only if a default has changed something."""
    volumes = [{"name": "a"}, None]
    changing, idle = Admission(defaults=(small_guests,)), Admission(defaults=(nothing_to_do,))
    found = judge(vm(volumes=volumes), admission=changing)
    assert found.object["spec"]["volumes"][1] == {"name": "", "removable": True}
    found = judge(vm(volumes=volumes), admission=idle)
    assert found.object["spec"]["volumes"][1] is None
    assert found.stage == "schema"


@default("X-04")
def nothing_to_do(request: Admitting) -> None:
    """Nothing."""


def test_validation_is_skipped_when_the_annotation_says_so():
    """PIPE-07: for every user, with policy off. The schema still applies."""
    assert refused(vm(className=None, meta=SKIPPED), user=ALICE) == []
    assert refused(vm(powerState="On", meta=SKIPPED)) != []


def test_only_privileged_users_may_skip_validation():
    """D-33: for others the annotation is refused, and the rules look as always."""
    errors = refused(vm(className=None, meta=SKIPPED), policy=True)
    assert ("spec.className", "Required", "VC-01") in errors
    assert (f"metadata.annotations[{SKIP_VALIDATION}]", "Forbidden", "D-33") in errors
    assert refused(vm(className=None, meta=SKIPPED), user=PRIVILEGED, policy=True) == []


def test_a_skip_left_by_a_privileged_user_does_not_serve_others():
    """D-33: an ordinary update of such an object is judged, but need not take the annotation away."""
    old = stored(meta={"annotations": SKIPPED["annotations"]})
    assert refused(changed(old, guestID="x", powerState="PoweredOff"), old, policy=True) == []
    errors = refused(changed(old, storageClass="gold-encrypted"), old, policy=True)
    assert errors == [("spec.storageClass", "Invalid", "VS-05")]


def test_an_error_keeps_the_words_of_the_rule_that_found_it():
    """Where one rule asks another, the other one tells why, and who can help."""

    @rule("X-04", who="admin")
    def guarded(request: Admitting) -> Iterator[FieldError]:
        """Only the admin chooses the guest."""
        yield invalid("spec.guestID", "Leave the guest out.")

    @rule("X-05")
    def also_guarded(request: Admitting) -> Iterator[object]:
        """The guest is guarded here, too."""
        yield from guarded.findings(request)

    admission = Admission(rules=(also_guarded,))
    (error,) = admit(ask(vm(), admission=admission), SHAPE, admission).errors
    told = ("X-04", "your admin", "Only the admin chooses the guest.")
    assert (error.rule, error.who, error.why) == told


def test_deleting_a_vm_asks_no_rule():
    """PIPE-03: no VM Operator kind has a rule on delete."""
    outcome = judge(None, stored())
    assert (outcome.object, outcome.errors) == (None, ())


def test_a_kind_without_rules_is_held_to_metadata_and_schema():
    assert refused(vm("No Name", className=None), admission=Admission()) == [
        ("metadata.name", "Invalid", "METADATA")
    ]


def test_what_is_stored_is_read_with_the_defaults_of_today():
    """An old object without a field that has a default now has not been changed by the default."""
    old = stored(bootOptions={"firmware": "efi"})
    assert refused(copy(old), old) == []
