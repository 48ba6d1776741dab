"""Keeps the map of docs/architecture.md true: which module may import what. Reads imports, runs nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("vmportal", "storage", "vms", "groups")  # each may import itself and what stands before it
ASSEMBLERS = ("vmportal.kinds", "vmportal.urls", "vmportal.celery", "vmportal.management.")
BACKEND_LIBRARIES = {"kubernetes", "pyVmomi", "pyVim"}

# A file, or a package, of one of these names is pure, in whichever app it stands.
PURE_NAMES = (
    "schema",
    "descriptions",
    "rules",
    "defaults",
    "policy",
    "columns",
    "references",
    "admission",
    "reconcile",
    "placement",
    "quota",
    "charges",
    "usage",
)
PURE_MODULES = (
    "storage.claim_charges",
    "storage.quota_rules",
    "vmportal.addresses",
    "vmportal.conditions",
    "vmportal.api.crds",
    "vmportal.api.crds_schema",
    "vmportal.api.examples",
    "vmportal.api.meta_schemas",
    "vmportal.api.operations",
    "vmportal.api.parameters",
    "vmportal.api.reviews_schema",
    "vmportal.api.swagger",
    "vmportal.api.swagger_protobuf",
    "vmportal.backends.base",
    "vmportal.backends.supervisor.abilities",
    "vmportal.backends.supervisor.access",
    "vmportal.backends.supervisor.answers",
    "vmportal.connections.account",
    "vmportal.connections.form",
    "vmportal.connections.marks",
    "vmportal.core_descriptions",
    "vmportal.core_rules",
    "vmportal.core_schema",
    "vmportal.diff",
    "vmportal.errors",
    "vmportal.features",
    "vmportal.fieldset",
    "vmportal.finalizers",
    "vmportal.jsontext",
    "vmportal.kind",
    "vmportal.labels",
    "vmportal.managed",
    "vmportal.moments",
    "vmportal.offers.marks",
    "vmportal.oidc",
    "vmportal.terminating",
    "vmportal.yamltext",
    "vms.annotations",
    "vms.chain",
    "vms.forms",
    "vms.overview",
    "vms.state",
    "vms.verbs",
)
PURE_LIBRARIES = {"orjson", "re2", "yaml"}
IMPURE_PARTS_OF_PYTHON = {
    "asyncio", "http", "multiprocessing", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
IMPURE_CALLS = {"uuid.uuid1", "uuid.uuid4", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


@dataclass(frozen=True)
class Import:
    module: str  # `vms.rules.power`; of `from vms import rules` both `vms` and `vms.rules` are told
    line: int
    is_for_types: bool  # under `if TYPE_CHECKING:`, so nothing is loaded
    is_deferred: bool  # in a function: loaded when it is called, if ever


def modules() -> dict[str, Path]:
    """Every module of the project's four packages, by its dotted name."""
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text())


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    tree = tree_of(module)
    for_types = _inside(
        tree, lambda node: isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    )
    deferred = _inside(tree, lambda node: isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return tuple(
        Import(name, node.lineno, id(node) in for_types, id(node) in deferred)
        for node in ast.walk(tree)
        for name in _names(node)
    )


def _inside(tree: ast.Module, is_frame: Callable[[ast.AST], bool]) -> set[int]:
    """The ids of all nodes that stand inside such a node."""
    frames = [node for node in ast.walk(tree) if is_frame(node)]
    return {id(inner) for frame in frames for inner in ast.walk(frame)}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_pure(module: str) -> bool:
    parts = module.split(".")
    return module in PURE_MODULES or any(part.startswith(PURE_NAMES) for part in parts)


def reached_from(module: str) -> set[str]:
    """The project's modules that are loaded with this one, packages on the way included.

    Of a pure module also what its functions load. Without the four outermost packages: `vmportal` itself
    loads Celery's app, as Celery wants it.
    """
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in reached and name not in LAYERS:
            reached.add(name)
            waiting += [name.rpartition(".")[0]]
            waiting += [
                found.module
                for found in imports_of(name)
                if not found.is_for_types and (is_pure(name) or not found.is_deferred)
            ]
    return reached


def impurities(module: str) -> Iterator[str]:
    for found in imports_of(module):
        top = found.module.split(".")[0]
        is_own = top in LAYERS or found.is_for_types
        is_plain_python = top in sys.stdlib_module_names and top not in IMPURE_PARTS_OF_PYTHON
        if not (is_own or is_plain_python or top in PURE_LIBRARIES) or found.module in IMPURE_CALLS | {
            "urllib.request"
        }:
            yield f"{module}:{found.line} imports {found.module}"
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call) and ".".join(ast.unparse(node.func).split(".")[-2:]) in IMPURE_CALLS:
            yield f"{module}:{node.lineno} calls {ast.unparse(node.func)}"


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_down(layer):
    above = LAYERS[LAYERS.index(layer) + 1 :]
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module in MODULES
        if module.split(".")[0] == layer and not f"{module}.".startswith(ASSEMBLERS)
        for found in imports_of(module)
        if found.module.split(".")[0] in above
    ]
    assert wrong == []


def test_only_backends_know_the_backends_libraries():
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module in MODULES
        if not module.startswith("vmportal.backends.")
        for found in imports_of(module)
        if found.module.split(".")[0] in BACKEND_LIBRARIES
    ]
    assert wrong == []


@pytest.mark.parametrize("module", [module for module in MODULES if is_pure(module)])
def test_pure_modules_know_no_framework_network_clock_or_chance(module):
    assert [text for reached in sorted(reached_from(module)) for text in impurities(reached)] == []


def test_nothing_of_the_portal_imports_its_tests():
    assert [
        f"{module}:{found.line}"
        for module in MODULES
        for found in imports_of(module)
        if found.module.split(".")[0] == "tests"
    ] == []
