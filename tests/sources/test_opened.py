"""Plain and packed files read alike, and packed ones within limits."""

from __future__ import annotations

import gzip
import os
import zlib

import pytest
from hypothesis import given, strategies as st

from soc.sources.opened import Plain, Refused, open_file

CONTENT = bytes(range(256)) * 1000


def read_all(file: Plain, sizes: list[int]) -> None:
    while data := file.read(sum(sizes), 50_000):
        sizes.append(len(data))


@pytest.fixture(params=[lambda data: data, gzip.compress], ids=["plain", "gzip"])
def file(request, tmp_path):
    path = tmp_path / "app.log"
    path.write_bytes(request.param(CONTENT))
    opened = open_file(path)
    yield opened
    opened.close()


@given(reads=st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 70_000)), max_size=6))
def test_any_place_can_be_read(tmp_path_factory, reads) -> None:
    path = tmp_path_factory.mktemp("packed") / "app.log.gz"
    path.write_bytes(gzip.compress(CONTENT[:100_000]) + gzip.compress(CONTENT[100_000:]) + b"\0" * 512)
    opened = open_file(path)
    for offset, size in reads:
        found = b""
        while len(found) < size and (part := opened.read(offset + len(found), size - len(found))):
            found += part
        assert found == CONTENT[offset : offset + size]
    opened.close()


def test_nothing_lies_beyond_the_end(file) -> None:
    assert file.read(len(CONTENT), 10) == b""
    assert file.read(len(CONTENT) - 3, 10) == CONTENT[-3:]


def test_reading_nothing_gives_nothing(file) -> None:
    assert [file.read(at, 0) for at in (0, 70_000, len(CONTENT))] == [b"", b"", b""]


def test_a_packed_file_may_still_grow(tmp_path) -> None:
    path = tmp_path / "app.log.gz"
    packed = gzip.compress(CONTENT)
    path.write_bytes(packed[:200])
    opened = open_file(path)
    first = opened.read(0, len(CONTENT))
    assert first == CONTENT[: len(first)]
    assert opened.read(len(first), 10) == b""
    path.write_bytes(packed)
    assert opened.read(len(first), 10) == CONTENT[len(first) : len(first) + 10]
    opened.close()


def test_a_bomb_is_refused(tmp_path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * (2 << 20), 9) * 100)
    assert path.stat().st_size < 220_000
    opened, sizes = open_file(path), []
    with pytest.raises(Refused, match=rf"{path}: unpacks to more than 100 times its size"):
        read_all(opened, sizes)
    opened.close()
    assert sum(sizes) < 21 << 20


def test_damage_is_refused_with_its_place(tmp_path) -> None:
    path = tmp_path / "app.log.gz"
    packed = bytearray(gzip.compress(os.urandom(100_000)))
    packed[-4:] = b"\0\0\0\1"
    path.write_bytes(packed)
    opened = open_file(path)
    with pytest.raises(Refused, match=r"damaged gzip data after \d+ bytes.*copy the file anew"):
        read_all(opened, [])
    opened.close()


def test_only_regular_files_open(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(OSError):
            open_file(path)


def test_a_raw_deflate_stream_is_text_like_any_other(tmp_path) -> None:
    path = tmp_path / "app.z"
    path.write_bytes(zlib.compress(b"x"))
    opened = open_file(path)
    assert (opened.is_packed, opened.read(0, 100)) == (False, zlib.compress(b"x"))
    opened.close()
