"""What a regular expression needs, and which are so simple that every engine reads them alike."""

from __future__ import annotations

import re

import pytest
import re2
from hypothesis import example, given, strategies as st

from soc.sigma.needles import is_row

CHARS = "aAzZ09:\\-]^.|xk \u212a\u017f\n"
PIECES = st.sampled_from(["a", "Z", ":", r"\\", r"\.", r"\x41", "[a-z]", "[A-Z0-9]", r"[\\:]", r"[a\]]", "[.^-]", "k"])


@given(pieces=st.lists(PIECES, min_size=1, max_size=4), text=st.text(CHARS, max_size=12))
@example(pieces=["k"], text="\u212a")
@example(pieces=["[a-z]", ":", r"\\"], text="x C:\\a")
def test_a_row_of_characters_is_found_as_re2_finds_it(pieces: list[str], text: str) -> None:
    pattern = "".join(pieces)
    assert is_row(pattern)
    assert bool(re.search(pattern, text)) is bool(re2.search(pattern, text))


@pytest.mark.parametrize(
    "pattern",
    [
        "a+",
        "a{2}",
        "(?i)a",
        r"\d",
        "[^a]",
        "a.b",
        "^a",
        "a$",
        "(a)",
        "a|bc",
        "[[:alpha:]]",
        "\u00e9",
        "[a-\u00e9]",
        r"\z",
        "[",
    ],
)
def test_anything_else_is_no_row(pattern: str) -> None:
    assert not is_row(pattern)
