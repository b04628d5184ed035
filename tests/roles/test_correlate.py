"""The role correlate after a restart: state comes back from the log, and nothing is told that was told before."""

from __future__ import annotations

import asyncio

import pytest

from soc import anomaly
from soc.anomaly import Detectors
from soc.clock import FixedClock
from soc.enrich import Inventory
from soc.hit import END, Tick, encode
from soc.log import HITS, Delivered, Message, Position
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.pipeline import Content, Open
from soc.roles.partitions import Mark, Partition, mark_of
from soc.roles.takeover import take_over
from soc.roles.workshop import Workshop
from soc.sigma import RuleSet
from tests.correlate.test_windows import START, after, partial
from tests.faults.world import Fixed

CONTENT = Content(RuleSet(), Detectors(), Inventory(), "s")


def delivered(*hits, first: int = 0) -> list[Delivered]:
    return [Delivered("soc.hits", 0, first + number, 0, None, encode(hit)) for number, hit in enumerate(hits)]


@pytest.fixture
def closings(monkeypatch: pytest.MonkeyPatch) -> list:
    """The windows that are handed to scoring."""
    found: list = []
    monkeypatch.setattr(anomaly, "score", lambda closed, _: found.extend(closed) or [])
    return found


def test_a_mark_outlives_its_commit_and_whatever_else_is_found_there_begins_anew() -> None:
    assert mark_of('{"clock":7,"since":3}') == Mark(7, 3)
    assert mark_of('{"clock":7,"above":[5,0]}').clocks == {0: 7, 1: 5, 2: 0}
    assert mark_of("") == mark_of("recorded by soc setup") == mark_of("17") == Mark()


def test_an_open_file_holds_the_mark_at_its_first_hit(closings) -> None:
    partition = Partition(Open.since(CONTENT))
    partition.fold(delivered(partial(0), partial(0, scope="file:1"), partial(1, scope="file:1")), CONTENT)
    assert partition.mark.since == 1
    partition.fold(delivered(Tick({}, {"file:1": END}, 1), first=3), CONTENT)
    assert partition.mark.since is None
    assert len(closings) == 2


def test_below_the_committed_offset_hits_are_folded_and_their_ends_are_silent(closings) -> None:
    ended = Tick({}, {"file:1": END}, 1)
    hits = delivered(partial(0, scope="file:1"), ended, partial(0), Tick({"a": after(0)}, {}, 1))
    partition = Partition(Open.since(CONTENT), committed=2)
    partition.fold(hits, CONTENT)
    assert [(closed.start, closed.aggregates) for closed in closings] == [(START, ({"n": 1},))]


def test_after_a_restart_an_open_window_is_whole_again(closings) -> None:
    before = Partition(Open.since(CONTENT))
    hits = delivered(partial(0, stride=0), partial(0, stride=8), Tick({"a": START}, {}, 1), partial(0, stride=16))
    before.fold(hits[:3], CONTENT)
    again = Partition(Open.since(CONTENT, before.mark.clocks), committed=3)
    again.fold([*hits, *delivered(Tick({"a": after(0)}, {}, 1), first=4)], CONTENT)
    assert [len(closed.aggregates) for closed in closings] == [3]


def test_what_is_no_hit_is_passed_over(closings) -> None:
    partition = Partition(Open.since(CONTENT))
    broken = [Delivered("soc.hits", 0, 0, 0, None, b"{"), *delivered(partial(0), first=1)]
    partition.fold(broken, CONTENT)
    assert partition.next == 2
    assert len(partition.state.windows) == 1


async def test_an_assignment_is_read_from_its_start_even_if_some_of_it_was_handed_out() -> None:
    clock = FixedClock(START)
    log = MemoryLog(2, clock)
    await log.append(HITS, [Message(encode(partial(number)), partition=number % 2) for number in range(6)])
    reader = await log.reader("soc-correlate", [HITS])
    first = await reader.read(10, 0)
    taken = await reader.read(10, 0)
    assert (len(first.messages), len(taken.messages)) == (0, 6)
    assert await reader.commit(taken.epoch, {Position(HITS, 1): 2}, '{"clock":1}')
    work = Workshop(log, Fixed(CONTENT), Metrics(), clock, asyncio.Event())
    partitions = await take_over(work, reader, taken.assigned, CONTENT)
    assert {at.partition: one.committed for at, one in partitions.items()} == {0: 0, 1: 2}
    again = await reader.read(10, 0)
    assert sorted((one.partition, one.offset) for one in again.messages) == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
    ]
