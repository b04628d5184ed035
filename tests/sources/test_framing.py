"""The same bytes give the same records, however they come in pieces."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from soc.parse.frame import MAX_BYTES
from soc.sources.framing import MAX_LINES, Framed, Framer

START = re.compile(rb"\d{4}-\d\d")
PIECES = st.lists(
    st.sampled_from(
        [b"2026-01 one", b" more", b"\n", b"\r\n", b"\n\n", b"\0\0", b"#Fields: a b", b"#Version: 1.0", b"# no directive", b"\xff", b"x"]
    ),
    max_size=40,
)  # fmt: skip


def lines(data: bytes, start: re.Pattern[bytes] | None = None, header: str = "") -> list[Framed]:
    framer = Framer(0, start, header)
    return [*framer.feed(data), *framer.close()]


def raws(data: bytes, start: re.Pattern[bytes] | None = None) -> list[bytes]:
    return [framed.raw for framed in lines(data, start)]


@given(PIECES, st.lists(st.integers(0, 200)), st.sampled_from([None, START]))
def test_any_pieces_of_the_same_bytes_give_the_same_records(pieces, cuts, start) -> None:
    data = b"".join(pieces)
    framer, found, at = Framer(0, start), [], 0
    for cut in sorted(min(cut, len(data)) for cut in cuts):
        found += framer.feed(data[at:cut])
        at = cut
    found += framer.feed(data[at:]) + framer.close()
    assert found == lines(data, start)


@given(PIECES, st.integers(0, 200), st.sampled_from([None, START]))
def test_reading_goes_on_at_the_boundary_as_if_it_had_never_stopped(pieces, cut, start) -> None:
    data = b"".join(pieces)
    first = Framer(0, start)
    before = first.feed(data[:cut])
    second = Framer(first.boundary, start, first.header)
    assert [*before, *second.feed(data[first.boundary :]), *second.close()] == lines(data, start)


@given(PIECES, st.sampled_from([None, START]))
def test_records_lie_where_they_say(pieces, start) -> None:
    data = b"".join(pieces)
    end = 0
    for framed in lines(data, start):
        assert end <= framed.offset < framed.end <= len(data)
        told = b"\n".join(line.lstrip(b"\0") for line in data[framed.offset : framed.end].split(b"\n"))  # no holes
        assert told.startswith(framed.raw)
        end = framed.end


def test_a_line_loses_its_end_and_nothing_else() -> None:
    assert raws(b" a \nb\r\n\n \t\nc\r\r\nlast") == [b" a ", b"b", b"c\r", b"last"]


def test_a_record_of_several_lines_begins_where_its_format_says() -> None:
    data = b"2026-01 one\n at two\n\n at three\n2026-02 four\n"
    assert raws(data, START) == [b"2026-01 one\n at two\n\n at three", b"2026-02 four"]


def test_lines_before_the_first_start_are_a_record_too() -> None:
    assert raws(b"tail of an older one\n2026-01 one\n", START) == [b"tail of an older one", b"2026-01 one"]


def test_a_record_has_so_many_lines_at_most() -> None:
    found = raws(b"2026-01 one\n" + b" more\n" * MAX_LINES, START)
    assert [raw.count(b"\n") + 1 for raw in found] == [MAX_LINES, 1]


def test_a_record_of_many_long_lines_is_cut_between_lines() -> None:
    found = raws(b"2026-01 one\n" + (b"y" * 300_000 + b"\n") * 5, START)
    assert b"\n".join(found).count(b"y") == 1_500_000
    assert max(map(len, found)) <= MAX_BYTES + 300_000


def test_the_last_header_line_goes_with_the_records_after_it() -> None:
    data = b"#Software: IIS\n#Fields: date time\none\n#Date: 2026-01-01\ntwo\r\n#Fields: c-ip\r\nthree\n# just text\n"
    assert [(framed.raw, framed.header) for framed in lines(data, header="#Fields: old")] == [
        (b"one", "#Fields: date time"),
        (b"two", "#Fields: date time"),
        (b"three", "#Fields: c-ip"),
        (b"# just text", "#Fields: c-ip"),
    ]


def test_a_header_line_ends_a_record_of_several_lines() -> None:
    assert raws(b"2026-01 one\n more\n#fields\tts\tuid\n2026-02 two\n", START) == [
        b"2026-01 one\n more",
        b"2026-02 two",
    ]


@pytest.mark.parametrize("length", [MAX_BYTES, MAX_BYTES + 1, 2 << 20])
@pytest.mark.parametrize("chunk", [1 << 14, 1 << 18, 4 << 20])
def test_an_endless_line_is_kept_up_to_one_byte_too_many(length, chunk) -> None:
    data = b"before\n" + b"z" * length + b"\nafter\n"
    framer, found = Framer(0), []
    for at in range(0, len(data), chunk):
        found += framer.feed(data[at : at + chunk])
    assert [(len(framed.raw), framed.offset, framed.end) for framed in found] == [
        (6, 0, 7),
        (min(length, MAX_BYTES + 1), 7, length + 8),
        (5, length + 8, length + 14),
    ]


def test_a_hole_of_nul_bytes_is_no_part_of_the_line_after_it() -> None:
    (framed,) = lines(b"\0" * 5000 + b"line\n")
    assert framed == Framed(5000, 5005, b"line", "")


def test_nul_bytes_within_a_line_stay() -> None:
    assert raws(b"a\0b\n") == [b"a\0b"]
