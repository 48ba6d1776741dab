"""The keys that the portal makes for itself on its first start."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from vmportal.keys import read_or_make_key


def test_all_who_start_at_the_same_time_have_the_same_key(tmp_path):
    path = tmp_path / "data" / "key"
    with ThreadPoolExecutor(16) as pool:
        keys = {*pool.map(read_or_make_key, [path] * 64)}
    assert keys == {path.read_text()}
    assert [item.name for item in path.parent.iterdir()] == ["key"]


def test_the_data_are_their_owner_s_alone(tmp_path):
    path = tmp_path / "data" / "key"
    read_or_make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SystemExit, match=r"cannot write to its data folder.*PORTAL_DATA"):
        read_or_make_key(tmp_path / "data" / "key")
