"""What a tick says: never more than has been processed, and the end of a file until it is told."""

from __future__ import annotations

from soc import instant
from soc.hit import END, Tick
from soc.record import LogSource, Record
from soc.roles.progress import CLOCK_MARGIN, TICK, Progress
from soc.sources import RecordBatch

NOW = 1_795_500_000_000_000
LIVE, WHOLE = LogSource("logs.host"), LogSource("logs.host", whole=True)


def record(partition: str, arrived: int, source: LogSource = LIVE) -> Record:
    return Record(b"x", partition, 0, arrived, source)


def test_a_partition_that_is_behind_stands_at_its_last_record_and_one_that_is_not_at_the_present() -> None:
    progress = Progress()
    batch = RecordBatch(1, [record("a", 100), record("a", 90), record("b", 50)], caught_up=frozenset({"b", "c"}), total_partitions=4)  # fmt: skip
    progress.take(batch, NOW)
    present = NOW - CLOCK_MARGIN
    assert progress.tick(NOW) == Tick({"b": present, "c": present, "a": 90}, {}, 4)


def test_what_batches_between_two_ticks_have_shown_adds_up() -> None:
    progress = Progress()
    progress.take(RecordBatch(1, [record("a", 100)], total_partitions=2), NOW)
    progress.take(RecordBatch(1, [record("b", 70)], total_partitions=2), NOW)
    progress.take(RecordBatch(1, [record("a", 80)], total_partitions=2), NOW)
    assert progress.tick(NOW).live == {"a": 100, "b": 70}


def test_partitions_that_are_gone_are_forgotten_when_the_batch_names_all() -> None:
    progress = Progress()
    progress.take(RecordBatch(1, [record("a", 100)], total_partitions=2), NOW)
    progress.take(RecordBatch(1, [record("b", 70)], total_partitions=1, complete=True), NOW)
    assert progress.tick(NOW) == Tick({"b": 70}, {}, 1, complete=True)


def test_a_whole_file_has_no_clock_but_an_end_which_is_told_until_it_is_durable() -> None:
    progress = Progress()
    progress.take(RecordBatch(1, [record("f", 100, WHOLE)], total_partitions=0), NOW)
    assert not progress.is_due(NOW)
    progress.take(RecordBatch(1, finished=frozenset({"f"})), NOW)
    assert progress.is_due(NOW)
    tick = progress.tick(NOW)
    assert (tick.live, tick.whole) == ({}, {"f": END})
    assert progress.tick(NOW) == tick
    progress.told(tick)
    assert progress.tick(NOW).whole == {}


def test_ticks_come_every_few_seconds_even_when_the_clock_jumps_back() -> None:
    progress = Progress()
    progress.take(RecordBatch(1, caught_up=frozenset({"a"})), NOW)
    assert progress.is_due(NOW)
    progress.tick(NOW)
    assert not progress.is_due(NOW + TICK - 1)
    assert progress.is_due(NOW + TICK)
    assert progress.is_due(NOW - instant.HOUR)
