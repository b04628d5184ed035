"""What each type of correlation tells: tables of events, and the findings whole."""

from __future__ import annotations

from typing import Any

import pytest

from soc import instant
from soc.correlate import Correlator, Fired
from soc.finding import window_finding_id
from soc.hit import END, Match, Tick
from tests.correlate.world import FAR, START, Happened, all_hits, correlation, correlations

LATER = Tick({"logs.app:0": FAR}, {}, 1)


def told(documents: list[dict[str, Any]], *happened: Happened) -> list[Fired]:
    found = correlations(*documents)
    worker = Correlator(found)
    worker.take([*all_hits(found, happened), LATER])
    fired = []
    for _ in range(4):  # chains need a round for each level
        step = worker.advance()
        fired += step.fired
        worker.take([*step.hits, *worker.ticks("soc.hits:0", 1)])
    return fired


def shown(fired: list[Fired]) -> list[tuple[Any, ...]]:
    """Bucket, step, amount, beginning and end of the window, in seconds after START, and the refs."""
    return [
        (_seconds(each.start), each.step, each.verdict.amount, _seconds(each.verdict.since), _seconds(each.verdict.until),
         " ".join(each.verdict.refs))
        for each in fired
    ]  # fmt: skip


def _seconds(time: int) -> int:
    return (time - START) // instant.SECOND


def at(*times: int, rule: str = "asked", **more: Any) -> list[Happened]:
    return [Happened(rule, time, f"{rule[0]}{time}{more.get('value', '')}", **more) for time in times]


COUNT = [correlation("c", "event_count", ["asked", "third"], condition={"gte": 3})]


def test_an_event_count_fires_when_a_window_holds_enough_and_again_at_each_doubling() -> None:
    fired = told(COUNT, *at(1, 2, 3, 4, 5, 6, 7))
    assert shown(fired) == [(0, 0, 3, 1, 3, "a1 a2 a3"), (0, 1, 6, 1, 6, "a1 a2 a3 a4 a5 a6")]


def test_the_window_slides_over_the_edge_of_buckets_and_leaves_its_beginning_out() -> None:
    assert shown(told(COUNT, *at(50, 60, 109))) == [(60, 0, 3, 50, 109, "a50 a60 a109")]
    assert shown(told(COUNT, *at(50, 60, 110))) == []


def test_hits_of_several_rules_are_counted_together_and_one_event_once() -> None:
    assert shown(told(COUNT, *at(1, 2), *at(3, rule="third"))) == [(0, 0, 3, 1, 3, "a1 a2 t3")]
    twice = Happened("third", 2, "a2")
    assert shown(told(COUNT, *at(1, 2), twice)) == []


def test_groups_are_counted_apart() -> None:
    assert told(COUNT, *at(1, 2), *at(3, user="minh")) == []
    documents = [correlation("c", "event_count", ["asked"], condition={"gte": 3}, **{"group-by": []})]
    assert [each.key for each in told(documents, *at(1, 2), *at(3, user="minh"))] == [()]


def test_a_late_hit_counts_where_it_belongs_within_the_lateness_and_not_beyond() -> None:
    assert shown(told(COUNT, *at(10, 20), *at(5, late=120))) == [(0, 0, 3, 5, 20, "a5 a10 a20")]
    assert shown(told(COUNT, *at(10, 20), *at(5, late=121))) == []


def test_a_clock_in_the_future_is_clamped_and_expires_nobody_elses_windows() -> None:
    ahead = Happened("asked", 90_000_000, "a2099", late=-89_999_990)
    assert shown(told(COUNT, *at(280, 300), ahead)) == [(300, 0, 3, 280, 310, "a280 a300 a2099")]
    assert shown(told(COUNT, ahead, *at(1, 2, 3, user="minh"))) == [(0, 0, 3, 1, 3, "a1 a2 a3")]


