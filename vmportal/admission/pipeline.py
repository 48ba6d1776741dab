"""The way of an object through admission, as in a kube-apiserver with VM Operator's webhooks.

Decoding and pruning come before, quota after. With `policy=False` nothing of the portal's own takes part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from vmportal.admission import bypass, metadata
from vmportal.admission.admitting import Admitting
from vmportal.admission.reading import Object, TooDeep, copy, mapping, number
from vmportal.admission.rule import FieldWarning, Finding, Instead, Lift, Rule
from vmportal.admission.typed import rewrite
from vmportal.admission.world import References
from vmportal.errors import FieldError
from vmportal.schema import apply_defaults, validate

if TYPE_CHECKING:
    from vmportal.kind import Shape

# What every kind is held to: it has no row in the catalogue.
SCHEMA = ("SCHEMA", "Each field has the type and the values that the kind allows: see `kubectl explain`.")
METADATA = ("METADATA", "Names, labels, annotations and owners are written as Kubernetes demands it.")

Stage = Literal["none", "complete", "mutate", "schema", "validate", "policy"]


@dataclass(frozen=True)
class Policies:
    """What the portal asks beyond the reference: each entry can be switched off by its id."""

    complete: tuple[Rule, ...] = ()  # fill in before the defaults
    errors: tuple[Rule, ...] = ()  # refuse what the rules let pass
    lifts: tuple[Lift, ...] = ()  # let pass what the defaults or rules refuse
    instead: tuple[Instead, ...] = ()  # keep defaults or rules from running
    in_deletion: tuple[Rule, ...] = ()  # refuse changes of an object in deletion, which no rule looks at


@dataclass(frozen=True)
class Admission:
    """What decides over objects of one kind. Without anything: metadata and schema alone."""

    references: References = lambda _: ()
    unreadable: tuple[Rule, ...] = ()  # what VM Operator cannot read (PIPE-10), beside what the schema says
    defaults: tuple[Rule, ...] = ()
    rules: tuple[Rule, ...] = ()
    policies: Policies = field(default_factory=Policies)
    names: metadata.NameStyle = "subdomain"


@dataclass(frozen=True)
class Outcome:
    """`object` is what would be stored (None on delete); admitted when there are no `errors`.

    `stage` is where the first error came from; errors of later stages follow, except that the rules do not
    look at an object that its schema refuses.
    """

    object: Object | None
    errors: tuple[FieldError, ...]
    stage: Stage
    warnings: tuple[str, ...] = ()


def admit(
    admitting: Admitting,
    shape: Shape,
    admission: Admission,
    *,
    policy: bool = True,
    policy_off: Collection[str] = (),
) -> Outcome:
    """Complete and judge an object. Changes a copy of `admitting.new`; raises nothing over its content."""
    try:
        admitting = replace(admitting, new=copy(admitting.new), old=copy(admitting.old))
    except TooDeep:
        return Outcome(None, _too_deep(admitting.new or {}), "schema")
    run = _Run(admitting, _active(admission.policies, policy, policy_off))
    # What is stored is read with today's defaults, as an API server reads its store.
    _default_schema(admitting.old, shape)
    if admitting.new is None:
        run.judge(admission.rules)
        return run.outcome()
    # An object in deletion is only held to its schema (PIPE-06).
    is_judged = "deletionTimestamp" not in mapping(admitting.new, "metadata")
    _default_schema(admitting.new, shape)
    if is_judged:
        run.check("complete", run.policies.complete)
        _run_defaults(run, shape, admission)
    run.add("schema", _explained(metadata.check(admitting, shape, admission.names), *METADATA))
    run.add("schema", _explained(_schema_errors(admitting, shape), *SCHEMA))
    if is_judged and "schema" not in run.errors:
        run.judge(admission.rules)
    elif not is_judged:
        run.check("policy", run.policies.in_deletion)
    return run.outcome()


def _active(policies: Policies, policy: bool, off: Collection[str]) -> Policies:
    """The policies that are switched on, the one that holds for every kind among them."""
    if not policy:
        return Policies()
    return Policies(
        complete=tuple(entry for entry in policies.complete if entry.id not in off),
        errors=tuple(entry for entry in (*bypass.POLICIES, *policies.errors) if entry.id not in off),
        lifts=tuple(lift for lift in policies.lifts if lift.id not in off),
        instead=tuple(entry for entry in policies.instead if entry.id not in off),
        in_deletion=tuple(entry for entry in policies.in_deletion if entry.id not in off),
    )


def _too_deep(obj: Object) -> tuple[FieldError, ...]:
    """The refusal of what cannot be walked, at its field."""
    for key, value in obj.items():
        try:
            copy(value)
        except TooDeep as error:
            return (FieldError(key, "Invalid", str(error), SCHEMA[0], why=SCHEMA[1]),)
    return (FieldError("", "InternalError", "The stored object is nested too deeply."),)


def _run_defaults(run: _Run, shape: Shape, admission: Admission) -> None:
    """Run the defaulting steps over the object as the reference's typed API reads it (PIPE-11).

    It is stored like that only if a step has changed it; else as it was sent.
    """
    new = run.admitting.new
    run.check("mutate", admission.unreadable)
    if not admission.defaults or new is None:
        return
    sent = copy(new)
    rewrite(shape.schema, new)
    as_read = copy(new)
    if run.admitting.is_update:
        run.admitting = replace(run.admitting, sent=as_read)
    run.check("mutate", admission.defaults)
    if new != as_read:
        _default_schema(new, shape)
    else:
        new.clear()
        new.update(sent)


def _default_schema(obj: Object | None, shape: Shape) -> None:
    """Apply the schema's defaults to an object, in place; a null that may not be is taken out."""
    if obj is None:
        return
    if "metadata" in obj:
        obj["metadata"] = apply_defaults(metadata.SCHEMA, obj["metadata"])
    sent = {key: obj[key] for key in obj if key not in metadata.KEYS}
    filled = apply_defaults(shape.schema, sent)
    for key in sent.keys() - filled.keys():
        del obj[key]
    obj.update(filled)


