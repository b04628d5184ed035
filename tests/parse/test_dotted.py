"""Dotted names as objects, by a function made for a shape or without one."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from soc import parse
from soc.parse import dotted

NAMES = st.text("ab.", max_size=6)
DOCUMENTS = st.dictionaries(NAMES, st.none() | st.integers() | st.just("x") | st.lists(st.integers(), max_size=2))


def test_objects_stand_for_dots() -> None:
    document = {"@timestamp": 1, "log.syslog.priority": 2, "log.level": 3, "tags": ["x"], "log.syslog.facility.code": 4}
    assert parse.nested(document) == {
        "@timestamp": 1,
        "log": {"syslog": {"priority": 2, "facility": {"code": 4}}, "level": 3},
        "tags": ["x"],
    }


def test_a_value_and_an_object_of_one_name_are_both_kept() -> None:
    both: list[dict[str, Any]] = [{"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}]
    assert [parse.nested(document) for document in both] == [{"a": {"value": 1, "b": 2}}] * 2


@given(DOCUMENTS)
def test_a_shape_that_comes_often_is_nested_as_it_was_at_first(document: dict[str, Any]) -> None:
    first = dotted._nested(document)
    assert [parse.nested(document) for _ in range(dotted._FEWEST + 2)] == [first] * (dotted._FEWEST + 2)


@given(st.dictionaries(st.text(max_size=8), st.integers(), max_size=4))
def test_any_name_can_be_written_into_a_function(document: dict[str, int]) -> None:
    first = dotted._nested(document)
    assert [parse.nested(document) for _ in range(dotted._FEWEST + 2)][-1] == first


def test_a_name_of_very_many_dots_is_no_tower_of_objects() -> None:
    name = ".".join("a" * 5000)
    assert parse.nested({name: 1, "b.c": 2}) == {name: 1, "b": {"c": 2}}


def test_shapes_of_very_long_names_are_not_remembered() -> None:
    before = dotted._shape.cache_info().currsize
    parse.nested({"x" * 10_000: 1})
    parse.nested(dict.fromkeys(map(str, range(200)), 1))
    assert dotted._shape.cache_info().currsize == before