def test_a_finding_says_what_was_counted_out_of_what() -> None:
    (fired,) = told(COUNT, *at(1, 2, 3))
    assert fired.key == (("user", "lan"),)
    assert fired.id == window_finding_id("c", [("user", "lan")], START, 0)
    assert fired.ref == "a1"
    assert fired.document == {"event.start": instant.iso(START), "event.end": instant.iso(START + instant.MINUTE)}
    assert fired.why == (
        {
            "correlation": "event_count",
            "count": 3,
            "needed": 3,
            "condition": ">= 3",
            "timespan": 60,
            "by": ["user"],
            "since": "2026-11-24T06:00:01.000Z",
            "until": "2026-11-24T06:00:03.000Z",
            "refs": ["a1", "a2", "a3"],
        },
        {"ref": "a1", "rule": "asked", "time": "2026-11-24T06:00:01.000Z", "event": {"title": "asked"}},
        {"ref": "a2", "rule": "asked", "time": "2026-11-24T06:00:02.000Z", "event": {"title": "asked"}},
        {"ref": "a3", "rule": "asked", "time": "2026-11-24T06:00:03.000Z", "event": {"title": "asked"}},
    )


def test_a_finding_shows_the_first_and_the_last_ten_events_and_many_refs() -> None:
    fired = told([correlation("c", "event_count", ["asked"], condition={"gte": 50})], *at(*range(55)))
    assert [each["ref"] for each in fired[0].why[1:]] == [f"a{n}" for n in [*range(10), *range(40, 50)]]
    assert len(fired[0].verdict.refs) == 50


