"""How far the raw partitions of one worker have been processed, gathered from its batches for the next tick."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import hit, instant

if TYPE_CHECKING:
    from soc.sources import RecordBatch

TICK = 5 * instant.SECOND
CLOCK_MARGIN = 2 * instant.SECOND
"""How far the clocks of a broker and its workers may differ before a tick says too much."""


class Progress:
    """The clocks of one assignment; made anew with it, since nobody may vouch for a partition that was taken away."""

    def __init__(self) -> None:
        self._clocks: dict[str, int] = {}
        self._finished: set[str] = set()
        self._total = 0
        self._complete = False
        self._ticked: int | None = None

    def take(self, batch: RecordBatch, as_of: int) -> None:
        """A batch that is processed; `as_of` is the present from before it was read."""
        last = {record.partition: record.arrived for record in batch.records if not record.source.whole}
        whole = {record.partition for record in batch.records if record.source.whole} | batch.finished
        now = dict.fromkeys(batch.caught_up - whole, as_of - CLOCK_MARGIN)
        now |= {name: at for name, at in last.items() if name not in batch.caught_up}
        if batch.complete:
            self._clocks = {name: at for name, at in self._clocks.items() if name in now}
        for name, at in now.items():
            self._clocks[name] = max(at, self._clocks.get(name, 0))
        self._finished |= batch.finished
        self._total, self._complete = batch.total_partitions, batch.complete

    def is_due(self, as_of: int) -> bool:
        """Whether it is time for a tick; at once when a whole file has ended, for that is told before it is done."""
        if self._finished:
            return True
        return bool(self._clocks) and (self._ticked is None or abs(as_of - self._ticked) >= TICK)

    def tick(self, as_of: int) -> hit.Tick:
        """What is to be told; told once it is durable, see `told`."""
        self._ticked = as_of
        ended = dict.fromkeys(sorted(self._finished), hit.END)
        return hit.Tick(dict(self._clocks), ended, self._total, complete=self._complete)

    def told(self, tick: hit.Tick) -> None:
        """Ends of files are told once; clocks again and again."""
        self._finished -= tick.whole.keys()
