"""Frozen tables: smoothed shares, leave-one-out as if an event had never been, bounded size."""

from __future__ import annotations

from math import isclose, log2

import pytest
from hypothesis import given, strategies as st

from soc.anomaly import rarity
from soc.anomaly.rarity import Counting, Known, Measuring, Past, decode, distance, encode, surprise

items = st.lists(st.tuples(st.sampled_from(["", "/a"]), st.sampled_from("xyz")), min_size=1, max_size=3)
sizes = st.lists(st.tuples(st.sampled_from(["p", "q"]), st.floats(0, 20)), min_size=1, max_size=3)


def counted(events) -> Counting:
    counting = Counting()
    for each in events:
        counting.add(each, "")
    return counting


def test_a_share_is_smoothed_and_told_in_bits() -> None:
    known = counted([[("", "x")]] * 6 + [[("", "y")]]).frozen()
    assert surprise(known, [("", "x")]) == pytest.approx(log2(10 / 7))
    assert surprise(known, [("", "y"), ("", "x")]) == pytest.approx(log2(10 / 2))
    assert surprise(known, [("", "never")]) == pytest.approx(log2(10 / 1))
    assert surprise(known, [("/nowhere", "x")]) == rarity.STRANGE_CONTEXT
    assert surprise(known, []) == 0.0


@given(st.lists(items, min_size=2, max_size=8), st.data())
def test_leaving_an_event_out_is_as_if_it_had_never_been(events, data) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    rest = counted(events[:place] + events[place + 1 :]).frozen()
    assert isclose(counted(events).surprise(events[place], ""), surprise(rest, events[place]), abs_tol=1e-9)


@given(st.lists(sizes, min_size=2, max_size=8), st.data())
def test_leaving_numbers_out_is_as_if_they_had_never_been(events, data) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    whole, rest = Measuring(), Measuring()
    for number, each in enumerate(events):
        whole.add(each)
        if number != place:
            rest.add(each)
    assert isclose(whole.distance(events[place]), distance(rest.frozen(), events[place]), abs_tol=1e-4)


def test_tables_survive_the_bundle() -> None:
    measuring = Measuring()
    measuring.add([("p", 2.0), ("p", 4.0)])
    past = Past({"path_rarity": counted([[("", "/a")]]).frozen()}, {"length_distance": measuring.frozen()})
    assert decode(encode(past)) == past


def test_beyond_the_limit_the_rarest_values_go_and_stay_counted(monkeypatch) -> None:
    monkeypatch.setattr(rarity, "MAX_VALUES", 2)
    frozen = counted([[("", "x")]] * 5 + [[("", "y")]] * 3 + [[("", f"once-{number}")] for number in range(9)]).frozen()
    assert frozen == {"": Known(total=17, distinct=11, values={"x": 5, "y": 3})}
