"""docs/rules.md says what the code does: it is made from it, and current."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vmportal.admission import Admission, Admitting, bypass
from vmportal.admission.document import Said, document, errors_of
from vmportal.admission.rule import WHO, Gate, Rule, feature, forbidden, invalid, rule
from vmportal.errors import FieldError
from vmportal.kinds import KINDS
from vmportal.management.commands.document_rules import PAGE, rules_page
from vmportal.schema import validate
from vmportal.schema.words import array, boolean, integer, obj, quantity, text, time

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


def every_rule() -> Iterator[Rule]:
    yield from bypass.POLICIES
    for kind in KINDS:
        admission, policies = kind.admission, kind.admission.policies
        yield from (*admission.unreadable, *admission.defaults, *admission.rules)
        yield from (*policies.complete, *policies.errors, *policies.in_deletion)


def test_every_rule_has_a_sentence_and_somebody_who_can_help():
    for entry in every_rule():
        assert entry.sentence.endswith("."), entry.ids
        assert entry.who in WHO, entry.ids


def test_every_lift_has_a_sentence():
    for kind in KINDS:
        for entry in (*kind.admission.policies.lifts, *kind.admission.policies.instead):
            assert entry.sentence.endswith("."), entry.id


# Words that only say again that something is wrong.
VAGUE = re.compile(
    r"\b(invalid|valid|illegal|incorrect|malformed|bad|wrong|error|failed(?! over)|denied)\b", re.I
)


def test_every_message_is_a_sentence_that_says_what_to_do():
    for entry in every_rule():
        for said in errors_of(entry.check):
            if said.message == "…":  # made at run time, of sentences that have tests of their own
                continue
            place = (entry.ids, said.message)
            assert said.message[0].isupper() or said.message[0] == "…", place
            assert said.message.endswith("."), place
            assert len(said.message.split()) > 1, place
            assert not VAGUE.search(said.message), place


def test_the_messages_of_the_schema_say_what_to_do():
    """What is said of each sort of word that a schema can have."""
    wanted = obj(
        {
            "flag": boolean(),
            "size": integer(1, 9),
            "mode": text(enum=("On", "Off")),
            "name": text(min_length=2, max_length=4),
            "code": text(pattern="^[a-z]+$", description="Small letters."),
            "disk": quantity(),
            "time": time(),
            "list": array(text(), min_items=2, max_items=2),
            "set": array(text(), set=True),
        },
        required=("flag", "lost"),
    )
    sent = {
        "flag": "yes",
        "size": 10,
        "mode": "on",
        "name": "x",
        "code": "X",
        "disk": "1 GB",
        "time": "soon",
        "list": ["a"],
        "set": ["a", "a"],
    }
    found = validate(wanted, sent)
    assert {error.path for error in found} == {*sent, "lost"} - {"set"} | {"set[1]"}
    for error in found:
        assert error.message[0].isupper() or error.message[0] == '"', error
        assert error.message.endswith("."), error
        assert not VAGUE.search(error.message), error


def test_no_two_rules_of_a_kind_share_an_id():
    for kind in KINDS:
        judged = (*kind.admission.defaults, *kind.admission.rules)
        ids = [name for entry in judged for name in entry.ids]
        assert len(ids) == len(set(ids)), kind.shape.kind
