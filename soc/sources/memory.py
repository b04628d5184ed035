"""The seam Source in memory: what it keeps lives in a `Kept`, a source over it as long as a process would."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc.log.group import News
from soc.sources import RecordBatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.record import Record


@dataclass(slots=True)
class Kept:
    """What outlives a source: the records, how far they are done, and which whole files have ended."""

    records: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    """By partition, in the order of their offsets."""
    done: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    epoch: int = 0
    news: News = field(default_factory=News)

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            self.records[record.partition].append(record)
        self.news.tell()

    def end(self, partition: str) -> None:
        """Nothing will be added to a whole file any more."""
        self.ended.add(partition)
        self.news.tell()


class MemorySource:
    """The seam Source. Opening another one over the same Kept takes the partitions away from this one."""

    def __init__(self, kept: Kept) -> None:
        kept.epoch += 1
        self._epoch = kept.epoch
        self._kept = kept
        self._next: dict[str, int] = {}
        self._turn = 0
        self._paused = False

    async def read(self, limit: int, wait: float) -> RecordBatch:
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            ticket = self._kept.news.ticket()
            batch = self._take(limit)
            left = deadline - asyncio.get_running_loop().time()
            if batch.records or left <= 0:
                await asyncio.sleep(0)
                return batch
            with suppress(TimeoutError):
                await asyncio.wait_for(ticket.wait(), left)

    async def done(self, batch: RecordBatch) -> bool:
        if batch.epoch != self._kept.epoch:
            return False
        for partition, position in (batch.positions or {}).items():
            self._kept.done[partition] = max(position, self._kept.done.get(partition, 0))
        return True

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._paused = paused

    async def close(self) -> None:
        """Nothing to let go of."""

    def _take(self, limit: int) -> RecordBatch:
        if self._paused:
            return RecordBatch(self._epoch)
        found: list[Record] = []
        names = list(self._kept.records)
        self._turn = (self._turn + 1) % max(1, len(names))
        for name in names[self._turn :] + names[: self._turn]:
            start = self._start(name)
            taken = self._kept.records[name][start : start + limit - len(found)]
            self._next[name] = start + len(taken)
            found += taken
        at_end = {name for name in names if self._next[name] == len(self._kept.records[name])}
        live = {name for name, records in self._kept.records.items() if not (records and records[0].source.whole)}
        caught_up = frozenset(at_end & live)
        return RecordBatch(
            self._epoch,
            found,
            {record.partition: record.offset + 1 for record in found},
            caught_up,
            len(live),
            complete=live <= caught_up | {record.partition for record in found},
            finished=frozenset(self._kept.ended & (at_end | (self._kept.ended - set(names)))),
        )

    def _start(self, partition: str) -> int:
        """Where to read on: at first at the stride that holds the first record which is not done."""
        if partition not in self._next:
            records, done = self._kept.records[partition], self._kept.done.get(partition, 0)
            strides = [record.stride for record in records if record.offset >= done]
            first = strides[0] if strides else None
            self._next[partition] = next(
                (at for at, record in enumerate(records) if record.stride == first), len(records)
            )
        return self._next[partition]
