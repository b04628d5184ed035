"""`key=value` texts."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc.parse.keyvalue import pairs, spaced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a=1 b="x y" c=', {"a": "1", "b": "x y", "c": ""}),
        ('a=1,b="x,y",c="z"', {"a": "1", "b": "x,y", "c": "z"}),
        (r'a="say \"hi\"" b=2', {"a": 'say "hi"', "b": "2"}),
        ('a="say "hi" now" b=2', {"a": 'say "hi" now', "b": "2"}),
        ('a="cut in the mid', {"a": "cut in the mid"}),
        ('a="" b=1 a=2', {"a": "", "b": "1"}),
        ("no pairs = here", {}),
        ("a.b-c_d=1", {"a.b-c_d": "1"}),
    ],
)
def test_pairs_are_read_as_devices_write_them(text: str, expected: dict[str, str]) -> None:
    assert pairs(text) == expected


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_.-]{0,20}", fullmatch=True),
        st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cs",)), max_size=30),
    )
)
def test_quoted_values_come_back_whole(given_: dict[str, str]) -> None:
    assert pairs(" ".join(f'{name}="{value}"' for name, value in given_.items())) == given_


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("branch=Main Street ssid=guest n=3", {"branch": "Main Street", "ssid": "guest", "n": "3"}),
        ("a= 1 b=", {"a": "1", "b": ""}),
        ('a="x y=1 z" b=2', {"a": "x y=1 z", "b": "2"}),
        ("url=http://192.0.2.1/?q=1&r=2 b=3", {"url": "http://192.0.2.1/?q=1&r=2", "b": "3"}),
        ("a=1,b=2, c=3;d=4", {"a": "1", "b": "2", "c": "3", "d": "4"}),
        ("a=1 a=2", {"a": "1"}),
        ("before a=1", {"a": "1"}),
        ('a="cut in the mid', {"a": "cut in the mid"}),
        ("nothing here", {}),
    ],
)
def test_values_without_quotes_last_until_the_next_name(text: str, expected: dict[str, str]) -> None:
    assert spaced(text) == expected


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_.-]{0,20}", fullmatch=True),
        st.text(st.characters(exclude_characters='"\\', exclude_categories=("Cs",)), max_size=30),
    )
)
def test_quoted_values_come_back_whole_beside_values_without_quotes(given_: dict[str, str]) -> None:
    assert spaced(" ".join(f'{name}="{value}"' for name, value in given_.items())) == given_
