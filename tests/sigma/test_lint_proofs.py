"""What `soc check` proves about conditions: never true, always true, implied; each proof against the plain evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from soc.sigma.detection import compiled
from soc.sigma.linting.conflicts import always, conflict
from soc.sigma.linting.normal import Every, Literal, normal
from soc.sigma.linting.subsumption import follows, implied
from soc.sigma.modifiers import Site
from soc.sigma.nodes import Item
from soc.sigma.values import member, members

if TYPE_CHECKING:
    from soc.sigma.condition import Node
    from soc.sigma.values import Member


class Fields:
    """An event for the plain evaluator: fields and their values."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def members(self, field: str) -> tuple[Member, ...] | None:
        return members(self._fields[field]) if field in self._fields else None

    referenced = members

    def everything(self) -> tuple[Member, ...]:
        return tuple(
            member(each) for value in self._fields.values() for each in (value if isinstance(value, list) else [value])
        )


def node_of(detection: dict[str, Any]) -> Node:
    faults: list[str] = []
    node = compiled(detection, Site(), lambda _path, what, _fix: faults.append(what))
    assert node is not None, faults
    return node


def one(selection: Any) -> Node:
    return node_of({"s": selection, "condition": "s"})


# ------------------------------------------------------------------------------------------------------- never true

NEVER = [
    ({"a": {"X": "1x"}, "condition": "a and not a"}, False),
    ({"a": {"X|contains": "abc"}, "b": {"X|contains": "b"}, "condition": "a and not b"}, False),
    ({"a": {"X|endswith": r"\cmd.exe"}, "b": {"X|endswith": ".exe"}, "condition": "a and not b"}, False),
    ({"a": {"X|startswith": "10."}, "b": {"X": "*"}, "condition": "a and not b"}, False),
    ({"a": {"X|exists": False}, "b": {"X|contains": "y"}, "condition": "a and b"}, False),
    ({"a": {"X": None}, "b": {"X|exists": False}, "condition": "b and not a"}, False),
    ({"a": {"X|lt": 5}, "b": {"X|lt": 9}, "condition": "a and not b"}, False),
    ({"a": {"X": 7}, "b": {"X|gte": 7}, "condition": "a and not b"}, False),
    ({"a": {"X|cidr": "10.1.0.0/16"}, "b": {"X|cidr": "10.0.0.0/8"}, "condition": "a and not b"}, False),
    ({"a": {"X|contains": ["p", "q"]}, "b": {"X|contains": "p"}, "c": {"X|contains": "q"}, "condition": "a and not b and not c"}, False),
    ({"a": {"X": "one"}, "b": {"X": "two"}, "condition": "a and b"}, True),
    ({"a": {"X|endswith": r"\cmd.exe"}, "b": {"X|endswith": r"\powershell.exe"}, "condition": "all of them"}, True),
    ({"a": {"X|startswith": "/usr/"}, "b": {"X|startswith": "/opt/"}, "condition": "a and b"}, True),
    ({"a": {"X": "/usr/bin/id"}, "b": {"X|contains": "shadow"}, "condition": "a and b"}, True),
    ({"a": {"X": [4624, 4625]}, "b": {"X": [1, 4634]}, "condition": "a and b"}, True),
    ({"a": {"X|lt": 5}, "b": {"X|gte": 5}, "condition": "a and b"}, True),
    ({"a": {"X|cidr": "10.0.0.0/8"}, "b": {"X|cidr": "192.168.0.0/16"}, "condition": "a and b"}, True),
    ({"a": {"X": None}, "b": {"X": "x"}, "condition": "a and b"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("detection", "listed"), NEVER, ids=[str(each) for each, _ in NEVER])
def test_a_condition_that_no_event_meets_is_proven_so(detection: dict[str, Any], listed: bool) -> None:
    """`listed`: only an event with a list in the field could meet it."""
    found = conflict(normal(node_of(detection)))
    assert found is not None
    assert found.listed is listed


@pytest.mark.parametrize(
    "detection",
    [
        {"a": {"X|contains|all": ["one", "two"]}, "condition": "a"},
        {"a": {"X|contains": "one"}, "b": {"X": "two"}, "condition": "a or b"},
        {"a": {"X|contains": "b"}, "b": {"X|contains": "abc"}, "condition": "a and not b"},
        {"a": {"X": "A", "Y": "b"}, "condition": "a"},
        {"a": {"X|endswith": ".exe"}, "b": {"X|startswith": "c:"}, "condition": "a and b"},
        {"a": {"X|cased": "A"}, "b": {"X": "a"}, "condition": "a and b"},
        {"a": {"X": "a"}, "b": {"X|cased": "A"}, "condition": "a and not b"},
        {"a": {"X|re": "a"}, "b": {"X|re": "b"}, "condition": "a and not b"},
        {"a": {"X": None}, "b": {"X|exists": False}, "condition": "a and b"},
        {"a": ["one", "two"], "b": ["three"], "condition": "a and b"},
        {"a": ["one"], "b": [None], "condition": "a and b"},
    ],
    ids=str,
)
def test_what_can_be_true_is_left_alone(detection: dict[str, Any]) -> None:
    assert conflict(normal(node_of(detection))) is None


def test_a_field_that_is_known_to_be_single_needs_no_list_for_the_proof() -> None:
    form = normal(node_of({"a": {"EventID": 1}, "b": {"EventID": 3}, "condition": "a and b"}))
    found = conflict(form, ["EventID"])
    assert found is not None
    assert not found.listed


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        ({"a": {"X": "x"}, "condition": "a or not a"}, True),
        ({"a": {"X|contains": "b"}, "b": {"X|contains": "abc"}, "condition": "a or not b"}, True),
        ({"a": {"X|exists": True}, "b": {"X|exists": False}, "condition": "a or b"}, True),
        ({"a": {"X": "x"}, "b": {"X": "y"}, "condition": "not a or not b"}, False),
        ({"a": {"X": "x"}, "condition": "not a"}, False),
    ],
    ids=str,
)
def test_a_condition_that_every_event_meets_is_proven_so(detection: dict[str, Any], expected: bool) -> None:
    assert always(normal(node_of(detection), positive=False)) is expected


