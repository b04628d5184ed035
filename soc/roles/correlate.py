"""The role correlate: hits to findings of windows; its state is rebuilt by reading the log again."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from soc import hit, instant
from soc.correlate import panes
from soc.log import FINDINGS, HITS, PANES, Batch, Message
from soc.roles import housekeeping
from soc.roles.lag import Lag
from soc.roles.messages import message_of
from soc.roles.partitions import joined
from soc.roles.progress import TICK
from soc.roles.takeover import take_over
from soc.roles.workshop import BATCH, WAIT, Stopping, Workshop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.correlate import Eviction
    from soc.log import Delivered, Position, Reader
    from soc.pipeline import Content, Correlated
    from soc.roles.partitions import Partition

_COMMIT_EVERY = instant.SECOND


@dataclass(slots=True)
class _Shift:
    """The state of one worker between batches."""

    content: Content
    lag: Lag
    epoch: int = -1
    partitions: dict[Position, Partition] = field(default_factory=dict)
    remembered: int = 0
    ticked: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether a whole file has."""
        return any(partition.ended for partition in self.partitions.values())


async def correlate(work: Workshop) -> None:
    """Until the service stops."""
    reader = await work.log.reader("soc-correlate", [HITS])
    try:
        with suppress(Stopping):
            await _run(work, reader)
    finally:
        await reader.close()


async def _run(work: Workshop, reader: Reader) -> None:
    shift = _Shift(work.content.current, Lag(work.metrics))
    while not work.stopping.is_set():
        work.beat("correlate")
        batch = await reader.read(BATCH, WAIT)
        await work.renew()
        await work.report_lost(batch.lost)
        if await _begin(work, reader, shift, batch):
            continue
        shift.lag.of_messages(batch, work.clock.now())
        if batch.messages:
            await _work(work, reader, batch, shift)
        now = work.clock.now()
        await _tick(work, reader, shift, now)
        if abs(now - shift.remembered) >= _COMMIT_EVERY:
            shift.remembered = now
            await _remember(reader, shift)
            await _keep_house(work, shift, now)
    await _remember(reader, shift)


async def _begin(work: Workshop, reader: Reader, shift: _Shift, batch: Batch) -> bool:
    """Whether everything is rebuilt from the log, because partitions are assigned anew or correlations have changed."""
    content, before = work.content.current, shift.content.rules.correlations
    after, shift.content = content.rules.correlations, content
    unheard = frozenset[str]()
    if batch.epoch == shift.epoch:
        if after is before or after == before:
            return False
        await _remember(reader, shift)
        unheard = frozenset(each.key for each in after.all) - {each.key for each in before.all}
    shift.epoch = batch.epoch
    shift.partitions = await take_over(work, reader, batch.assigned, content, unheard)
    return True


async def _work(work: Workshop, reader: Reader, batch: Batch, shift: _Shift) -> None:
    by_position: dict[Position, list[Delivered]] = {}
    for message in batch.messages:
        by_position.setdefault(message.position, []).append(message)
    parts: dict[Position, Correlated] = {}
    with work.timed("correlate"):
        for position, messages in by_position.items():
            partition = shift.partitions[position]
            late = partition.state.windows.late
            parts[position] = await asyncio.to_thread(partition.fold, messages, shift.content)
            if messages[0].offset >= partition.committed:  # what was closed before a restart is not late
                work.metrics.windows_late.inc(partition.state.windows.late - late)
    done = joined(list(parts.values()))
    kept = [
        Message(panes.encode(pane), pane.key, None, position.partition)
        for position, part in parts.items()
        for pane in part.panes
    ]
    await work.append(HITS, [Message(hit.encode(each), each.key, each.arrived) for each in done.hits], reader)
    await work.append(FINDINGS, [message_of(finding) for finding in done.findings], reader)
    await work.append(PANES, kept, reader)
    work.metrics.correlated(done)
    work.metrics.windows_open.set(sum(len(partition.state.windows) for partition in shift.partitions.values()))
    await _report_evictions(work, shift.content, done.evictions)


async def _tick(work: Workshop, reader: Reader, shift: _Shift, now: int) -> None:
    """Tell correlations of correlations how far those below have come, whose findings are durable; a file's end at once."""
    if not shift.has_ended and abs(now - shift.ticked) < TICK:
        return
    shift.ticked = now
    if not any(each.chained for each in shift.content.rules.correlations.all):
        for partition in shift.partitions.values():
            partition.ended = False
        return
    total = await work.patiently(lambda: work.log.partitions(HITS), f"asking for the partitions of {HITS}", reader)
    ticks = [
        hit.encode(tick) for at, partition in shift.partitions.items() for tick in partition.ticks(at.partition, total)
    ]
    messages = [Message(value, None, now, number) for value in ticks for number in range(total)]
    await work.append(HITS, messages, reader)


async def _report_evictions(work: Workshop, content: Content, evictions: Sequence[Eviction]) -> None:
    """Once an hour and correlation; the metric counts them all."""
    for id_, count in Counter(eviction.correlation for eviction in evictions).items():
        mine = [eviction for eviction in evictions if eviction.correlation == id_]
        since, until = min(each.since for each in mine), max(each.until for each in mine)
        named = next((each.info.name for each in content.rules.correlations.all if each.info.id == id_), id_)
        detail = f"{named}: {count} groups had to be forgotten; of what they did {instant.iso(since)} - {instant.iso(until)} not all is counted"
        await work.report("soc-health-correlation-evicted", id_, detail)


async def _remember(reader: Reader, shift: _Shift) -> None:
    """Commit what has moved; the state is rebuilt by replay, so now and then is enough."""
    for position, partition in shift.partitions.items():
        if partition.next > partition.committed:
            metadata = msgspec.json.encode(partition.mark).decode()
            if not await reader.commit(shift.epoch, {position: partition.next}, metadata):
                return
            partition.committed = partition.next


async def _keep_house(work: Workshop, shift: _Shift, now: int) -> None:
    detectors = shift.content.detectors
    for model in detectors.models.values():
        age = now - (instant.parse_iso(model.manifest.last) or now)
        work.metrics.models.labels(model.manifest.detector).set(max(0, age) / instant.SECOND)
    work.metrics.correlating([partition.state.correlator for partition in shift.partitions.values()])
    needed = {
        position.partition: min([partition.committed, *partition.begun.values()])
        for position, partition in shift.partitions.items()
    }
    # Where time stands still, what is old by the wall clock is not.
    clocks = [partition.mark.least for partition in shift.partitions.values()]
    as_of = min([now, *(clock for clock in clocks if clock)])
    await housekeeping.trim_hits(work, needed, shift.content.horizon + now - as_of, now)
    long = max((each.memory for each in shift.content.rules.correlations.all if each.long), default=0)
    await housekeeping.trim_panes(work, long + now - as_of, now)
