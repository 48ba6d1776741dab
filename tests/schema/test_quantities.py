"""Quantities and durations: exact, canonical, and deaf to what only looks like one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmportal.schema import (
    canonical_quantity,
    column_quantity,
    format_quantity,
    parse_duration,
    parse_quantity,
)

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2"]
NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.decimals(-(10**6), 10**6, places=4, allow_nan=False).map(str),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("1", 1),
        ("+1.5Gi", 1610612736),
        (".5", Decimal("0.5")),
        ("1.", 1),
        ("500m", Decimal("0.5")),
        ("1k", 1000),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1e-3", Decimal("0.001")),
        ("0.1n", Decimal("1e-9")),  # rounded away from zero
        ("-0.1n", Decimal("-1e-9")),
        ("9Ei", 2**63 - 1),  # capped
        (5, 5),
    ],
)
def test_values(text, value):
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " 1Gi",
            "1Gi ",
            "1 Gi",
            "1Gi\n",
            "1gi",
            "1K",
            "Gi",
            "many",
            "1_000",
            "0x10",
            "--1",
            "1.5.5",
            ".",
        ),
        *("NaN", "Infinity", "1e", "1e1.5", "1e999", "٣Gi", "9" * 200),
        *(True, None, 1.5),
    ],
)
def test_what_only_looks_like_a_quantity_is_refused(text):
    with pytest.raises(ValueError, match="Not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1025", "1025"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1000", "1k"),
        ("1500k", "1500k"),
        ("1000000000Ki", "1000000000Ki"),
        ("512Ki", "512Ki"),
        ("0.5Ki", "512"),
        ("0.0001Ki", "102400u"),
        ("1e3", "1e3"),
        ("12e2", "1200"),
        ("0Gi", "0"),
        ("-2048Mi", "-2Gi"),
        ("100000E", "100000E"),
        (4096, "4096"),
    ],
)
def test_canonical_texts_are_those_of_kubernetes(text, canonical):
    assert canonical_quantity(text) == canonical


def test_a_number_takes_the_suffix_of_its_family():
    assert format_quantity(2**30) == "1Gi"
    assert format_quantity(10**9, "DecimalSI") == "1G"
    assert format_quantity(10**9, "DecimalExponent") == "1e9"
    assert format_quantity(Decimal("0.25")) == "250m"
    assert format_quantity(10**22, "DecimalSI") == "10000E"


@given(NUMBERS, st.sampled_from(SUFFIXES))
def test_the_canonical_text_has_the_same_value_and_is_its_own_canonical_text(number, suffix):
    text = number + suffix
    canonical = canonical_quantity(text)
    assert parse_quantity(canonical) == parse_quantity(text)
    assert canonical_quantity(canonical) == canonical


@given(st.integers(-(2**62), 2**62), st.sampled_from(["BinarySI", "DecimalSI", "DecimalExponent"]))
def test_a_formatted_number_reads_as_itself(number, family):
    assert parse_quantity(format_quantity(number, family)) == number


@given(st.text(max_size=12))
def test_no_text_is_a_crash(text):
    try:
        value = parse_quantity(text)
    except ValueError:
        return
    assert value.is_finite()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90s", 90),
        ("1h2m3.5s", 3723.5),
        ("250ms", 0.25),
        ("1.5h", 5400),
        ("-1m", -60),
        ("+.5s", 0.5),
        ("1us1µs1μs", 3e-6),
        ("100ns", 1e-7),
        ("0.5ns0.5ns", 0),  # each part is cut to nanoseconds, as by Go
        ("2562047h", 2562047 * 3600),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "1d", "s", "1 s", "1h 2m", ".s", "1h-2m", "NaNs", "٣s", "1s\n", None, 5]
)
def test_what_only_looks_like_a_duration_is_refused(text):
    with pytest.raises(ValueError, match="Not a duration"):
        parse_duration(text)


def test_a_duration_that_go_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="too long"):
        parse_duration("2562048h")


@given(st.integers(0, 200), st.integers(0, 59), st.integers(0, 59_999))
def test_hours_minutes_and_seconds_add_up(hours, minutes, milliseconds):
    text = f"{hours}h{minutes}m{milliseconds // 1000}.{milliseconds % 1000:03}s"
    assert parse_duration(text) == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "number"),
    [("8Gi", 8 * 2**30), (8, 8), ("1500m", 1), ("1e99", 2**63 - 1), ("-1e99", -(2**63) + 1)],
)
def test_a_column_holds_what_64_bits_hold(text, number):
    assert column_quantity(text) == number


@pytest.mark.parametrize("text", [None, "", "many", "1e999", "9" * 200, [], True])
def test_a_column_holds_nothing_of_what_is_no_quantity(text):
    assert column_quantity(text) == 0
    assert column_quantity("4Gi", 2**20) == 4096
