"""What the portal writes as YAML means the same to every reader: of YAML 1.1, of YAML 1.2, and to the portal itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from vmportal.api.documents import read_yaml
from vmportal.yamltext import dump, dump_all

# Which plain texts are what, by the two specifications (yaml.org/type, and 10.3.2 of 1.2); the rest are texts.
YAML_1_1 = {
    "null": r"~|null|Null|NULL|",
    "bool": r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    "int": r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|"
    r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+",
    # The page's own pattern takes 10.20.0.3 and a lone dot for numbers; its readers do not.
    "float": r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?|"
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}"
    r":[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?",
    "merge": r"<<",
    "value": r"=",
}
YAML_1_2 = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
# What JSON can say, so a value that is written plainly must read as one of these; a date must not.
OF_JSON = {"null": lambda text: None, "bool": lambda text: text == "true", "int": int, "float": float}
MISREAD = [
    "1e3",
    "y",
    "N",
    "on",
    "0o17",
    "017",
    "09",
    "0x1F",
    "0XFF",
    "1_000",
    "1:20",
    ".5",
    "+.inf",
    "2026-01-02",
]
MISREAD += [
    "2026-1-2",
    "~",
    "",
    "null",
    "=",
    "<<",
    "- a",
    "# a",
    "a: b",
    "a #b",
    "---",
    "...",
    " a",
    "a ",
    "\ta",
    "é",
]
MISREAD += [
    "a\nb",
    "a\n\n",
    "\na",
    " a\nb",
    "a \nb",
    "a\tb\n",
    "a\rb",
    "a\x85b\n",
    "a\u2028b\nc",
    "\ufeffa\nb",
    "\x7f\n",
]


def value_of(node: yaml.Node, plain: dict[str, re.Pattern[str]]) -> Any:
    """What a reader makes of a node that knows these plain texts."""
    if isinstance(node, yaml.MappingNode):
        return {value_of(key, plain): value_of(value, plain) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item, plain) for item in node.value]
    kind = None if node.style else next((k for k, p in plain.items() if p.fullmatch(node.value)), None)
    return OF_JSON[kind](node.value) if kind else node.value


def readings(text: str) -> dict[str, Any]:
    found = {"PyYAML": yaml.safe_load(text), "the portal": read_yaml(text.encode()).value}
    for name, kinds in {"YAML 1.1": YAML_1_1, "YAML 1.2": YAML_1_2}.items():
        plain = {kind: re.compile(pattern) for kind, pattern in kinds.items()}
        found[name] = value_of(yaml.compose(text, Loader=yaml.SafeLoader), plain)
    return found


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBER_LIKE = st.text("0123456789abcdefxo_.:+-eE~yn", max_size=8)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    NUMBER_LIKE,
    st.sampled_from(MISREAD),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | NUMBER_LIKE, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@example({text: [text, {"a": text}] for text in MISREAD})
def test_what_is_written_means_the_same_to_every_reader(value):
    meant = json.dumps(value)
    assert {name: json.dumps(read) for name, read in readings(dump(value)).items()} == dict.fromkeys(
        ["PyYAML", "the portal", "YAML 1.1", "YAML 1.2"], meant
    )


def test_plain_words_stay_plain_and_lines_stay_lines():
    spec = {"memory": "4Gi", "name": "web-1", "address": "10.20.0.3", "script": "#!/bin/sh\nexit 0\n"}
    assert dump(spec) == ("memory: 4Gi\nname: web-1\naddress: 10.20.0.3\nscript: |\n  #!/bin/sh\n  exit 0\n")


@pytest.mark.parametrize("value", [{"b": 1, "a": [1, 2]}, {"same": [{"x": 1}] * 2}])
def test_keys_keep_their_order_and_nothing_is_an_alias(value):
    assert json.dumps(yaml.safe_load(dump(value))) == json.dumps(value)
    assert "&" not in dump(value)


def test_several_documents_are_read_one_by_one():
    assert list(yaml.safe_load_all(dump_all([{"a": 1}, "text", None]))) == [{"a": 1}, "text", None]
