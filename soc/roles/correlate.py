"""The role correlate: hits to findings of windows; its state is rebuilt by reading the log again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from soc import anomaly, hit, instant, logs, pipeline
from soc.correlate import Windows
from soc.log import FINDINGS, HITS, Batch, Position
from soc.roles import housekeeping
from soc.roles.lag import Lag
from soc.roles.messages import message_of
from soc.roles.workshop import BATCH, WAIT, Stopping, Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.anomaly import Unit
    from soc.log import Delivered, Reader
    from soc.pipeline import Content

log = logs.get(__name__)
_COMMIT_EVERY = instant.SECOND


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """The metadata of a commit: where the state behind it begins."""

    clock: int = 0
    """Windows that end (with their lateness) before it were closed, and their findings appended."""
    since: int | None = None
    """The offset of the first hit of a whole file whose end has not come yet."""


@dataclass(slots=True)
class _Partition:
    """The windows of one partition of the hits."""

    windows: Windows
    committed: int = 0
    """Below this offset hits are only folded: what they close has been told."""
    begun: dict[str, int] = field(default_factory=dict)
    """Open whole files, each with the offset of its first hit."""
    next: int = 0

    @property
    def mark(self) -> Mark:
        return Mark(self.windows.clock, min(self.begun.values(), default=None))

    def fold(self, messages: Sequence[Delivered], content: Content) -> list[Unit]:
        """Take hits in their order; the scored windows that those from `committed` on have closed."""
        known = [message for message in messages if message.offset < self.committed]
        if known:
            self._take(known)
            self.windows.advance()
        self._take(messages[len(known) :])
        units = anomaly.score(self.windows.advance(), content.detectors)
        self.next = messages[-1].offset + 1
        self.begun = {name: offset for name, offset in self.begun.items() if name in self.windows.files}
        return units

    def _take(self, messages: Iterable[Delivered]) -> None:
        for message in messages:
            decoded = _decoded(message)
            if decoded is None:
                continue
            if isinstance(decoded, hit.Partial) and decoded.scope:
                self.begun.setdefault(decoded.scope, message.offset)
            self.windows.take([decoded])


def _decoded(message: Delivered) -> hit.Hit | None:
    try:
        return hit.decode(message.value)
    except msgspec.DecodeError as error:
        log.error("not a hit", topic=message.topic, offset=message.offset, error=str(error))
        return None


async def correlate(work: Workshop) -> None:
    """Until the service stops."""
    reader = await work.log.reader("soc-correlate", [HITS])
    try:
        with suppress(Stopping):
            await _run(work, reader)
    finally:
        await reader.close()


async def _run(work: Workshop, reader: Reader) -> None:
    lag, partitions, epoch, remembered = Lag(work.metrics), dict[Position, _Partition](), -1, 0
    while not work.stopping.is_set():
        work.beat("correlate")
        batch = await reader.read(BATCH, WAIT)
        await work.renew()
        await work.report_lost(batch.lost)
        if batch.epoch != epoch:
            epoch, partitions = batch.epoch, await _rewind(work, reader, batch.assigned)
            continue
        lag.of_messages(batch, work.clock.now())
        if batch.messages:
            await _work(work, reader, batch, partitions)
        now = work.clock.now()
        if abs(now - remembered) >= _COMMIT_EVERY:
            remembered = now
            await _remember(reader, epoch, partitions)
            await _keep_house(work, partitions, now)
    await _remember(reader, epoch, partitions)


async def _rewind(work: Workshop, reader: Reader, assigned: Iterable[Position]) -> dict[Position, _Partition]:
    """Windows that know what had been closed, and the reader back where the first open one began.

    The batch that told of the assignment may hold messages (its first one was taken while waiting): all are read again.
    """
    committed = await work.patiently(reader.committed, "asking for positions", reader)
    await reader.seek({position: 0 for position in assigned if position not in committed})
    horizon = work.content.current.detectors.horizon
    partitions: dict[Position, _Partition] = {}
    for position, (offset, metadata) in committed.items():
        mark = mark_of(metadata)
        since = max(0, mark.clock - horizon)
        starts = await work.patiently(lambda since=since: reader.offsets_at(since), "asking for offsets", reader)  # type: ignore[misc]
        start = min(starts.get(position, 0), offset, offset if mark.since is None else mark.since)
        partitions[position] = _Partition(Windows(closed_until=mark.clock), offset, next=offset)
        await reader.seek({position: start})
    return partitions


def mark_of(metadata: str) -> Mark:
    """The mark of a commit; the first ones (`soc setup`) have none."""
    try:
        return msgspec.json.decode(metadata, type=Mark)
    except msgspec.DecodeError:
        return Mark()


async def _work(work: Workshop, reader: Reader, batch: Batch, partitions: dict[Position, _Partition]) -> None:
    by_position: dict[Position, list[Delivered]] = {}
    for message in batch.messages:
        by_position.setdefault(message.position, []).append(message)
    content, units = work.content.current, list[anomaly.Unit]()
    with work.timed("correlate"):
        for position, messages in by_position.items():
            partition = partitions.setdefault(position, _Partition(Windows()))
            late = partition.windows.late
            units += await asyncio.to_thread(partition.fold, messages, content)
            if messages[0].offset >= partition.committed:  # what was closed before a restart is not late
                work.metrics.windows_late.inc(partition.windows.late - late)
    findings = pipeline.findings_of(units, content)
    await work.append(FINDINGS, [message_of(finding) for finding in findings], reader)
    for unit in units:
        work.metrics.anomalies.observe(unit.score)
    work.metrics.windows_open.set(sum(len(partition.windows) for partition in partitions.values()))


async def _remember(reader: Reader, epoch: int, partitions: dict[Position, _Partition]) -> None:
    """Commit what has moved; the state is rebuilt by replay, so now and then is enough."""
    for position, partition in partitions.items():
        if partition.next > partition.committed:
            metadata = msgspec.json.encode(partition.mark).decode()
            if not await reader.commit(epoch, {position: partition.next}, metadata):
                return
            partition.committed = partition.next


async def _keep_house(work: Workshop, partitions: dict[Position, _Partition], now: int) -> None:
    detectors = work.content.current.detectors
    for model in detectors.models.values():
        age = now - (instant.parse_iso(model.manifest.last) or now)
        work.metrics.models.labels(model.manifest.detector).set(max(0, age) / instant.SECOND)
    needed = {
        position.partition: min([partition.committed, *partition.begun.values()])
        for position, partition in partitions.items()
    }
    await housekeeping.trim_hits(work, needed, detectors.horizon, now)