# (type, condition, values of hits at 1, 2, 3 ... s, what is told: bucket, step, amount)
VALUES: list[tuple[str, dict[str, Any], list[str], list[tuple[int, int, Any]]]] = [
    ("value_count", {"gte": 2}, ["a", "a", "b"], [(0, 0, 2)]),
    ("value_count", {"gte": 2}, ["a", "b", "c", "b", "d"], [(0, 0, 2), (0, 1, 4)]),
    ("value_count", {"gt": 2}, ["a", "b", "a", "b"], []),
    ("value_count", {"lt": 3}, ["a", "b", "a"], [(0, 0, 2)]),
    ("value_count", {"eq": 2}, ["a", "b", "c"], []),
    ("value_count", {"neq": 2}, ["a", "b", "c"], [(0, 0, 3)]),
    ("value_sum", {"gte": 10}, ["4", "5"], []),
    ("value_sum", {"gte": 10}, ["4", "5", "1"], [(0, 0, 10)]),
    ("value_sum", {"lt": 10}, ["4", "5"], [(0, 0, 9)]),
    ("value_sum", {"gt": 0.29}, ["0.1", "0.2"], [(0, 0, 0.3)]),
    ("value_avg", {"gt": 4}, ["4", "5"], [(0, 0, 4.5)]),
    ("value_avg", {"gt": 4}, ["4", "4"], []),
    ("value_median", {"gte": 5}, ["1", "9", "5"], [(0, 0, 5)]),
    ("value_median", {"gte": 5}, ["1", "9"], [(0, 0, 5)]),
    ("value_median", {"gt": 5}, ["1", "9", "5"], []),
    ("value_percentile", {"gte": 9, "percentile": 90}, ["1"] * 9 + ["9"], []),
    ("value_percentile", {"gte": 9, "percentile": 91}, ["1"] * 9 + ["9"], [(0, 0, 9)]),
    ("value_percentile", {"lte": 1, "percentile": 0}, ["1", "9"], [(0, 0, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "condition", "values", "expected"), VALUES)
def test_values_in_a_window(kind: str, condition: dict[str, Any], values: list[str], expected: list[Any]) -> None:
    happened = [Happened("asked", second, f"r{second}", value=value) for second, value in enumerate(values, 1)]
    fired = told([correlation("c", kind, ["asked"], condition={**condition, "field": "value"})], *happened)
    assert [(each[0], each[1], float(each[2])) for each in shown(fired)] == expected


def test_a_condition_with_an_upper_bound_is_about_a_whole_bucket_once_it_is_over() -> None:
    documents = [correlation("c", "event_count", ["asked"], condition={"gt": 1, "lte": 3})]
    assert shown(told(documents, *at(58, 59, 61, 62, 63, 64))) == [(0, 0, 2, 58, 59, "a58 a59")]
    found = correlations(*documents)
    worker = Correlator(found)
    worker.take([*all_hits(found, at(1, 2)), Tick({"logs.app:0": START + 179 * instant.SECOND}, {}, 1)])
    assert worker.advance().fired == []
    worker.take([Tick({"logs.app:0": START + 180 * instant.SECOND}, {}, 1)])
    assert len(worker.advance().fired) == 1


TEMPORAL = ["asked", "answered", "third"]


def test_a_temporal_correlation_wants_all_rules_in_any_order() -> None:
    happened = [*at(3), *at(1, rule="third"), *at(2, 50, rule="answered")]
    fired = told([correlation("c", "temporal", TEMPORAL)], *happened)
    assert shown(fired) == [(0, 0, 3, 1, 3, "t1 a2 a3")]
    assert [step["rule"] for step in fired[0].why[1:]] == ["third", "answered", "asked"]
    assert told([correlation("c", "temporal", TEMPORAL)], *at(1), *at(61, rule="third"), *at(62, rule="answered")) == []


def test_a_temporal_correlation_can_want_some_or_join_them() -> None:
    some = [correlation("c", "temporal", TEMPORAL, condition={"gte": 2})]
    assert [each.step for each in told(some, *at(1), *at(2, rule="third"))] == [0]
    joined = [correlation("c", "temporal", TEMPORAL, condition="asked AND NOT (answered OR third)")]
    assert shown(told(joined, *at(1, 61), *at(62, rule="third"))) == [(0, 0, 1, 1, 1, "a1")]


ORDERED = [correlation("c", "temporal_ordered", ["asked", "answered", "third"])]


def test_a_sequence_is_told_with_its_steps() -> None:
    fired = told(ORDERED, *at(1, 2), *at(3, rule="answered"), *at(4, rule="third"))
    assert shown(fired) == [(0, 0, 3, 2, 4, "a2 a3 t4")]
    assert [step["ref"] for step in fired[0].why[1:]] == ["a2", "a3", "t4"]


def test_rules_in_another_order_are_no_sequence() -> None:
    assert told(ORDERED, *at(1), *at(2, rule="third"), *at(3, rule="answered")) == []


def test_within_one_instant_any_order_will_do_but_one_event_is_one_step() -> None:
    documents = [correlation("c", "temporal_ordered", ["asked", "answered"])]
    assert len(told(documents, Happened("answered", 5, "x"), Happened("asked", 5, "y"))) == 1
    assert told(documents, Happened("answered", 5, "x"), Happened("asked", 5, "x")) == []


def test_what_is_seen_for_the_first_time_is_told_with_its_value() -> None:
    documents = [correlation("c", "first_seen", ["asked"], "1h", {"field": "value"}, soc={"learning": "10m"})]
    known = at(0, 600, value="a")
    fired = told(documents, *known, *at(700, 800, value="b"))
    assert [(each.key, _seconds(each.verdict.until)) for each in fired] == [((("user", "lan"), ("value", "b")), 700)]


def test_nothing_is_new_to_a_group_that_is_still_being_learnt() -> None:
    documents = [correlation("c", "first_seen", ["asked"], "1h", {"field": "value"}, soc={"learning": "10m"})]
    assert told(documents, *at(0, value="a"), *at(599, value="b")) == []


def test_what_was_forgotten_is_new_again() -> None:
    documents = [correlation("c", "first_seen", ["asked"], "1m", {"field": "value"}, soc={"learning": "0s"})]
    assert [_seconds(each.verdict.until) for each in told(documents, *at(0, 59, 119, value="a"))] == [0, 119]


def test_who_stays_away_is_idle_and_who_comes_back_can_be_told_too() -> None:
    silent = [correlation("c", "idle", ["asked"], "10m")]
    assert shown(told(silent, *at(0, 600, 1201))) == [(600, 0, 1, 600, 600, "a600"), (1200, 0, 1, 1201, 1201, "a1201")]
    returning = [correlation("c", "idle", ["asked"], "10m", soc={"idle": "returning"})]
    assert shown(told(returning, *at(0, 600, 1201, 3601))) == [
        (1200, 0, 1, 600, 1201, "a1201")
    ]  # after 40 minutes it is a stranger


def test_what_must_follow_and_does_not_is_missing() -> None:
    documents = [correlation("c", "missing_after", ["asked", "answered", "third"])]
    assert shown(told(documents, *at(0, 70), *at(60, rule="third"))) == [(60, 0, 1, 70, 70, "a70")]
    assert told(documents, *at(0), *at(0, rule="answered", value="x")) == []


def test_a_chain_counts_what_another_correlation_found_and_only_the_last_one_tells() -> None:
    inner = correlation("a", "event_count", ["asked"], condition={"gte": 2})
    outer = correlation("b", "temporal_ordered", ["a", "answered"], "5m")
    happened = [*at(1, 2), *at(30, rule="answered")]
    assert [(each.info.id, each.verdict.refs) for each in told([inner, outer], *happened)] == [("b", ("a2", "a30"))]
    loud = correlation("b", "temporal_ordered", ["a", "answered"], "5m", generate=True)
    assert sorted(each.info.id for each in told([inner, loud], *happened)) == ["a", "b"]


def test_a_chain_counts_a_bucket_once_however_many_hits_it_has() -> None:
    documents = [
        correlation("a", "event_count", ["asked"], condition={"gte": 2}),
        correlation("b", "event_count", ["a"], "10m", {"gte": 2}),
    ]
    assert told(documents, *at(1, 2, 3, 4, 5)) == []
    assert shown(told(documents, *at(1, 2, 3, 61, 62))) == [(0, 0, 2, 2, 61, "a2 a61")]


def test_a_chain_may_group_by_what_the_correlation_below_does_not() -> None:
    documents = [
        correlation("a", "event_count", ["asked"], condition={"gte": 2}),
        correlation("b", "temporal", ["a"], "10m", **{"group-by": ["value"]}),
    ]
    assert [each.key for each in told(documents, *at(1, value="x"), *at(2, value="y"))] == [(("value", "y"),)]


def test_a_whole_file_has_windows_of_its_own_that_its_end_closes() -> None:
    found = correlations(correlation("c", "event_count", ["asked"], condition={"lt": 3}), *COUNT[:0])
    worker = Correlator(found)
    (hit,) = all_hits(found, at(1))
    scoped = Match(hit.correlation, hit.group, hit.time, hit.ref, hit.arrived, hit.rule, scope="file:1")
    worker.take([scoped, LATER])
    assert (worker.advance().fired, worker.scopes) == ([], {"file:1"})
    worker.take([Tick({}, {"file:1": END}, 1)])
    assert len(worker.advance().fired) == 1
    worker.take([scoped, Tick({}, {"file:1": END}, 1)])
    assert (worker.advance().fired, worker.scopes, worker.weight) == ([], frozenset(), 0)


def test_a_chain_in_a_whole_file_ends_level_by_level_once_all_partitions_have_told_the_end() -> None:
    found = correlations(
        correlation("a", "event_count", ["asked"], condition={"lt": 3}),
        correlation("b", "event_count", ["a"], "10m", {"lt": 3}),
    )
    hits = [
        Match(hit.correlation, hit.group, hit.time, hit.ref, hit.arrived, hit.rule, carried=hit.carried, scope="file:1")
        for hit in all_hits(found, at(1, 61))
    ]
    worker = Correlator(found)
    worker.take([*hits, Tick({}, {"file:1": END}, 1)])
    told_first = worker.advance()
    assert (told_first.fired, [hit.scope for hit in told_first.hits]) == ([], ["file:1", "file:1"])
    (tick,) = worker.ticks("soc.hits:0", 2)
    assert (tick.level, tick.whole) == (1, {"file:1": END})
    worker.take([*told_first.hits, tick])
    assert worker.advance().fired == []
    worker.take([Tick({"soc.hits:1": 0}, {"file:1": END}, 2, level=1)])
    assert [(each.info.id, each.verdict.amount) for each in worker.advance().fired] == [("b", 2)]
    assert (worker.scopes, worker.weight) == (frozenset(), 0)