# --------------------------------------------------------------------------------------------------------- implied


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"X|contains": "abc"}, {"X|contains": "B"}),
        ({"X|endswith": [r"\a.exe", r"\b.exe"], "Y": 1}, {"X|endswith": ".exe"}),
        ({"X": "abc"}, {"X|startswith": ["x", "ab"]}),
        ({"X|startswith": "ab?d"}, {"X|startswith": "a??"}),
        ({"X|contains": "a*b"}, {"X|contains|all": ["a", "b"]}),
        ({"X|cased": "Ab"}, {"X": "aB"}),
        ({"X|re": "a+"}, {"X|exists": True}),
        ([{"X": "a", "Y": 1}, {"X": "b"}], {"X": ["a", "b", "c"]}),
        (["needle in hay"], ["needle"]),
        ({"X|exists": False}, {"X": None}),
    ],
    ids=str,
)
def test_a_rule_follows_from_a_narrower_one_and_not_the_other_way_round(narrow: Any, wide: Any) -> None:
    assert follows(normal(one(narrow)), normal(one(wide)))
    assert not follows(normal(one(wide)), normal(one(narrow)))


@pytest.mark.parametrize(
    ("one_", "other"),
    [
        ({"X": "ab"}, {"X|cased": "ab"}),
        ({"X": None}, {"X|exists": True}),
        ({"X|gt": 5}, {"X|gt": 9}),
        ({"X|gte": 5}, {"X|gt": 5}),
        ({"X|re": "abc"}, {"X|contains": "abc"}),
        ({"X": 7}, {"X": "7"}),
        ({"X|endswith|cased": "Σ"}, {"X|endswith": "σ"}),
        ({"X|cidr": "10.0.0.0/8"}, {"X|cidr": "10.1.0.0/16"}),
    ],
    ids=str,
)
def test_what_does_not_follow_or_is_too_hard_to_tell_is_not_proven(one_: Any, other: Any) -> None:
    assert not follows(normal(one(one_)), normal(one(other)))


def test_exclusions_turn_what_follows_around() -> None:
    wide = node_of({"a": {"X": "x"}, "f": {"Y|contains": "abc"}, "condition": "a and not f"})
    narrow = node_of({"a": {"X": "x"}, "f": {"Y|contains": "b"}, "condition": "a and not f"})
    assert follows(normal(narrow), normal(wide))
    assert not follows(normal(wide), normal(narrow))


def test_the_index_finds_every_pair_of_rules_of_which_one_follows_from_the_other() -> None:
    forms = [
        normal(one(each))
        for each in (
            {"X|contains": "powershell"},
            {"X|contains": "a powershell -enc", "Y": 4},
            {"X|contains": "she"},
            {"Y": 4},
            {"Y": "4"},
            {"X|re": "a.*b"},
            {"X|re": "a.*b", "Y": 9},
            {"X|exists": True},
            {"X": "e"},
            {"X|contains": "e"},
        )
    ]
    expected = {
        number: wider
        for number, form in enumerate(forms)
        if (wider := [other for other, form_ in enumerate(forms) if other != number and follows(form, form_)])
    }
    assert dict(implied(forms)) == expected
    assert expected[1] == [0, 2, 3, 7, 9]


