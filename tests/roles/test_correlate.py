"""The role correlate after a restart: state comes back from the log, and nothing is told that was told before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from soc import anomaly, instant
from soc.anomaly import Detectors
from soc.clock import FixedClock
from soc.correlate.panes import encode as encode_pane
from soc.enrich import Inventory
from soc.hit import END, Match, Tick, encode
from soc.log import FINDINGS, HITS, PANES, Delivered, Message, Position
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.pipeline import Content, Open
from soc.roles import correlate
from soc.roles.partitions import Mark, Partition, mark_of
from soc.roles.takeover import take_over
from soc.roles.workshop import Workshop
from soc.sigma import RuleSet
from tests.correlate.test_windows import START, after, partial
from tests.correlate.world import START as EPOCH, Happened, all_hits, correlation, correlations
from tests.faults.world import Fixed
from tests.waiting import until

if TYPE_CHECKING:
    from soc.sigma.correlations import Correlations

CONTENT = Content(RuleSet(), Detectors(), Inventory(), "s")
CHAIN = correlations(
    correlation("low", "event_count", ["asked"], "30s", condition={"gte": 2}),
    correlation("high", "event_count", ["low"], "30s", condition={"lte": 5}),
)
COUNT = correlations(correlation("count", "event_count", ["asked"], "30s", condition={"gte": 2}))
DAY = correlations(correlation("day", "event_count", ["asked"], "1d", condition={"gte": 3}))


def content(found: Correlations) -> Content:
    return Content(RuleSet(correlations=found), Detectors(), Inventory(), "s")


def asked(found: Correlations, *seconds: int, scope: str = "") -> list[Match]:
    hits = all_hits(found, [Happened("asked", at, f"a{at}") for at in seconds])
    return [replace(hit, scope=scope) for hit in hits]


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


def test_above_rules_a_file_is_open_from_the_first_word_of_its_end_until_all_have_told_it() -> None:
    partition = Partition(Open.since(content(CHAIN)))
    ends = [Tick({f"soc.hits:{number}": EPOCH}, {"file:1": END}, 2, level=1) for number in range(2)]
    partition.fold(delivered(ends[0]), content(CHAIN))
    assert partition.mark.since == 0
    partition.fold(delivered(ends[1], first=1), content(CHAIN))
    assert partition.mark.since is None


def test_the_end_of_a_file_is_passed_on_at_once_to_correlations_above() -> None:
    partition = Partition(Open.since(content(CHAIN)))
    done = partition.fold(delivered(*asked(CHAIN, 1, 2, scope="file:1"), Tick({}, {"file:1": END}, 1)), content(CHAIN))
    assert [hit.rule for hit in done.hits] == ["low"]
    assert partition.ended
    assert [(tick.level, tick.whole) for tick in partition.ticks(3, 4)] == [(1, {"file:1": END})]
    assert not partition.ended


def test_only_correlations_that_are_new_tell_what_lies_below_the_committed_offset() -> None:
    hits = delivered(*asked(COUNT, 1, 2))
    (key,) = (each.key for each in COUNT.all)
    for unheard, told in ((frozenset(), 0), (frozenset({key}), 1)):
        partition = Partition(Open.since(content(COUNT)), committed=2, unheard=unheard)
        assert len(partition.fold(hits, content(COUNT)).findings) == told


async def test_panes_come_back_and_those_that_nothing_needs_are_taken_from_a_compacted_topic() -> None:
    clock = FixedClock(EPOCH + 30 * instant.HOUR)
    log = MemoryLog(1, clock)
    told = Partition(Open.since(content(DAY)))
    at = EPOCH + 40_000 * instant.SECOND
    done = told.fold(delivered(*asked(DAY, 0, 1), Tick({"logs.app:0": at}, {}, 1)), content(DAY))
    kept = [Message(encode_pane(pane), pane.key, None, 0) for pane in done.panes]
    old = replace(done.panes[0], start=0, expires=EPOCH)
    await log.append(PANES, [*kept, Message(encode_pane(old), old.key, None, 0)])
    reader = await log.reader("soc-correlate", [HITS])
    assigned = (await reader.read(10, 0)).assigned
    assert await reader.commit((await reader.read(10, 0)).epoch, {Position(HITS, 0): 0}, f'{{"clock":{at}}}')
    work = Workshop(log, Fixed(content(DAY)), Metrics(), clock, asyncio.Event())
    (partition,) = (await take_over(work, reader, assigned, content(DAY))).values()
    assert len(partition.fold(delivered(*asked(DAY, 50_000)), content(DAY)).findings) == 1
    assert [(each.key, each.value) for each in log.messages[Position(PANES, 0)][2:]] == [(old.key, b"")]


async def test_changed_correlations_are_rebuilt_from_the_log() -> None:
    """Hits that detect told with the new content before this worker had it."""
    clock = FixedClock(EPOCH + instant.MINUTE)
    log = MemoryLog(1, clock)
    await log.append(HITS, [Message(encode(hit), hit.key, hit.arrived) for hit in asked(COUNT, 1, 2)])
    fixed = Fixed(content(CHAIN))
    work = Workshop(log, fixed, Metrics(), clock, asyncio.Event())
    task = asyncio.create_task(correlate(work))

    async def position() -> int:
        return (await log.remembered("soc-correlate")).get(Position(HITS, 0), (0, ""))[0]

    async def passed() -> bool:
        clock.advance(instant.SECOND)
        return await position() >= 2

    await until(passed, 10)
    assert log.messages[Position(FINDINGS, 0)] == []
    fixed.current = content(COUNT)
    await until(lambda: bool(log.messages[Position(FINDINGS, 0)]), 10)
    work.stopping.set()
    await task
    assert len(log.messages[Position(FINDINGS, 0)]) == 1
