"""Dead letters keep the bytes that nobody could understand."""

import pytest
from hypothesis import given, strategies as st

from soc import __version__
from soc.log.dead_letters import Letter, decode, encode
from soc.pipeline import DeadLetter
from soc.record import LogSource, Record

SOURCE = LogSource("logs.app", "portal", "nginx", "+07:00", sample=True, whole=True)


def test_a_letter_comes_back_with_everything() -> None:
    record = Record(b"\xff\x00\n", "file:ab", 7, 11, SOURCE, "#Fields: a b", "192.0.2.1", 3)
    value = encode(DeadLetter(record, "parse", "encoding", "bad byte"), "hash", 99)
    expected = Letter(
        "parse",
        "encoding",
        "bad byte",
        b"\xff\x00\n",
        "file:ab",
        7,
        11,
        "192.0.2.1",
        "#Fields: a b",
        SOURCE,
        __version__,
        "hash",
        99,
    )
    assert decode(value) == expected
    assert expected.ref == "file:ab:7"


@given(raw=st.binary(max_size=200), detail=st.text(st.characters(codec=None), max_size=50))
def test_any_bytes_and_any_reason_can_be_kept(raw: bytes, detail: str) -> None:
    letter = decode(encode(DeadLetter(Record(raw, "p", 0, 0, SOURCE), "parse", "json", detail), "", 0))
    assert (letter.raw, letter.reason) == (raw, "json")


def test_a_lone_surrogate_in_a_reason_is_escaped() -> None:
    letter = decode(encode(DeadLetter(Record(b"", "p", 0, 0, SOURCE), "parse", "json", "\ud800"), "", 0))
    assert letter.detail == "\\ud800"


def test_a_finding_that_the_store_refused_is_a_letter_too() -> None:
    letter = decode(b'{"stage":"index","reason":"rejected","detail":"x","finding":{"soc":{"ref":"file:ab:7"}}}')
    assert letter == Letter("index", "rejected", "x", finding={"soc": {"ref": "file:ab:7"}})
    assert letter.ref == "file:ab:7"


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"stage":1}', b"\xff"])
def test_what_is_no_letter_is_shown_as_one_with_its_bytes(value: bytes) -> None:
    letter = decode(value)
    assert (letter.stage, letter.reason, letter.raw) == ("deadletter", "unreadable", value)