# ------------------------------------------------------------------------------------------------------ properties

TEXTS = st.sampled_from(
    ["a", "b", "ab", "A", "aB", "b*", "*a", "a?b", "?", "*", "", "10.1.2.3", "7", "true", "Ä", "ς", "σ", "K"]
)
VALUES = st.one_of(TEXTS, st.sampled_from([7, 8, 7.5, True, None]))
SELECTIONS = st.one_of(
    st.builds(lambda field, values: {field: values}, st.sampled_from("XY"), st.lists(VALUES, min_size=1, max_size=2)),
    st.builds(
        lambda field, modifier, values: {f"{field}|{modifier}": values},
        st.sampled_from("XY"),
        st.sampled_from(["contains", "startswith", "endswith", "contains|all", "cased", "startswith|cased", "neq"]),
        st.lists(TEXTS, min_size=1, max_size=2),
    ),
    st.builds(
        lambda field, modifier, value: {f"{field}|{modifier}": value},
        st.sampled_from("XY"),
        st.sampled_from(["lt", "lte", "gt", "gte"]),
        st.sampled_from([7, 7.5, 8]),
    ),
    st.builds(lambda field, value: {f"{field}|exists": value}, st.sampled_from("XY"), st.booleans()),
    st.builds(lambda net: {"X|cidr": net}, st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "::/0"])),
    st.builds(lambda words: words, st.lists(TEXTS, min_size=1, max_size=2)),
)  # fmt: skip
CONDITIONS = st.sampled_from([
    "a", "b", "a and b", "a or b", "a and not b", "not a", "a or not b", "(a or b) and not c", "a and b and c", "a and (b or c)",
    "not (a and b)", "(a or b) and (a or c)", "not a and not b", "1 of them", "all of them",
])  # fmt: skip
DETECTIONS = st.builds(
    lambda a, b, c, condition: {"a": a, "b": b, "c": c, "condition": condition},
    SELECTIONS,
    SELECTIONS,
    SELECTIONS,
    CONDITIONS,
)
ONES = st.sampled_from(
    ["a", "b", "ab", "A", "aab", "xa", "", "10.1.2.3", "::1", 7, 7.0, 7.5, 8, "7", True, "true", None, "ΑΣ", "ä", "K"]
)
EVENTS = st.fixed_dictionaries({}, optional={name: st.one_of(ONES, st.lists(ONES, max_size=2)) for name in "XY"})
FEW_EVENTS = st.lists(EVENTS, min_size=1, max_size=6)


def has_lists(event: dict[str, Any]) -> bool:
    return any(isinstance(value, list) for value in event.values())


@settings(max_examples=250, deadline=None)
@given(DETECTIONS, FEW_EVENTS)
def test_no_event_meets_what_is_proven_never_true_and_each_what_is_proven_always_true(
    detection: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    node = node_of(detection)
    found, everywhere = conflict(normal(node)), always(normal(node, positive=False))
    for event in events:
        holds = node.holds(Fields(event))
        assert not (found and holds and not (found.listed and has_lists(event))), event
        assert holds or not everywhere, event


@settings(max_examples=250, deadline=None)
@given(DETECTIONS, EVENTS)
def test_the_normal_form_of_a_tree_and_of_its_negation_say_what_the_tree_says(
    detection: dict[str, Any], event: dict[str, Any]
) -> None:
    node = node_of(detection)
    holds = node.holds(Fields(event))
    assert holds_form(normal(node), event) is holds
    assert holds_form(normal(node, positive=False), event) is not holds


@settings(max_examples=250, deadline=None)
@given(DETECTIONS, CONDITIONS, FEW_EVENTS)
def test_whatever_matches_a_rule_matches_the_one_that_is_proven_to_follow(
    narrow: dict[str, Any], condition: str, events: list[dict[str, Any]]
) -> None:
    one_, other = node_of(narrow), node_of({**narrow, "condition": condition})
    forms = [normal(one_), normal(other)]
    proven = follows(*forms)
    assert dict(implied(forms)).get(0, []) == ([1] if proven else [])
    for event in events:
        assert not proven or other.holds(Fields(event)) or not one_.holds(Fields(event)), event


def holds_form(form: Any, event: dict[str, Any]) -> bool:
    """A form as an evaluator of its own."""
    if isinstance(form, Literal):
        return Item(form.key, form.field, (form.predicate,)).holds(Fields(event)) is form.positive
    quantify = all if isinstance(form, Every) else any
    return quantify(holds_form(part, event) for part in form.parts)
