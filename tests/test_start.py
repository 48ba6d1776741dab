"""A portal that cannot start says why in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_an_issuer_that_cannot_be_trusted_is_one_clear_line(tmp_path):
    wrong = {
        "PORTAL_OIDC_ISSUER_URL": "http://issuer.example.com",
        "PORTAL_OIDC_CLIENT_ID": "portal",
        "PORTAL_DATA": str(tmp_path),
    }
    found = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, **wrong},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "VM Portal cannot use the OpenID Connect issuer: PORTAL_OIDC_ISSUER_URL must be a plain https address, "
        "not 'http://issuer.example.com'."
    ]
