"""Which Source a process works on: Kafka's raw topics, or the files and the spool of an embedded site as one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from soc.clock import SystemClock
from soc.errors import ConfigurationError
from soc.log.group import POLL
from soc.sources import RecordBatch, spool as spooled
from soc.sources.files import FilesSource
from soc.sources.files_history import history as files_history
from soc.sources.spool import SpoolSource, open_spool, spool_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from soc.clock import Clock
    from soc.config import Config
    from soc.log import Log
    from soc.record import Record
    from soc.sources import Source

_EPOCH = 1


async def open_source(config: Config, log: Log, clock: Clock) -> Source:  # noqa: ARG001 (the spool has a file of its own)
    """Waits for a broker as long as it takes.

    Raises:
        ConfigurationError: a topic is missing, or the data folder cannot be used; the message says how to mend it.
        Unavailable: a file of the data folder cannot be written now.
    """
    if not config.embedded:
        from soc.sources.kafka import KafkaSource  # noqa: PLC0415 (embedded sites need no Kafka client in memory)

        return await KafkaSource.open(config)
    try:
        files = await FilesSource.open(config, clock)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or config.data_dir}: cannot be made ({error.strerror}); let the service's user write there"
        ) from None
    try:
        spool = await SpoolSource.open(config, clock)
    except BaseException:
        await files.close()
        raise
    return MergedSource({"file": files, "spool": spool})


async def history(config: Config) -> AsyncIterator[Sequence[Record]]:
    """Every record that was read and is kept, with its own ref and arrival; within a partition in order.

    Raises:
        ConfigurationError: a topic is missing.
        Unavailable: no broker answers, or a file of the data folder cannot be read. Forbidden: a privilege is missing.
    """
    if not config.embedded:
        from soc.sources.kafka import history as kafka_history  # noqa: PLC0415 (as above)

        async for batch in kafka_history(config):
            yield batch
        return
    async for batch in files_history(config):
        yield batch
    if not spool_of(config).exists():
        return
    spool = await open_spool(config, SystemClock())
    try:
        async for batch in spooled.history(spool):
            yield batch
    finally:
        await spool.close()


class MergedSource:
    """The seam Source over several that this process has alone; named by how their partitions begin."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)
        self._turn = 0

    async def read(self, limit: int, wait: float) -> RecordBatch:
        until = time.monotonic() + wait
        while True:
            batch = await self._read(limit)
            left = until - time.monotonic()
            if batch.records or left <= 0:
                return batch
            await asyncio.sleep(min(left, POLL))

    async def done(self, batch: RecordBatch) -> bool:
        """Each source is told its own part."""
        parts: dict[str, dict[str, int]] = {}
        for name, end in (batch.positions or {}).items():
            parts.setdefault(name.partition(":")[0], {})[name] = end
        kept = [await self._sources[name].done(RecordBatch(_EPOCH, positions=part)) for name, part in parts.items()]
        return all(kept)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        for source in self._sources.values():
            source.pause(paused)

    async def close(self) -> None:
        for source in self._sources.values():
            await source.close()

    async def _read(self, limit: int) -> RecordBatch:
        """Of each source a like share, what one leaves to the next; each is the first in turn."""
        self._turn += 1
        sources = list(self._sources.values())
        at = self._turn % len(sources)
        batches = []
        for number, source in enumerate(sources[at:] + sources[:at]):
            batch = await source.read(limit // (len(sources) - number), 0.0)
            limit -= len(batch.records)
            batches.append(batch)
        return merged(batches)


def merged(batches: Sequence[RecordBatch]) -> RecordBatch:
    """One batch of several sources' ones."""
    return RecordBatch(
        _EPOCH,
        [record for batch in batches for record in batch.records],
        {name: end for batch in batches for name, end in (batch.positions or {}).items()},
        frozenset().union(*(batch.caught_up for batch in batches)),
        sum(batch.total_partitions for batch in batches),
        complete=all(batch.complete for batch in batches),
        finished=frozenset().union(*(batch.finished for batch in batches)),
        troubled={path: why for batch in batches for path, why in batch.troubled.items()},
    )
