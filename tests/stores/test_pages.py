"""Tokens with which a reader goes on."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from soc.errors import ConfigurationError
from soc.stores import Query, pages
from soc.stores.pages import Place

LONG = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(st.one_of(st.none(), TEXT), LONG, TEXT)
def test_a_place_comes_back(first, time, id_):
    query = Query(sort="user.name")
    place = Place(first, time, id_)
    assert pages.decode(replace(query, after=pages.encode(query, place))) == place


@given(st.one_of(st.none(), LONG), LONG)
def test_a_place_in_an_order_of_numbers_comes_back(first, time):
    query = Query(sort="-soc.risk")
    place = Place(first, time, "x")
    assert pages.decode(replace(query, after=pages.encode(query, place))) == place


@given(st.binary(max_size=60))
def test_anything_else_is_refused(junk):
    for after in {base64.urlsafe_b64encode(junk).decode(), junk.decode("latin-1")} - {""}:
        with pytest.raises(ConfigurationError):
            pages.decode(Query(after=after))


@pytest.mark.parametrize(
    "told", [b'["-soc.risk","x",1,"x"]', b'["-soc.risk",1,1]', b'["-soc.risk",1,9223372036854775808,"x"]']
)
def test_a_place_of_other_types_is_refused(told):
    with pytest.raises(ConfigurationError, match="start at the first page"):
        pages.decode(Query(after=base64.urlsafe_b64encode(told).decode()))


def test_the_first_page_has_no_place_before_it():
    assert pages.decode(Query()) is None
