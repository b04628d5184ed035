"""The seam Source on Kafka's raw topics; they may have any number of partitions, keyed or not.

After an assignment it hands out again what lies between the start of a stride and the committed offset, so that the
detectors' aggregates of that stride are whole. What else follows from those records has the same ids as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.log import RAW_TOPICS, Position
from soc.log.kafka import instance_of
from soc.log.kafka_client import require_topics
from soc.log.kafka_history import history as read_history
from soc.log.kafka_reader import KafkaReader
from soc.record import LogSource, Record
from soc.sources import RecordBatch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from soc.config import Config
    from soc.log import Delivered

STRIDE = 4096
GROUP = "soc-detect"


class KafkaSource:
    """The seam Source."""

    def __init__(self, reader: KafkaReader, sources: Mapping[str, LogSource]) -> None:
        self._reader = reader
        self._sources = sources

    @classmethod
    async def open(cls, config: Config, *, topics: Sequence[str] = RAW_TOPICS, group: str = GROUP) -> KafkaSource:
        """Waits for a broker as long as it takes.

        Raises:
            ConfigurationError: a topic is missing; the message names it.
        """
        await require_topics(config.kafka, topics)
        instance = instance_of(config.kafka, group)
        reader = await KafkaReader.join(config.kafka, group, topics, instance=instance, stride=STRIDE)
        return cls(reader, _sources(config, topics))

    async def read(self, limit: int, wait: float) -> RecordBatch:
        """The first batch of a new assignment is empty.

        Raises:
            GroupFault: the process should end and be started again.
        """
        batch = await self._reader.read(limit, wait)
        records = [_record(message, self._sources[message.topic]) for message in batch.messages]
        return RecordBatch(
            batch.epoch,
            records,
            {record.partition: record.offset + 1 for record in records},
            frozenset(map(_name, batch.caught_up)),
            self._reader.partitions(),
            lost={_name(at): reason for at, reason in batch.lost.items()},
            behind={_name(at): waiting for at, waiting in batch.behind.items()},
        )

    async def done(self, batch: RecordBatch) -> bool:
        return await self._reader.commit(
            batch.epoch, {_position(at): end for at, end in (batch.positions or {}).items()}
        )

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._reader.pause(paused)

    async def close(self) -> None:
        await self._reader.close()


async def history(config: Config, *, topics: Sequence[str] = RAW_TOPICS) -> AsyncIterator[Sequence[Record]]:
    """Every record that the raw topics hold now, with its own ref and arrival; within a partition in order.

    Raises:
        ConfigurationError: a topic is missing.
        Unavailable: no broker answers. Forbidden: a privilege is missing.
    """
    sources = _sources(config, topics)
    async for messages in read_history(config.kafka, topics):
        yield [_record(message, sources[message.topic]) for message in messages]


def _sources(config: Config, topics: Sequence[str]) -> dict[str, LogSource]:
    return {topic: LogSource(topic, timezone=config.timezone) for topic in topics}


def _record(message: Delivered, source: LogSource) -> Record:
    return Record(
        message.value,
        f"{message.topic}:{message.partition}",
        message.offset,
        message.timestamp,
        source,
        stride=message.offset // STRIDE * STRIDE,
    )


def _name(position: Position) -> str:
    return f"{position.topic}:{position.partition}"


def _position(name: str) -> Position:
    topic, _, number = name.rpartition(":")
    return Position(topic, int(number))
