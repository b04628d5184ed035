"""docs/formats.md says what the code says."""

from __future__ import annotations

from tests.parse.book import BOOK, book


def test_the_book_of_formats_is_up_to_date() -> None:
    assert BOOK.read_text(encoding="utf-8") == book(), "run `make docs` and commit docs/formats.md"
