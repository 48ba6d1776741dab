"""Writes down what admission does, from the code itself: docs/rules.md. Called by `manage.py document_rules` and a test.

Paths and messages are read from the source of each rule: the arguments of `invalid(...)` and its like. What is
only known at run time shows as `…`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vmportal.admission import bypass
from vmportal.admission.pipeline import Admission
from vmportal.admission.rule import WHO, Rule

HEAD = """\
# What admission does

Made by `manage.py document_rules` from the code; do not edit. `docs/adding.md` says how a rule is added.
An object goes through policy that completes, defaults, schema, rules, and policy that refuses. Policy is the
portal's own and can be switched off by id (`PORTAL_POLICY_OFF`); defaults and rules answer as VM Operator does.

*on*: C create, U update, D delete. *gate*: what must hold for the row to be in force. *exempt*: `priv` privileged
users, `vmop` VM Operator's account, `vmop+masters` the latter and `system:masters`. *who*: who can change what is
complained of. Errors carry the id and who can help (`details.causes[].rule`, `.who`); `SCHEMA` and `METADATA` are the
ids of what every kind is held to: its schema (`kubectl explain`, `manage.py crds`), and Kubernetes' rules of metadata.
"""
TYPES = {
    "required": "Required",
    "invalid": "Invalid",
    "forbidden": "Forbidden",
    "not_supported": "NotSupported",
    "duplicate": "Duplicate",
    "not_found": "NotFound",
    "internal": "InternalError",
    "warn": "warning",
}
UNKNOWN = "…"


@dataclass(frozen=True)
class Said:
    """One error that a rule can yield."""

    path: str
    type: str
    message: str


def document(admissions: Mapping[str, Admission]) -> str:
    """The page, for kinds by name; those without rules of their own are left out."""
    parts = [HEAD, _table("Every kind", "Policy that refuses", bypass.POLICIES)]
    for name, admission in sorted(admissions.items()):
        policies = admission.policies
        sections = (
            ("Policy that completes", policies.complete),
            ("What cannot be read", admission.unreadable),
            ("Defaults", admission.defaults),
            ("Rules", admission.rules),
            ("Policy that refuses", policies.errors),
            ("Policy that refuses during deletion", policies.in_deletion),
        )
        parts += [_table(name, title, rules) for title, rules in sections if rules]
        lifted = [(lift.id, lift.rules, lift.sentence) for lift in policies.lifts]
        lifted += [(entry.id, entry.rules, entry.sentence) for entry in policies.instead]
        if lifted:
            parts.append(_lifts(name, lifted))
    return "\n".join(parts)


def _table(name: str, title: str, rules: Iterable[Rule]) -> str:
    lines = [f"## {name}: {title}\n", "| id | on | what | path | type | message | gate | exempt | who |"]
    lines.append("|" + "---|" * 9)
    for rule in rules:
        said = errors_of(rule.check) or [Said("", "", "")]
        for index, error in enumerate(said):
            first = index == 0
            cells = (
                ", ".join(rule.ids) if first else "",
                rule.op if first else "",
                rule.sentence if first else "",
                f"`{error.path}`" if error.path else "",
                error.type,
                error.message,
                rule.gate.words if rule.gate and first else "",
                rule.exempt if first else "",
                WHO[rule.who] if error.path and first else "",
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _lifts(name: str, entries: Iterable[tuple[str, tuple[str, ...], str]]) -> str:
    lines = [f"## {name}: Policy that lifts\n", "| id | lifts | what |", "|---|---|---|"]
    lines += [f"| {id} | {', '.join(rules)} | {sentence} |" for id, rules, sentence in entries]
    return "\n".join(lines) + "\n"


def errors_of(function: Callable[..., Any]) -> list[Said]:
    """The errors that a rule's function yields, each once, in the order of its source."""
    return list(dict.fromkeys(_Reader(function, {}).errors()))


class _Reader:
    """Reads one function's source: the texts that its names stand for, and the errors it yields."""

    def __init__(self, function: Callable[..., Any], given: dict[str, str]) -> None:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        self.body = tree.body[0]
        self.globals = getattr(function, "__globals__", {})
        self.texts = dict(given)
        for node in ast.walk(self.body):
            self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        """`message = "..."`, and `for path, item in vm.each("spec.volumes")`."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                self.texts[name] = text
            case ast.For(
                target=ast.Tuple(elts=[ast.Name(id=name), *_]),
                iter=ast.Call(func=ast.Attribute(attr="each" | "each_text"), args=[place]),
            ):
                self.texts[name] = f"{self.text(place)}[i]"

    def errors(self) -> Iterator[Said]:
        for node in ast.walk(self.body):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[path, message, *_]) if name in TYPES:
                    yield Said(self.text(path), TYPES[name], self.text(message))
                case ast.Call(func=ast.Name(id="FieldError"), args=[path, kind, message, *_]):
                    yield Said(self.text(path), self.text(kind), self.text(message))
                case ast.YieldFrom(value=ast.Call(func=ast.Name(id=name), args=arguments)):
                    yield from self._errors_of_helper(self.globals.get(name), arguments)

    def _errors_of_helper(self, helper: Any, arguments: list[ast.expr]) -> Iterator[Said]:
        if not inspect.isfunction(helper):
            return
        names = inspect.signature(helper).parameters
        given = {name: self.text(argument) for name, argument in zip(names, arguments, strict=False)}
        known = {name: text for name, text in given.items() if text != UNKNOWN}
        yield from _Reader(helper, known).errors()

    def text(self, node: ast.expr) -> str:
        """The text of an expression, as far as the source tells it."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id="index"):
                return "i"
            case ast.Name(id=name):
                found = self.texts.get(name, self.globals.get(name))
                return found if isinstance(found, str) else UNKNOWN
            case ast.JoinedStr(values=values):
                return "".join(self.text(value) for value in values)
            case ast.FormattedValue(value=value):
                return self.text(value)
        return UNKNOWN
