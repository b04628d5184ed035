from __future__ import annotations

import unicodedata

from hypothesis import given, strategies as st

from soc.console import words


@given(st.text())
def test_nothing_hides_in_visible_text(text):
    shown = words.visible(text)
    assert {unicodedata.category(char) for char in shown}.isdisjoint({"Cc", "Cf", "Zl", "Zp", "Co", "Cs"})
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_hidden_characters_are_shown_by_their_number():
    assert words.visible("a\u202eb\x1b[31m\x00\u200b\U000e0041\ud800") == (
        "a\\u202eb\\u001b[31m\\u0000\\u200b\\U000e0041\\ud800"
    )
    assert words.visible("Đăng nhập lúc 3 giờ 😀") == "Đăng nhập lúc 3 giờ 😀"


def test_a_block_of_lines_keeps_its_line_ends_and_tabs():
    assert words.lines("a\r\nb\rc\n\td\x07\u2028") == "a\nb\nc\n\td\\u0007\\u2028"


def test_clauses_are_written_as_people_cite_them():
    assert [words.clause(tag) for tag in ("tcvn14423.5.8.2.1", "qcvn12.3.9", "other.1", "none")] == [
        "TCVN 14423 · 5.8.2.1",
        "QCVN 12 · 3.9",
        "other · 1",
        "none",
    ]


def test_values_have_names_in_their_field_only():
    assert words.of_value("triage.status", "new") == "New"
    assert words.of_value("event.severity", 5) == "Critical"
    assert words.of_value("host.name", "new") is None
    assert words.of_value("host.name", "") == "none"


def test_values_of_documents_are_one_text():
    assert [words.plain(value) for value in (None, "", 0, True, ["a", 1, None], {"a": 1})] == [
        "", "", "0", "true", "a, 1, ", "{'a': 1}",
    ]  # fmt: skip
