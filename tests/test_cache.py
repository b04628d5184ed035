"""What is kept comes back as it was, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from soc import cache
from soc.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_put_comes_back_under_its_key(tmp_path: Path) -> None:
    Cache(tmp_path / "a").put("k", [b"da", b"ta"])
    assert Cache(tmp_path / "a").get("k") == b"data"
    assert Cache(tmp_path / "a").get("other") is None
    assert Cache(tmp_path / "b").get("k") is None


def test_a_changed_file_is_as_good_as_none(tmp_path: Path) -> None:
    Cache(tmp_path / "a").put("k", [b"data"])
    (file,) = (tmp_path / "a").glob("*.kept")
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert Cache(tmp_path / "a").get("k") is None
    file.write_bytes(whole[:10])
    assert Cache(tmp_path / "a").get("k") is None


def test_a_file_under_another_key_or_from_another_folder_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Cache(tmp_path / name).put("k", [b"data"])
    (tmp_path / "a" / "k.kept").rename(tmp_path / "a" / "other.kept")
    assert Cache(tmp_path / "a").get("other") is None
    (tmp_path / "b" / "k.kept").replace(tmp_path / "a" / "k.kept")
    assert Cache(tmp_path / "a").get("k") is None


def test_only_the_owner_can_read_and_write(tmp_path: Path) -> None:
    Cache(tmp_path / "a").put("k", [b"data"])
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "a").iterdir()}
    assert ((tmp_path / "a").stat().st_mode & 0o777, modes) == (0o700, {"key": 0o600, "k.kept": 0o600})


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o755])
def test_a_folder_that_others_can_enter_is_not_believed(tmp_path: Path, mode: int) -> None:
    Cache(tmp_path / "a").put("k", [b"data"])
    (tmp_path / "a").chmod(mode)
    assert Cache(tmp_path / "a").get("k") is None


def test_the_oldest_go_first(tmp_path: Path) -> None:
    for number in range(cache._MOST + 3):
        Cache(tmp_path / "a").put(f"k{number:02}", [b"data"])
        os.utime(tmp_path / "a" / f"k{number:02}.kept", (number, number))
    left = sorted(file.stem for file in (tmp_path / "a").glob("*.kept"))
    assert left == [f"k{number:02}" for number in range(3, cache._MOST + 3)]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    Cache(tmp_path / "file" / "a").put("k", [b"data"])
    assert Cache(tmp_path / "file" / "a").get("k") is None
