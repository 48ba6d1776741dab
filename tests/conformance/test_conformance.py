"""How far admission agrees with the reference, as a number that only goes up; and the runner itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.conformance.__main__ import main
from tests.conformance.compare import differences
from tests.conformance.corpus import DATA, Worlds, read_environment, read_lines, read_objects
from tests.conformance.quirks import quirk_of
from tests.conformance.report import Result, run
from vmportal.admission import Outcome
from vmportal.errors import FieldError
from vmportal.kinds import KINDS

# Cases that touch these catalogue rows only; the number of them that must agree. It only goes up.
SLICE = re.compile(r"MC-\d\d|V[ZICS]-\d\d|VW-0\d")
SLICE_AGREES = 118
# The kinds beside VirtualMachine agree in all cases, without any exception.
OTHERS = 455
# The same of the whole corpus.
ALL_AGREE = 4140


@pytest.fixture(scope="module")
def results() -> list[Result]:
    pairs = zip(read_lines(DATA / "cases.jsonl.gz"), read_lines(DATA / "expected.jsonl.gz"), strict=True)
    worlds = Worlds(read_objects(DATA / "world.yaml"), DATA / "overlays")
    kinds = {kind.shape.kind: kind for kind in KINDS}
    return list(run(pairs, kinds, worlds, read_environment(DATA / "environment.yaml")))


def test_the_rows_of_zone_image_class_storage_and_power_agree(results, capsys):
    touched = [
        result
        for result in results
        if result.case["rules"] and all(SLICE.fullmatch(row) for row in result.case["rules"])
    ]
    agree = sum(not result.unlike for result in touched)
    with capsys.disabled():
        print(f"\nconformance, sections 5.1, 6.1-6.4, 6.10: {agree} of {len(touched)} agree")
    assert agree >= SLICE_AGREES


def test_the_other_kinds_agree(results):
    others = [result for result in results if result.case["kind"] != "VirtualMachine"]
    assert [result.case["id"] for result in others if result.unlike or result.quirk] == []
    assert len(others) == OTHERS


def test_the_corpus_agrees_at_least_as_far_as_before(results, capsys):
    agree = sum(not result.unlike for result in results)
    with capsys.disabled():
        print(f"\nconformance: {agree} of {len(results)} agree")
    assert agree >= ALL_AGREE


def test_the_runner_says_what_differs_and_how_many_agree(tmp_path, capsys):
    """Two cases, of which one answer has been falsified."""
    cases, expected = (
        [line for line, _ in zip(read_lines(DATA / f"{name}.jsonl.gz"), range(2), strict=False)]
        for name in ("cases", "expected")
    )
    expected[1] = {"id": expected[1]["id"], "allowed": True, "stage": "none", "object": []}
    for name, lines in (("cases", cases), ("expected", expected)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    answers = tmp_path / "answers.jsonl"
    arguments = ["--cases", str(tmp_path / "cases.jsonl"), "--expected", str(tmp_path / "expected.jsonl")]
    assert main([*arguments, "--show", "5", "--answers", str(answers)]) == 1
    printed = capsys.readouterr().out
    assert f"--- {cases[1]['id']}" in printed
    assert printed.splitlines()[-1] == "1 of 2 agree"
    first = json.loads(answers.read_text().splitlines()[0])
    assert first == {
        "id": cases[0]["id"],
        "allowed": False,
        "stage": "validate",
        "errors": [["metadata.labels[topology.kubernetes.io/zone]", "Invalid"]],
        "object": None,
    }


CASE = {"operation": "CREATE", "object": {"metadata": {"name": "a"}, "spec": {"x": "old"}}, "oldObject": None}


def denied(*errors: tuple[str, str], stage="validate") -> Outcome:
    return Outcome(None, tuple(FieldError(path, kind, "") for path, kind in errors), stage)


def answered(stage: str, *errors, **more) -> dict:
    return {"allowed": False, "stage": stage, "errors": [list(error) for error in errors], **more}


@pytest.mark.parametrize(
    ("expected", "outcome", "is_same"),
    [
        (answered("validate", ("a", "Invalid")), denied(("a", "Invalid")), True),
        (answered("validate", ("a", "Invalid"), ("a", "Invalid")), denied(("a", "TypeInvalid")), True),
        (answered("validate", ("a", "Invalid"), ("", "Invalid")), denied(("a", "Invalid")), True),
        (answered("validate", ("a", "Invalid")), denied(("a", "Required")), False),
        (answered("validate", ("a", "Invalid")), denied(("a", "Invalid"), ("b", "Invalid")), False),
        (answered("validate", ("a", "Invalid"), ("b", "Invalid")), denied(("a", "Invalid")), False),
        (answered("schema", ("a", "Invalid")), denied(("a", "Required")), True),
        (answered("schema", ("a", "Invalid")), denied(("b", "Invalid")), False),
        (answered("mutate", ("a", "Invalid")), denied(("a", "Required"), ("b", "Invalid")), True),
        (answered("mutate", ("a", "Invalid")), denied(("b", "Invalid")), False),
        (answered("mutate", code=403), denied(("b", "Invalid")), True),
        (answered("validate", ("a", "Invalid"), panic=True), denied(("b", "Invalid")), True),
        (answered("validate", ("a", "Invalid")), Outcome({}, (), "none"), False),
        ({"allowed": True, "stage": "none"}, denied(("a", "Invalid")), False),
    ],
)
def test_denials_are_compared_as_the_readme_says(expected, outcome, is_same):
    assert (differences(CASE, expected, outcome) == []) is is_same


def test_quirks_are_predicates_and_explain_nothing_else():
    """PIPE-10, QRK-02: an answer is excused by what was asked and answered, never by the case's id."""
    case = {**CASE, "object": {"spec": {"volumes": [{"unitNumber": 2**32, "name": 5}]}}}
    unit, name = ("spec.volumes[0].unitNumber", "Invalid"), ("spec.volumes[0].name", "Invalid")
    bus = ("spec.volumes[0].controllerBusNumber", "Required")
    expected = answered("validate", ("spec.volumes[0].controllerType", "Required"))
    assert quirk_of(case, expected, denied(unit, stage="schema")) == "PIPE-10"
    assert quirk_of(case, expected, denied(unit, name, stage="schema")) == ""
    assert quirk_of(case, answered("schema", name), denied(unit, name, stage="schema")) == "PIPE-10"
    assert quirk_of(case, answered("schema", name), denied(name, stage="schema")) == ""
    assert quirk_of(case, expected, denied(unit)) == ""
    crash = answered("validate", panic=True)
    assert quirk_of(case, crash, denied(bus)) == "QRK-02"
    assert quirk_of(case, crash, denied(unit)) == ""
    assert quirk_of(case, expected, denied(bus)) == ""


