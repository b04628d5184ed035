from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from starlette.datastructures import QueryParams

from soc.console.address import OPEN, Address, asked, read

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FIELD = st.sampled_from(["rule.id", "soc.layer", "triage.assignee"])
CONDITIONS = st.lists(st.tuples(FIELD, TEXT), max_size=3, unique=True).map(tuple)
ADDRESSES = st.builds(
    Address, filters=CONDITIONS, excluded=CONDITIONS, text=TEXT, since=TEXT, until=TEXT, suppressed=st.sampled_from(["", "1", "only"]),
    sort=st.sampled_from(["soc.risk", "-soc.last_seen"]), limit=st.sampled_from([50, 100, 200]), after=TEXT, alert=TEXT,
)  # fmt: skip


@given(ADDRESSES)
def test_an_address_is_read_as_it_was_written(address):
    assert read(QueryParams(address.query)) == address


def test_an_address_without_parameters_is_the_view_of_open_alerts():
    assert read(QueryParams("")) == OPEN
    assert read(QueryParams("alert=x")) == OPEN.opening("x")
    assert read(QueryParams(Address().query)) == Address()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dang nhap", Address(text="dang nhap")),
        ("layer:host", Address(filters=(("soc.layer", "host"),))),
        ("-status:closed x", Address(excluded=(("triage.status", "closed"),), text="x")),
        ("severity:high", Address(filters=(("event.severity", "4"),))),
        ("severity:4", Address(filters=(("event.severity", "4"),))),
        ('user:"Lê Văn A" b', Address(filters=(("user.name", "Lê Văn A"),), text="b")),
        ("assignee:", Address(filters=(("triage.assignee", ""),))),
        ("soc.entity.value:db-01", Address(filters=(("soc.entity.value", "db-01"),))),
        ("ip:2001:db8::1", Address(filters=(("source.ip", "2001:db8::1"),))),
        ("https://x.example/ soc.bucket:1", Address(text="https://x.example/ soc.bucket:1")),
        ("layer:host layer:host", Address(filters=(("soc.layer", "host"),))),
    ],
)
def test_what_is_typed_becomes_words_and_conditions(typed, expected):
    assert asked(Address(), typed) == expected


def test_a_condition_is_added_once_and_taken_away_and_pages_start_again():
    narrowed = Address(after="p2").include("soc.layer", "host").include("soc.layer", "host").exclude("rule.id", "a")
    assert narrowed == Address(filters=(("soc.layer", "host"),), excluded=(("rule.id", "a"),))
    assert narrowed.without("filters", ("soc.layer", "host")).without("excluded", ("rule.id", "a")) == Address()
    assert Address(text="x", suppressed="only").without("text").without("suppressed") == Address()
    assert Address(until="x", alert="a").last("-1h").with_hidden() == Address(since="-1h", suppressed="1")
    assert narrowed.only("rule.id", "b") == Address(filters=(("rule.id", "b"),))


def test_sorting_by_the_same_field_again_turns_the_order():
    assert Address().sorted_by("soc.count").sort == "-soc.count"
    assert Address().sorted_by("soc.count").sorted_by("soc.count").sort == "soc.count"
