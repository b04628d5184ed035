"""Folded text: Vietnamese is found without its marks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from soc.alerting import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đăng nhập  thất bại", "dang nhap that bai"), ("ĐƯỜNG", "duong"), ("a\tb\nc", "a b c"), ("", "")],
)
def test_marks_case_and_blanks_are_folded(text, folded) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_once_is_enough_and_composition_does_not_matter(text) -> None:
    assert fold(fold(text)) == fold(text)
    vietnamese = "Đăng nhập"
    assert fold(unicodedata.normalize("NFC", vietnamese)) == fold(unicodedata.normalize("NFD", vietnamese))