def _explained(found: Iterable[Finding], rule: str, why: str) -> list[Finding]:
    return [replace(one, rule=rule, why=why) if isinstance(one, FieldError) else one for one in found]


def _schema_errors(admitting: Admitting, shape: Shape) -> list[FieldError]:
    new = admitting.new or {}
    errors = validate(shape.schema, {key: new[key] for key in new if key not in metadata.KEYS})
    if shape.scale and (number(new, shape.scale.replicas.removeprefix(".")) or 0) < 0:
        # RSS-02: the server knows the place as the path of the scale, so it is told with its leading dot.
        errors.append(FieldError(shape.scale.replicas, "Invalid", "Must be 0 or more."))
    return errors


class _Run:
    """What has been found so far on the way of one object."""

    def __init__(self, admitting: Admitting, policies: Policies) -> None:
        self.admitting, self.policies = admitting, policies
        self.errors: dict[Stage, list[FieldError]] = {}
        self.warnings: list[str] = []
        self.silent = {rule for entry in policies.instead for rule in entry.rules}

    def check(self, stage: Stage, rules: Iterable[Rule]) -> None:
        for entry in rules:
            if entry.id not in self.silent:
                self.add(stage, entry.findings(self.admitting))

    def add(self, stage: Stage, findings: Iterable[Finding]) -> None:
        for found in findings:
            if isinstance(found, FieldWarning):
                self.warnings.append(f"{found.path}: {found.message}")
            elif not any(lift.takes_back(self.admitting, found) for lift in self.policies.lifts):
                self.errors.setdefault(stage, []).append(found)

    def judge(self, rules: tuple[Rule, ...]) -> None:
        """Run the rules and policies, unless the object skips validation (PIPE-07)."""
        is_guarded = bypass.PRIVILEGED_ONLY in self.policies.errors
        if not bypass.is_skipped(self.admitting, is_guarded=is_guarded):
            self.check("validate", rules)
            self.check("policy", self.policies.errors)

    def outcome(self) -> Outcome:
        errors = tuple(error for found in self.errors.values() for error in found)
        stage: Stage = next(iter(self.errors), "none")
        return Outcome(self.admitting.new, errors, stage, tuple(self.warnings))
