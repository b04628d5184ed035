"""A worker that takes over reads as far back as the horizon says, and that is not more than it needs."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.correlate import Correlator, panes
from soc.hit import Match, Tick
from tests.correlate.oracle import expected
from tests.correlate.partitions import Partition, run
from tests.correlate.world import FAR, START, Happened, all_hits, correlation, correlations, in_some_order

if TYPE_CHECKING:
    from soc.sigma.correlations import Correlations

COUNT = correlations(correlation("c", "event_count", ["asked"], "30m", condition={"gte": 3}))
DAY = correlations(correlation("c", "event_count", ["asked"], "1d", condition={"gte": 3}))


def clock(second: int) -> Tick:
    return Tick({"logs.app:0": START + second * instant.SECOND}, {}, 1)


def taken_over(found: Correlations, share: float, *before: Any, after: list[Any]) -> list[Any]:
    """What is told after a worker died, having committed all of `before`."""
    partition = Partition(found, "soc.hits:0", 1)
    for hit in before:
        partition.append(hit)
        partition.work(1)
    partition.commit()
    partition.told.clear()
    partition.crash(share)
    for hit in after:
        partition.append(hit)
    partition.work(len(after))
    return partition.told


def test_hits_of_windows_that_are_open_are_read_again() -> None:
    first, second, third = all_hits(COUNT, [Happened("asked", at, f"a{at}") for at in (0, 1, 1_700)])
    assert len(taken_over(COUNT, 1.0, first, second, clock(1_650), after=[third])) == 1


def test_half_the_horizon_is_not_enough() -> None:
    first, second, third = all_hits(COUNT, [Happened("asked", at, f"a{at}") for at in (0, 1, 1_700)])
    assert taken_over(COUNT, 0.5, first, second, clock(1_650), after=[third]) == []


def test_half_the_horizon_loses_or_invents_findings_of_logs_as_they_come() -> None:
    found = correlations(
        correlation("c", "event_count", ["asked"], "30m", condition={"gte": 3}),
        correlation("d", "missing_after", ["asked", "answered"], "30m"),
        correlation("e", "temporal_ordered", ["asked", "answered"], "30m"),
    )
    wrong = {1.0: 0, 0.5: 0}
    for share in wrong:
        for seed in range(40):
            chance = Random(seed)
            happened = [
                Happened(chance.choice(["asked", "asked", "answered"]), chance.randint(0, 9_000), f"r{n}", late=chance.choice([0, 60, 120]))
                for n in range(25)
            ]  # fmt: skip
            told = run(found, in_some_order(found, happened, chance), chance, 1, share)
            wrong[share] += told != expected(found, all_hits(found, happened))
    assert wrong[1.0] == 0
    assert wrong[0.5] > 0


def test_the_horizon_is_the_span_the_lateness_and_how_far_clocks_may_be_ahead() -> None:
    assert COUNT.horizon == (30 + 2 + 5) * instant.MINUTE + instant.SECOND
    assert DAY.horizon == (60 + 2 + 5) * instant.MINUTE + instant.SECOND


def test_what_was_told_before_is_not_told_again_where_it_closed() -> None:
    found = correlations(correlation("c", "event_count", ["asked"], condition={"lt": 3}))
    (hit,) = all_hits(found, [Happened("asked", 1, "a1")])
    assert taken_over(found, 1.0, hit, clock(500), after=[clock(1_000)]) == []


def test_beyond_an_hour_panes_are_told_once_and_state_is_rebuilt_from_them() -> None:
    first, second, third = all_hits(DAY, [Happened("asked", at, f"a{at}") for at in (0, 1, 50_000)])
    worker = Correlator(DAY)
    worker.take([first, second, clock(3_700)])
    assert worker.advance().panes == []  # the hour is over, its lateness is not
    worker.take([clock(3_720)])
    (pane,) = worker.advance().panes
    assert (pane.group, pane.start, pane.hits) == (("lan",), START, [first, second])
    assert pane.expires == START + (3_600 + 86_400 + 120) * instant.SECOND
    assert panes.decode(panes.encode(pane)) == pane
    assert pane.routing == first.key
    assert len(taken_over(DAY, 1.0, first, second, clock(40_000), after=[third])) == 1


def test_without_the_panes_the_first_hits_are_lost() -> None:
    first, second, third = all_hits(DAY, [Happened("asked", at, f"a{at}") for at in (0, 1, 50_000)])
    worker = Correlator(DAY, {0: START + 40_000 * instant.SECOND})
    worker.take([third])
    assert worker.advance().fired == []
    again = Correlator(DAY, {0: START + 40_000 * instant.SECOND})
    told = Correlator(DAY)
    told.take([first, second, clock(40_000)])
    again.restore(told.advance().panes)
    again.take([third])
    assert len(again.advance().fired) == 1


def test_panes_that_no_window_needs_any_more_are_not_taken() -> None:
    told = Correlator(DAY)
    told.take([*all_hits(DAY, [Happened("asked", 0, "a0")]), clock(40_000)])
    again = Correlator(DAY, {0: FAR})
    again.restore(told.advance().panes)
    assert again.groups == {"c": 0}


def test_an_edited_correlation_starts_empty() -> None:
    edited = correlations(correlation("c", "event_count", ["asked"], "30m", condition={"gte": 2}))
    worker = Correlator(edited)
    hits = all_hits(COUNT, [Happened("asked", at, f"a{at}") for at in (0, 1, 2)])
    assert all(isinstance(hit, Match) for hit in hits)
    worker.take(hits)
    assert (worker.advance().fired, worker.unknown) == ([], 3)
