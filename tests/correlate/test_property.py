"""Whatever the order within lateness, whatever is repeated, wherever a worker dies: the same findings as a plain fold over the set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings, strategies as st

from tests.correlate.oracle import expected
from tests.correlate.partitions import run
from tests.correlate.world import Happened, all_hits, correlation, correlations, in_some_order

EXAMPLES = int(os.environ.get("SOC_EXAMPLES", "8"))

if TYPE_CHECKING:
    from random import Random

    from soc.sigma.correlations import Correlations

ALL: dict[str, list[dict[str, Any]]] = {
    "event_count": [correlation("c", "event_count", ["asked", "third"], condition={"gte": 3})],
    "value_count": [correlation("c", "value_count", ["asked"], condition={"gt": 1, "field": "value"})],
    "value_count of two fields": [
        correlation("c", "value_count", ["asked"], condition={"gte": 2, "field": ["value", "user"]}, **{"group-by": []})
    ],
    "temporal": [correlation("c", "temporal", ["asked", "answered", "third"])],
    "temporal, two of three": [correlation("c", "temporal", ["asked", "answered", "third"], condition={"gte": 1})],
    "temporal, joined": [
        correlation("c", "temporal", ["asked", "answered", "third"], condition="asked and (answered or third)")
    ],
    "temporal, not": [correlation("c", "temporal", ["asked", "answered"], condition="asked and not answered")],
    "temporal_ordered": [correlation("c", "temporal_ordered", ["asked", "answered", "third"])],
    "temporal_ordered, one": [correlation("c", "temporal_ordered", ["asked", "answered", "third"], condition={"gte": 1})],
    "event_count, few": [correlation("c", "event_count", ["asked"], condition={"lt": 3})],
    "event_count, range": [correlation("c", "event_count", ["asked"], condition={"gt": 1, "lte": 3})],
    "value_count, exactly": [correlation("c", "value_count", ["asked"], condition={"eq": 2, "field": "value"})],
    "value_sum": [correlation("c", "value_sum", ["asked"], condition={"gte": 20, "field": "value"})],
    "value_sum, other": [correlation("c", "value_sum", ["asked"], condition={"neq": 5, "field": "value"})],
    "value_avg": [correlation("c", "value_avg", ["asked"], condition={"gt": 6.5, "field": "value"})],
    "value_median": [correlation("c", "value_median", ["asked"], condition={"gte": 7, "field": "value"})],
    "value_median, low": [correlation("c", "value_median", ["asked"], condition={"lte": 3.5, "field": "value"})],
    "value_percentile": [
        correlation("c", "value_percentile", ["asked"], condition={"gt": 8, "field": "value", "percentile": 75})
    ],
    "first_seen": [
        correlation("c", "first_seen", ["asked"], "3m", {"field": "value"}, soc={"learning": "0s"}),
        correlation("d", "first_seen", ["asked"], "4m", {"field": "value"}, soc={"learning": "1m"}),
    ],
    "idle": [
        correlation("c", "idle", ["asked"], "2m"),
        correlation("d", "idle", ["asked"], "1m", soc={"idle": "returning"}),
    ],
    "missing_after": [correlation("c", "missing_after", ["asked", "answered"])],
    "chain of counts": [
        correlation("a", "event_count", ["asked"], condition={"gte": 2}, generate=True),
        correlation("b", "event_count", ["a", "third"], "5m", {"gte": 3}),
    ],
    "chain to a sequence": [
        correlation("a", "event_count", ["asked"], condition={"gte": 3}),
        correlation("b", "temporal_ordered", ["a", "answered"], "2m"),
    ],
    "chain by another field": [
        correlation("a", "value_count", ["asked"], condition={"gte": 2, "field": "value"}),
        correlation("b", "event_count", ["a"], "4m", {"gte": 2}, **{"group-by": ["value"]}),
        correlation("c", "value_count", ["a", "third"], "4m", {"gte": 2, "field": "value"}, **{"group-by": []}),
    ],
    "chain of all kinds": [
        correlation("a", "temporal", ["asked", "answered"]),
        correlation("b", "temporal_ordered", ["asked", "third"]),
        correlation("c", "value_sum", ["asked"], condition={"gte": 15, "field": "value"}),
        correlation("d", "missing_after", ["asked", "answered"]),
        correlation("e", "event_count", ["asked"], condition={"eq": 2}),
        correlation("f", "first_seen", ["asked"], "3m", {"field": "value"}, soc={"learning": "0s"}),
        correlation("z", "temporal", ["a", "b", "c", "d", "e", "f"], "3m", {"gte": 2}),
    ],
    "three levels": [
        correlation("a", "event_count", ["asked"], condition={"gte": 2}),
        correlation("b", "temporal", ["a", "answered"], "2m"),
        correlation("c", "event_count", ["b", "a"], "4m", {"gte": 2}),
    ],
}  # fmt: skip


def stretched(documents: list[dict[str, Any]], factor: int) -> Correlations:
    """The same over longer spans."""

    def longer(span: str) -> str:
        return f"{int(span[:-1]) * factor}{span[-1]}"

    return correlations(*(
        {
            **each,
            "correlation": {**each["correlation"], "timespan": longer(each["correlation"]["timespan"])},
            "soc": {name: longer(told) if name == "learning" else told for name, told in each["soc"].items()},
        }
        for each in documents
    ))  # fmt: skip


FOUND = {name: stretched(documents, 10) for name, documents in ALL.items()}
HOURS = {name: stretched(documents, 90) for name, documents in ALL.items()}
"""Kept in panes."""


def happenings(most: int, unit: int) -> st.SearchStrategy[list[Happened]]:
    """Events over ten units or so, some of the same instant, some of the same event, late by up to two minutes or early."""
    one = st.builds(
        Happened,
        rule=st.sampled_from(["asked", "asked", "answered", "third"]),
        time=st.integers(0, most).map(lambda n: n * unit),
        ref=st.integers(0, 40).map(lambda n: f"logs.app:0:{n}"),
        user=st.sampled_from(["lan", "minh"]),
        value=st.integers(1, 9).map(str),
        late=st.sampled_from([0, 0, 1, 30, 59, 60, 119, 120, 121, -20, -300, -400]),
    )
    # One event has one time and arrives once, whatever rules match it.
    return st.lists(one, max_size=40).map(_consistent)


def _consistent(events: list[Happened]) -> list[Happened]:
    known: dict[str, Happened] = {}
    found: dict[tuple[str, str], Happened] = {}
    for each in events:
        first = known.setdefault(each.ref, each)
        found[each.rule, each.ref] = Happened(each.rule, first.time, first.ref, first.user, first.value, first.late)
    return list(found.values())


@pytest.mark.parametrize("name", FOUND)
@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(happened=happenings(90, 70), chance=st.randoms(use_true_random=False), total=st.integers(1, 2))
def test_the_findings_follow_from_the_set_of_hits(
    name: str, happened: list[Happened], chance: Random, total: int
) -> None:
    found = FOUND[name]
    told = run(found, in_some_order(found, happened, chance), chance, total)
    assert told == expected(found, all_hits(found, happened))


@pytest.mark.parametrize("name", HOURS)
@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(happened=happenings(90, 630), chance=st.randoms(use_true_random=False), total=st.integers(1, 2))
def test_what_spans_hours_is_as_exact(name: str, happened: list[Happened], chance: Random, total: int) -> None:
    found = HOURS[name]
    told = run(found, in_some_order(found, happened, chance), chance, total)
    assert told == expected(found, all_hits(found, happened))
