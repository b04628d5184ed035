"""Messages of a TCP connection, counted or ended by lines, however the bytes come in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc.parse.frame import MAX_BYTES
from soc.sources.syslog_framing import SyslogFramer

MESSAGES = [b"<34>Oct 11 22:14:15 web su: hi", b"<165>1 2026-01-01T00:00:00Z - - - - - \xef\xbb\xbfx", b"<1>a\nb"]


def framed(data: bytes) -> list[bytes]:
    framer = SyslogFramer()
    return [*framer.feed(data), *framer.close()]


def counted(*messages: bytes) -> bytes:
    return b"".join(b"%d %s" % (len(each), each) for each in messages)


def test_counted_messages_may_hold_line_ends() -> None:
    assert framed(counted(*MESSAGES)) == MESSAGES


def test_lines_end_messages() -> None:
    assert framed(b"<34>one\n<34>two\r\n\n\0\r\nno priority\n<34>last") == [
        b"<34>one",
        b"<34>two",
        b"no priority",
        b"<34>last",
    ]


def test_each_message_may_be_framed_otherwise() -> None:
    data = counted(MESSAGES[0]) + b"<34>line\n" + counted(MESSAGES[2]) + b"\n" + counted(MESSAGES[1])
    assert framed(data) == [MESSAGES[0], b"<34>line", MESSAGES[2], MESSAGES[1]]


@pytest.mark.parametrize(
    "line", [b"2026-01-01T00:00:00Z web app: hi", b"12 monkeys", b"0 <34>x", b"1234567890 <34>x", b"7", b"42 "]
)
def test_a_line_that_begins_with_a_number_is_a_line(line) -> None:
    assert framed(line + b"\n<34>next\n") == [line, b"<34>next"]


def test_any_split_at_every_byte_gives_the_same_messages() -> None:
    data = counted(MESSAGES[0], MESSAGES[2]) + b"12 monkeys\r\n" + counted(MESSAGES[1]) + b"\n\n<34>two\n42 "
    whole = framed(data)
    assert len(whole) == 6
    for cut in range(len(data) + 1):
        framer = SyslogFramer()
        assert [*framer.feed(data[:cut]), *framer.feed(data[cut:]), *framer.close()] == whole
    framer = SyslogFramer()
    assert [*(each for byte in data for each in framer.feed(bytes([byte]))), *framer.close()] == whole


@given(
    st.lists(st.sampled_from([b"5 <1>ab", b"<34>x", b"\n", b"\r\n", b"3", b" ", b"<", b"9 ", b"\0", b"text", b"99999 <1>"]), max_size=30),
    st.lists(st.integers(0, 150)),
)  # fmt: skip
def test_any_pieces_of_the_same_bytes_give_the_same_messages(pieces, cuts) -> None:
    data = b"".join(pieces)
    framer, found, at = SyslogFramer(), [], 0
    for cut in sorted(min(cut, len(data)) for cut in cuts):
        found += framer.feed(data[at:cut])
        at = cut
    assert [*found, *framer.feed(data[at:]), *framer.close()] == framed(data)


def test_what_a_lost_connection_began_is_kept() -> None:
    assert framed(b"100 <34>only the beginning") == [b"<34>only the beginning"]
    assert framed(b"<34>one\n<34>be") == [b"<34>one", b"<34>be"]


@pytest.mark.parametrize("length", [MAX_BYTES, MAX_BYTES + 1, 3 << 20])
@pytest.mark.parametrize("chunk", [1 << 12, 1 << 20, 8 << 20])
@pytest.mark.parametrize("counts", [True, False])
def test_a_huge_message_is_kept_up_to_one_byte_too_many_and_the_next_one_is_whole(length, chunk, counts) -> None:
    huge = b"<34>" + b"z" * (length - 4)
    data = counted(huge, b"<34>next") if counts else huge + b"\n<34>next\n"
    framer, found, held = SyslogFramer(), [], 0
    for at in range(0, len(data), chunk):
        found += framer.feed(data[at : at + chunk])
        held = max(held, len(framer._held))
    assert [len(each) for each in [*found, *framer.close()]] == [min(length, MAX_BYTES + 1), 8]
    assert held <= MAX_BYTES + 1


def test_a_message_of_a_gigabyte_is_never_held() -> None:
    framer = SyslogFramer()
    found = framer.feed(b"999999999 <34>")
    for _ in range(40):
        found += framer.feed(b"z" * (1 << 16))
    assert [len(each) for each in found] == [MAX_BYTES + 1]
    assert len(framer._held) == 0
