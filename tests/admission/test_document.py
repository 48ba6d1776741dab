"""docs/rules.md says what the code does: it is made from it, and current."""

from __future__ import annotations

from collections.abc import Iterator

from vmportal.admission import Admission, Admitting
from vmportal.admission.document import Said, document, errors_of
from vmportal.admission.rule import Gate, feature, forbidden, invalid, rule
from vmportal.errors import FieldError
from vmportal.kinds import KINDS
from vmportal.management.commands.document_rules import PAGE, rules_page

VOLUMES = "spec.volumes"
WORDS = "Say something."


@rule(
    "Z-01", "Z-02", op="C", gate=feature("Flag") & ~(feature("A") | feature("B")), exempt="priv", who="admin"
)
def some_sentence(request: Admitting) -> Iterator[FieldError]:
    """A sentence | over
    two lines."""
    message = "Local words."
    for path, volume in request.each(VOLUMES):
        yield invalid(f"{path}.name", f"Not {volume['name']!r}: choose another.")
        yield forbidden(f"{VOLUMES}.size", message, "Z-02")
    yield from _helper(request, "guestID")
    yield FieldError("spec", "TooLong", WORDS)


def _helper(request: Admitting, key: str) -> Iterator[FieldError]:
    yield invalid(f"spec.{key}", WORDS)


def test_errors_are_read_from_the_source():
    assert set(errors_of(some_sentence.check)) == {
        Said("spec.volumes[i].name", "Invalid", "Not …: choose another."),
        Said("spec.volumes.size", "Forbidden", "Local words."),
        Said("spec.guestID", "Invalid", "Say something."),
        Said("spec", "TooLong", "Say something."),
    }


def test_a_row_tells_all_of_a_rule():
    page = document({"Thing": Admission(rules=(some_sentence,)), "Bare": Admission()})
    assert "## Thing: Rules" in page
    assert "Bare" not in page
    row = next(line for line in page.splitlines() if line.startswith("| Z-01"))
    assert "| Z-01, Z-02 | C | A sentence \\| over two lines. |" in row
    assert row.endswith("| Flag and (not (A or B)) | priv | your admin |")


def test_gates_are_put_into_words_that_keep_their_sense():
    def never(request: Admitting) -> bool:
        return False

    a, b, c = (Gate(name, never) for name in "abc")
    assert ((a | b) & c).words == "(a or b) and c"
    assert ((a & b) | c).words == "(a and b) or c"
    assert (~(a & b)).words == "not (a and b)"
    assert (~a & b).words == "not a and b"


def test_the_page_is_current():
    assert PAGE.read_text() == rules_page(), "run: manage.py document_rules"


def test_every_rule_has_a_sentence():
    for kind in KINDS:
        policies = kind.admission.policies
        for entry in (*kind.admission.defaults, *kind.admission.rules, *policies.complete, *policies.errors):
            assert entry.sentence, entry.ids


def test_no_two_rules_of_a_kind_share_an_id():
    for kind in KINDS:
        judged = (*kind.admission.defaults, *kind.admission.rules)
        ids = [name for entry in judged for name in entry.ids]
        assert len(ids) == len(set(ids)), kind.shape.kind
