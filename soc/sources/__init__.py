"""The seam Source: where records come from. Files, syslog's spool and Kafka's raw topics; memory for tests.

A source hands out batches in the order of each partition and remembers how far everything is *done*; what was read and
not done is handed out again after a restart, byte for byte and with the same `arrived`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.record import Record


@dataclass(frozen=True, slots=True)
class RecordBatch:
    epoch: int
    """The assignment it was read under; 0 where there is none."""
    records: Sequence[Record] = ()
    positions: Mapping[str, int] | None = None
    """Per partition the position after its last record of this batch: what `done` remembers."""
    caught_up: frozenset[str] = frozenset()
    """Partitions whose end had been reached when the batch was read."""
    total_partitions: int = 0
    """How many live raw partitions there are in all, over all workers; the clock of windows needs to hear from each."""
    complete: bool = False
    """`caught_up` and the records' partitions are all there are: this worker has them all (embedded mode)."""
    finished: frozenset[str] = frozenset()
    """Partitions of whole files whose last record has been handed out in this batch or before (each told at least once)."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Partitions that are not handed out because their position is gone, with the reason (Kafka)."""
    behind: Mapping[str, int] = field(default_factory=dict)
    """How many records were known to wait when the batch was read (Kafka)."""
    troubled: Mapping[str, str] = field(default_factory=dict)
    """What cannot be read or written now (files, the ledger, the spool), with the reason and how to mend it (embedded)."""


class Source(Protocol):
    async def read(self, limit: int, wait: float) -> RecordBatch:
        """Up to `limit` records; an empty batch after `wait` seconds without one."""

    async def done(self, batch: RecordBatch) -> bool:
        """Everything of this batch is durable elsewhere: never hand it out again. False if it was taken away meanwhile."""

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (a switch)
        """Hand out nothing while paused."""

    async def close(self) -> None:
        """Let go; what is not done will be handed out again."""