@pytest.mark.parametrize(
    ("changes", "spec", "is_same"),
    [
        ([], {"x": "old"}, True),
        ([], {"x": "old", "y": [], "z": None, "f": False, "m": {"n": ""}}, True),
        ([], {"x": "new"}, False),
        ([["replace", "/spec/x", "new"]], {"x": "new"}, True),
        ([["remove", "/spec/x"]], {}, True),
        ([["add", "/spec/l", [1, 2]], ["remove", "/spec/l/0"], ["add", "/spec/l/1", 3]], {"x": "old", "l": [2, 3]}, True),
        ([["add", "/spec/l", [1, 2]]], {"x": "old", "l": [2, 1]}, False),
        ([["add", "/spec/a~1b", "c"]], {"x": "old", "a/b": "c"}, True),
        ([["replace", "/spec/x", "<uuid>"]], {"x": "42081d15-9a7b-4c3f-8f22-6d1f0a5be101"}, True),
        ([["replace", "/spec/x", "<uuid>"]], {"x": "other"}, False),
        ([["replace", "/spec/x", "<time>"]], {"x": "2026-01-01T00:00:00.5Z"}, True),
        ([["replace", "/spec/x", "1024Mi"]], {"x": "1Gi"}, True),
        ([["replace", "/spec/x", "60s"]], {"x": "1m0s"}, True),
        ([["replace", "/spec/x", "60s"]], {"x": "61s"}, False),
    ],
)  # fmt: skip
def test_objects_are_compared_as_the_readme_says(changes, spec, is_same):
    expected = {"allowed": True, "stage": "none", "object": changes}
    outcome = Outcome(
        {"metadata": {"name": "a", "managedFields": []}, "spec": spec, "status": {"a": 1}}, (), "none"
    )
    assert (differences(CASE, expected, outcome) == []) is is_same


def test_a_time_that_was_sent_is_not_now():
    sent = "2026-01-01T00:00:00Z"
    case = {**CASE, "object": {"metadata": {}, "spec": {"x": sent}}}
    expected = {"allowed": True, "stage": "none", "object": [["replace", "/spec/x", "<time>"]]}
    outcome = Outcome({"metadata": {}, "spec": {"x": sent}}, (), "none")
    assert differences(case, expected, outcome) != []
    assert (
        differences(
            case, expected, replace(outcome, object={"metadata": {}, "spec": {"x": "2026-02-01T00:00:00Z"}})
        )
        == []
    )
