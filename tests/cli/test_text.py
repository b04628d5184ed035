"""Text on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc import instant
from soc.cli import _text
from soc.errors import ConfigurationError

ZONE = instant.zone("Asia/Ho_Chi_Minh")
NOON = 1_767_225_600_000_000


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), min_size=1, max_size=5))
def test_any_text_gives_one_line_a_row_of_bounded_width_and_no_control_characters(rows):
    lines = list(_text.columns(rows, (8, 12)))
    assert len(lines) == len(rows)
    assert all(_text.width(line) <= 8 + 2 + 12 for line in lines)
    assert not any(char in line for line in lines for char in "\x00\x07\x1b\n\r\x85\x9b\u202e\u2028")


def test_columns_line_up_however_wide_the_letters_are():
    rows = [("名前", "|"), ("tên", "|"), ("te\u0302n", "|")]
    assert [_text.width(line) for line in _text.columns(rows, (10, 1))] == [7, 7, 7]


def test_a_text_that_is_too_long_ends_in_an_ellipsis():
    assert _text.cut("abcdef", 6) == "abcdef"
    assert _text.cut("abcdefg", 6) == "abcde…"
    assert _text.cut("名前名前", 6) == "名前…"


def test_spans_go_back_from_now_and_times_are_of_the_site():
    assert _text.since("15m", NOON, ZONE) == NOON - 15 * instant.MINUTE
    assert _text.since("7d", NOON, ZONE) == NOON - 7 * instant.DAY
    assert _text.since("2026-01-01T07:00", NOON + 1, ZONE) == NOON
    assert _text.since("2026-01-01T07:00Z", NOON + 1, ZONE) == NOON + 7 * instant.HOUR
    with pytest.raises(ConfigurationError):
        _text.since("1 day", NOON, ZONE)


def test_what_is_no_time_is_shown_escaped():
    assert _text.local("\x1b[2J", ZONE) == "\\u001b[2J"
    assert _text.local(NOON, ZONE) == "2026-01-01 07:00:00"
