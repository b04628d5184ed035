"""Comma-separated values: quoting as it should be, and as it is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, strategies as st

from soc.parse.csv_fields import split


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", [""]),
        (",", ["", ""]),
        ('a,"b,c",d', ["a", "b,c", "d"]),
        ('"a""b",c', ['a"b', "c"]),
        ('a,"b,c,d', ["a", '"b', "c", "d"]),
        ('a,"b\n",c\nd,"e"', ["a", "b\n", "c\nd", "e"]),
        ('a, "b",c', ["a", ' "b"', "c"]),
    ],
)
def test_broken_quotes_are_letters(text: str, values: list[str]) -> None:
    assert split(text) == values


def test_a_value_may_be_longer_than_what_the_csv_module_allows() -> None:
    long = "x," * 100_000
    assert split(f'a,"{long}",b') == ["a", long, "b"]


@given(st.lists(st.text(alphabet='ab,"\n é', max_size=8), min_size=2, max_size=8))
def test_what_is_quoted_well_is_read_back(values: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="").writerow(values)
    assert split(written.getvalue()) == values
