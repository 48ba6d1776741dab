"""How one rule, one defaulting step or one policy is written. Used by the apps' rules, run by `admit`.

A rule is a generator of `FieldError`s over an `Admitting`; its docstring is the sentence it enforces. What
docs/rules.md tells of it (ids, operations, gate, who is exempt, who can help) stands in its decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import ModuleType

from vmportal.admission.admitting import Admitting
from vmportal.errors import FieldError

# Who can change what a rule complains of.
WHO = {"you": "you", "admin": "your admin", "vsphere": "the vSphere admin"}
# Who a rule does not hold for: the words of the catalogue's column `exempt`.
EXEMPT: dict[str, Callable[[Admitting], bool]] = {
    "priv": lambda a: a.is_privileged,
    "vmop": lambda a: a.is_vmop,
    "vmop+masters": lambda a: a.is_vmop_or_masters,
}
LETTERS = {"CREATE": "C", "UPDATE": "U", "DELETE": "D"}


@dataclass(frozen=True)
class Gate:
    """When a rule is in force at all: a condition, and its words. Combines with `&`, `|` and `~`."""

    words: str
    is_open: Callable[[Admitting], bool]

    def __and__(self, other: Gate) -> Gate:
        words = f"{_bracketed(self.words, ' or ')} and {_bracketed(other.words, ' or ')}"
        return Gate(words, lambda a: self.is_open(a) and other.is_open(a))

    def __or__(self, other: Gate) -> Gate:
        words = f"{_bracketed(self.words, ' and ')} or {_bracketed(other.words, ' and ')}"
        return Gate(words, lambda a: self.is_open(a) or other.is_open(a))

    def __invert__(self) -> Gate:
        return Gate(f"not {_bracketed(self.words, ' and ', ' or ')}", lambda a: not self.is_open(a))


def _bracketed(words: str, *joints: str) -> str:
    return f"({words})" if any(joint in words for joint in joints) else words


def feature(name: str) -> Gate:
    """Open while a feature flag is on."""
    return Gate(name, lambda a: a.has(name))


OLD_UPGRADED = Gate("UPG(old)", lambda a: a.upgraded(a.old))
NEW_UPGRADED = Gate("UPG(new)", lambda a: a.upgraded(a.new))


@dataclass(frozen=True)
class FieldWarning:
    """Something the requester should know, which refuses nothing."""

    path: str
    message: str


Finding = FieldError | FieldWarning
Check = Callable[[Admitting], Iterable[Finding] | None]


@dataclass(frozen=True)
class Rule:
    """A rule, a defaulting step or a policy, with all that is said about it."""

    ids: tuple[str, ...]
    check: Check
    op: str = "CU"  # any of C, U, D
    gate: Gate | None = None
    exempt: str = ""
    who: str = "you"

    @property
    def id(self) -> str:
        return self.ids[0]

    @property
    def sentence(self) -> str:
        """What it demands or does, in one paragraph."""
        return " ".join((self.check.__doc__ or "").split())

    def findings(self, admitting: Admitting) -> Iterator[Finding]:
        """What it has to say of a request; nothing where it does not apply."""
        if LETTERS[admitting.operation] not in self.op:
            return
        if self.gate is not None and not self.gate.is_open(admitting):
            return
        if self.exempt and EXEMPT[self.exempt](admitting):
            return
        for found in self.check(admitting) or ():
            yield self.explain(found) if isinstance(found, FieldError) else found

    def explain(self, error: FieldError) -> FieldError:
        """The error with what the rule says of it. One of several ids it may have said itself."""
        if error.why:  # it comes from another rule, which this one asks
            return error
        return replace(error, rule=error.rule or self.id, who=WHO[self.who], why=self.sentence)


@dataclass(frozen=True)
class Lift:
    """A policy that takes back errors of certain rules or defaulting steps, one by one."""

    id: str
    rules: tuple[str, ...]
    holds: Callable[[Admitting, FieldError], bool]

    def takes_back(self, admitting: Admitting, error: FieldError) -> bool:
        return error.rule in self.rules and self.holds(admitting, error)

    @property
    def sentence(self) -> str:
        return " ".join((self.holds.__doc__ or "").split())


@dataclass(frozen=True)
class Instead:
    """A policy while which certain rules or defaulting steps do not run at all."""

    id: str
    rules: tuple[str, ...]  # by their first ids
    sentence: str


def rule(
    *ids: str,
    op: str = "CU",
    gate: Gate | None = None,
    exempt: str = "",
    who: str = "you",
) -> Callable[[Check], Rule]:
    """Make a rule of a function that yields what is wrong. `op`: C(reate), U(pdate), D(elete)."""
    if exempt and exempt not in EXEMPT:
        raise ValueError(f"{ids}: exempt is one of {sorted(EXEMPT)}")
    if who not in WHO:
        raise ValueError(f"{ids}: who is one of {sorted(WHO)}")
    return lambda check: Rule(ids, check, op, gate, exempt, who)


# A defaulting step changes `admitting.new` in place and yields a refusal where it has to.
# A policy is the portal's own: `complete` ones run before the defaults, `errors` ones after the rules.
default = rule
policy = rule


def lift(id: str, *rules: str) -> Callable[[Callable[[Admitting, FieldError], bool]], Lift]:
    """Make a policy that lifts errors of `rules`, of a function that says of each whether it is lifted."""
    return lambda holds: Lift(id, rules, holds)


def collect(*modules: ModuleType) -> tuple[Rule, ...]:
    """The rules of modules, in the order in which they stand there; imported ones do not count."""
    return tuple(
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, Rule) and found.check.__module__ == module.__name__
    )


# The errors, by Kubernetes' types. Another rule id than the rule's first is given where it has several.


def required(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "Required", message, rule)


def invalid(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "Invalid", message, rule)


def forbidden(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "Forbidden", message, rule)


def not_supported(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "NotSupported", message, rule)


def duplicate(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "Duplicate", message, rule)


def not_found(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "NotFound", message, rule)


def internal(path: str, message: str, rule: str = "") -> FieldError:
    return FieldError(path, "InternalError", message, rule)


def warn(path: str, message: str) -> FieldWarning:
    return FieldWarning(path, message)
