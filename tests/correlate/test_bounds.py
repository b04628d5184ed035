"""What is kept is bounded, what is given up is named, and neither a noisy key nor many new ones oust the others."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from soc import instant
from soc.correlate import Correlator, Eviction, counting, distinct, machine
from soc.hit import Tick
from tests.correlate.oracle import expected
from tests.correlate.partitions import run
from tests.correlate.world import FAR, START, Happened, all_hits, correlation, correlations, in_some_order

COUNT = correlations(correlation("c", "event_count", ["asked"], condition={"gte": 3}))
VALUES = correlations(correlation("c", "value_count", ["asked"], condition={"gte": 3, "field": "value"}))


def burst(number: int, user: str = "lan", first: int = 0) -> list[Happened]:
    return [Happened("asked", first + n * 59 // number, f"{user}{n}", user, str(n)) for n in range(number)]


@pytest.mark.parametrize(("found", "module"), [(COUNT, counting), (VALUES, distinct)])
@pytest.mark.parametrize("seed", range(15))
def test_more_than_is_kept_decides_the_same_up_to_the_number_that_is_kept(found: Any, module: Any, seed: int) -> None:
    chance = Random(seed)
    events = [
        Happened("asked", chance.randint(0, 200), f"r{n}", "lan", str(chance.randint(0, 60)), chance.randint(0, 119))
        for n in range(chance.randint(30, 120))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT", 12)
        patch.setattr(distinct, "_SPARE", 0)
        told = run(found, in_some_order(found, events, chance), chance)
    # 3 and 6 and 12 are asked for, and of what is kept nobody asks beyond.
    assert told == {each for each in expected(found, all_hits(found, events)) if each[3] <= 2}


def test_a_burst_is_bounded_and_says_that_more_was_there() -> None:
    worker = Correlator(COUNT)
    worker.take(all_hits(COUNT, burst(9_000)))
    fired = worker.advance().fired
    assert [(each.step, each.verdict.amount) for each in fired] == [(step, 3 << step) for step in range(9)]
    assert worker.weight < 2_000_000
    worker.take(all_hits(COUNT, [Happened("asked", 60, "last", "lan")]))
    worker.advance()
    late = correlations(correlation("d", "event_count", ["asked"], condition={"lt": 100_000}))
    whole = Correlator(late)
    whole.take([*all_hits(late, burst(30_000)), Tick({"logs.app:0": FAR}, {}, 1)])
    (told,) = whole.advance().fired
    assert (told.verdict.amount, told.verdict.approximate, told.why[0]["approximate"]) == (20_000, True, True)


def test_a_noisy_group_loses_its_own_oldest_hits_and_nobody_elses() -> None:
    worker = Correlator(COUNT, share=2_000_000)
    quiet = [Happened("asked", 0, "q0", "minh"), Happened("asked", 1, "q1", "minh")]
    worker.take(all_hits(COUNT, [*quiet, *(each for first in range(0, 600, 60) for each in burst(1_500, first=first))]))
    evicted = worker.advance().evictions
    assert evicted
    assert {each.group for each in evicted} == {("lan",)}
    worker.take(all_hits(COUNT, [Happened("asked", 2, "q2", "minh")]))
    assert [each.key for each in worker.advance().fired] == [(("user", "minh"),)]


def test_many_new_groups_oust_each_other_and_not_one_with_several_hits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "KEYS", 100)
    worker = Correlator(COUNT)
    slow = [Happened("asked", second, f"s{second}", "minh") for second in (0, 1)]
    sprayed = [Happened("asked", 2, f"x{n}", f"user{n}") for n in range(1_000)]
    worker.take(all_hits(COUNT, [*slow, *sprayed, Happened("asked", 3, "s3", "minh")]))
    told = worker.advance()
    assert [each.key for each in told.fired] == [(("user", "minh"),)]
    assert worker.groups == {"c": 100}
    second = START + 2 * instant.SECOND
    assert len(told.evictions) == 901
    assert told.evictions[0] == Eviction("c", ("user0",), second, second)


def test_one_correlation_cannot_take_what_is_anothers() -> None:
    both = correlations(
        correlation("c", "event_count", ["asked"], condition={"gte": 3}),
        correlation("d", "event_count", ["third"], condition={"gte": 3}),
    )
    worker = Correlator(both, share=400_000)
    calm = [Happened("third", second, f"t{second}", "minh") for second in range(2)]
    noise = [Happened("asked", 2, f"x{n}", f"user{n}") for n in range(1_000)]
    worker.take(all_hits(both, [*calm, *noise, Happened("third", 4, "t4", "minh")]))
    told = worker.advance()
    assert [each.info.id for each in told.fired] == ["d"]
    assert {each.correlation for each in told.evictions} == {"c"}
    assert worker.weight <= 400_000


def test_what_the_clock_has_passed_is_forgotten() -> None:
    for found in (COUNT, VALUES):
        worker = Correlator(found)
        worker.take([*all_hits(found, burst(100)), Tick({"logs.app:0": FAR}, {}, 1)])
        worker.advance()
        assert (worker.weight, worker.groups) == (0, {"c": 0})


def test_hits_of_windows_that_are_over_are_repetitions_and_counted() -> None:
    worker = Correlator(COUNT)
    worker.take([*all_hits(COUNT, burst(2)), Tick({"logs.app:0": FAR}, {}, 1)])
    worker.advance()
    worker.take(all_hits(COUNT, burst(5)))
    assert (worker.advance().fired, worker.repeated) == ([], 5)


def test_hits_of_a_correlation_that_is_gone_are_counted() -> None:
    worker = Correlator(VALUES)
    worker.take(all_hits(COUNT, burst(2)))
    assert worker.unknown == 2
