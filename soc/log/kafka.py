"""The seam Log on Kafka."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

from soc.errors import Unavailable
from soc.log import DEAD_LETTERS, FINDINGS, HITS, PANES
from soc.log.kafka_client import KafkaError, open_producer, require_topics, said_no, stopped
from soc.log.kafka_history import history
from soc.log.kafka_reader import KafkaReader
from soc.log.partitioner import partition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence

    from soc.config import Kafka
    from soc.log import Delivered, Message, Reader

_APPEND_SECONDS = 30.0


def instance_of(kafka: Kafka, group: str, member: int = 0) -> str:
    """The name of one member over restarts: the worker's slot, and which reader of that group in this process."""
    slot = kafka.slot or f"{socket.gethostname()}-{os.environ.get('SOC_SLOT', '0')}"
    return f"{group}-{slot}" + (f"-{member}" if member else "")


class KafkaLog:
    """The seam Log."""

    def __init__(self, kafka: Kafka, producer: Any) -> None:
        self._kafka = kafka
        self._producer = producer
        self._turn = count()
        self._members: Counter[str] = Counter()

    @classmethod
    async def open(cls, kafka: Kafka, topics: Sequence[str] = (HITS, FINDINGS, PANES, DEAD_LETTERS)) -> KafkaLog:
        """Waits for a broker as long as it takes.

        Raises:
            ConfigurationError: a topic is missing; the message names it.
        """
        await require_topics(kafka, topics)
        return cls(kafka, await open_producer(kafka))

    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        try:
            async with asyncio.timeout(_APPEND_SECONDS):
                await self._append(topic, messages)
        except (KafkaError, TimeoutError) as error:
            await self._let_go()
            raise said_no(error, f"messages for {topic}") from error

    async def _append(self, topic: str, messages: Sequence[Message]) -> None:
        producer = await self._open()
        partitions = len(await producer.partitions_for(topic))
        turn = next(self._turn)
        by_partition: dict[int, list[Message]] = {}
        for message in messages:
            by_partition.setdefault(_partition(message, partitions, turn), []).append(message)
        sent = await asyncio.gather(
            *(_send(producer, topic, number, batch) for number, batch in by_partition.items()), return_exceptions=True
        )
        if failed := next((error for error in sent if error), None):
            raise failed

    async def _open(self) -> Any:
        """A producer; one that failed may be beyond repair and is not used again."""
        if self._producer is None:
            self._producer = await open_producer(self._kafka, patient=False)
        return self._producer

    async def _let_go(self) -> None:
        failed, self._producer = self._producer, None
        if failed is not None:
            await stopped(failed)

    async def reader(self, group: str, topics: Sequence[str]) -> Reader:
        await require_topics(self._kafka, topics)
        member = self._members[group]
        self._members[group] += 1
        return await KafkaReader.join(self._kafka, group, topics, instance=instance_of(self._kafka, group, member))

    async def partitions(self, topic: str) -> int:
        try:
            async with asyncio.timeout(_APPEND_SECONDS):
                return len(await (await self._open()).partitions_for(topic))
        except (KafkaError, TimeoutError) as error:
            raise said_no(error, f"the partitions of {topic}") from error

    def kept(self, topic: str, partitions: Collection[int]) -> AsyncIterator[Sequence[Delivered]]:
        return history(self._kafka, [topic], partitions=partitions)

    async def close(self) -> None:
        await self._let_go()


def _partition(message: Message, partitions: int, turn: int) -> int:
    if message.partition is not None:
        return message.partition
    return turn % partitions if message.key is None else partition_of(message.key, partitions)


async def _send(producer: Any, topic: str, partition: int, messages: Sequence[Message]) -> None:
    """One batch after the other, so that a failure cannot change their order."""
    for batch in _batches(producer, messages):
        await (await producer.send_batch(batch, topic, partition=partition))


def _batches(producer: Any, messages: Sequence[Message]) -> Iterator[Any]:
    """Full batches; a message that is larger than one goes alone."""
    batch = producer.create_batch()
    for message in messages:
        while not _add(batch, message):
            if not batch.record_count():
                raise Unavailable(f"a message of {len(message.value)} bytes fits into no batch")
            yield batch
            batch = producer.create_batch()
    if batch.record_count():
        yield batch


def _add(batch: Any, message: Message) -> bool:
    """An empty value is none: on a compacted topic it takes its key away."""
    milliseconds = None if message.timestamp is None else message.timestamp // 1000
    return batch.append(timestamp=milliseconds, key=message.key, value=message.value or None) is not None
