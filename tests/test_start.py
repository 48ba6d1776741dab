"""A portal that cannot start says why in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import environ
import pytest

from vmportal.environment import flag, number, pairs

ROOT = Path(__file__).parent.parent


def test_a_database_that_cannot_be_opened_is_one_clear_line(tmp_path):
    (tmp_path / "portal.sqlite3").mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    found = subprocess.run(
        [sys.executable, "manage.py", "portal"],
        cwd=ROOT,
        env={**environment, "PORTAL_DATA": str(tmp_path), "PORTAL_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    (line,) = found.stderr.splitlines()
    assert "unable to open database file" in line
    assert str(tmp_path) in line


def refusal(tmp_path: Path, **said: str) -> str:
    """The one line with which a start ends that cannot be."""
    here = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_OIDC_")}
    found = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**here, "PORTAL_DATA": str(tmp_path), **said},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    (line,) = found.stderr.splitlines()
    return line


def test_an_issuer_that_cannot_be_trusted_is_one_clear_line(tmp_path):
    wrong = {"PORTAL_OIDC_ISSUER_URL": "http://issuer.example.com", "PORTAL_OIDC_CLIENT_ID": "portal"}
    assert refusal(tmp_path, **wrong) == (
        "VM Portal cannot use the OpenID Connect issuer: PORTAL_OIDC_ISSUER_URL must be a plain https address, "
        "not 'http://issuer.example.com'."
    )


def test_settings_of_an_issuer_that_is_not_named_are_one_clear_line(tmp_path):
    """Whoever has set one of them believes that its tokens open the API, or are demanded."""
    assert refusal(tmp_path, PORTAL_OIDC_CLIENT_ID="portal") == (
        "VM Portal cannot start: PORTAL_OIDC_CLIENT_ID is about an OpenID Connect issuer, and none is named: "
        "set PORTAL_OIDC_ISSUER_URL, or leave PORTAL_OIDC_CLIENT_ID out."
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORTAL_RATE", "x", "must be a number from 0 to 1000000000, not 'x': correct it, or leave it out"),
        ("PORTAL_MAX_BODY_BYTES", "3MiB", "must be a whole number from 1 to 1000000000, not '3MiB'"),
        ("PORTAL_TRUSTED_PROXIES", "10.0.0.1/8", "write 10.0.0.0/8 for all of it"),
    ],
)
def test_a_setting_that_cannot_be_is_one_clear_line(tmp_path, name, value, told):
    line = refusal(tmp_path, **{name: value})
    assert line.startswith(f"VM Portal cannot start: {name}")
    assert told in line


def test_claims_that_are_no_pairs_are_one_clear_line(tmp_path):
    issuer = {"PORTAL_OIDC_ISSUER_URL": "https://issuer.example.com", "PORTAL_OIDC_CLIENT_ID": "portal"}
    assert refusal(tmp_path, **issuer, PORTAL_OIDC_REQUIRED_CLAIMS="hd=example.com,foo") == (
        "VM Portal cannot start: PORTAL_OIDC_REQUIRED_CLAIMS must be pairs such as hd=example.com,role=dev; "
        "'foo' is none."
    )


def says(monkeypatch: pytest.MonkeyPatch, value: str) -> environ.Env:
    monkeypatch.setenv("PORTAL_DAYS", value)
    return environ.Env()


@pytest.mark.parametrize("value", ["-1", "1.5", "366", "1e2", "many"])
def test_numbers_beyond_their_bounds_are_refused(monkeypatch, value):
    with pytest.raises(SystemExit, match="PORTAL_DAYS must be a whole number from 0 to 365, not "):
        number(says(monkeypatch, value), "PORTAL_DAYS", 30, most=365)


@pytest.mark.parametrize("value", ["-5", "nan", "inf", "60s"])
def test_seconds_are_numbers_that_time_can_be_told_with(monkeypatch, value):
    """`PORTAL_WAIT_MOST_SECONDS=-5` once passed, and `60s` and `1e3` were read as other numbers than they look."""
    with pytest.raises(SystemExit, match="PORTAL_DAYS must be a number from 0 to 1000000000, not "):
        number(says(monkeypatch, value), "PORTAL_DAYS", 60.0)


@pytest.mark.parametrize(("value", "found"), [("0", 0), ("365", 365), (" 7 ", 7), ("", 30)])
def test_numbers_within_their_bounds_are_taken(monkeypatch, value, found):
    assert number(says(monkeypatch, value), "PORTAL_DAYS", 30, most=365) == found


@pytest.mark.parametrize(
    ("value", "found"), [("true", True), ("On", True), ("1", True), ("no", False), ("0", False), ("", False)]
)
def test_flags_are_words_for_yes_and_no(monkeypatch, value, found):
    assert flag(says(monkeypatch, value), "PORTAL_DAYS", not found) is found


def test_a_word_that_could_mean_either_is_refused(monkeypatch):
    """`PORTAL_COOKIES_SECURE=enabled` once left cookies insecure."""
    with pytest.raises(SystemExit, match="PORTAL_DAYS must be true or false, not 'enabled'"):
        flag(says(monkeypatch, "enabled"), "PORTAL_DAYS")


def test_pairs_may_have_equals_signs_in_their_values(monkeypatch):
    assert pairs(says(monkeypatch, "a=b, c=d=e"), "PORTAL_DAYS") == (("a", "b"), ("c", "d=e"))
