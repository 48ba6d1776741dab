"""Keeps the checkout in order: sizes of files, files of others, nothing of one person's machine."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 500
GENERATED = {"docs/rules.md"}
DATA = {
    ".csv",
    ".json",
    ".jsonl",
    ".lock",
    ".mo",
    ".mod",
    ".po",
    ".sum",
    ".svg",
    ".tsv",
    ".txt",
    ".yaml",
    ".yml",
}
MADE = {ROOT / "docs" / "rules.md"}  # from the code: a table with a line for each rule
OF_SOMEBODYS_MACHINE = {
    "a home or work folder": r"(?<![\w.~])/(?:home|root|work|Users)/\w",
    "where packages are fetched": r"https?://[^\s\"'<>]+/simple\b|(?:index|registry|find-links|proxy)[-_ ]?(?:url)?\s*=\s*https?://",
}  # fmt: skip


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: nothing tells which files belong to it")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""  # a picture


def test_no_file_outgrows_a_reader(tracked):
    ours = [
        path
        for path in tracked
        if path.suffix not in DATA and path not in MADE and ROOT / "static" / "vendor" not in path.parents
    ]
    lengths = {path.relative_to(ROOT).as_posix(): text_of(path).count("\n") for path in ours}
    assert {
        name: lines for name, lines in lengths.items() if lines > MOST_LINES and name not in GENERATED
    } == {}


def test_no_file_tells_of_somebodys_machine(tracked):
    found = [
        f"{path.relative_to(ROOT)}:{number} names {what}"
        for path in tracked
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        for what, pattern in OF_SOMEBODYS_MACHINE.items()
        if re.search(pattern, line)
    ]
    assert found == []


def test_files_of_others_are_as_they_were_fetched():
    static = ROOT / "static"
    wanted = json.loads((static / "vendor" / "manifest.json").read_text())["files"]
    there = [
        path
        for path in static.joinpath("vendor").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    ]
    seen = {
        path.relative_to(static).as_posix(): hashlib.sha512(path.read_bytes()).hexdigest()
        for path in [*there, static / "icons.svg"]
    }
    assert seen == wanted


def test_files_of_others_come_with_their_licence():
    folders = [path for path in ROOT.joinpath("static", "vendor").iterdir() if path.is_dir()]
    assert [folder.name for folder in folders if not list(folder.glob("LICENSE*"))] == []


def test_the_sprite_has_every_icon_that_is_listed():
    sprite = (ROOT / "static" / "icons.svg").read_text()
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == sorted(
        (ROOT / "static" / "icons.txt").read_text().split()
    )


def test_every_icon_that_a_page_uses_is_in_the_sprite(tracked):
    listed = set((ROOT / "static" / "icons.txt").read_text().split())
    used = {
        (str(path.relative_to(ROOT)), name)
        for path in tracked
        if path.suffix == ".html"
        for name in re.findall(r"""icons\.svg['"]?\s*%?\}?#([\w-]+)""", text_of(path))
    }
    assert {(page, name) for page, name in used if name not in listed} == set()
