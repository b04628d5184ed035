"""All that topics hold at one moment, read once, by nobody's group: for the oracle and for `soc replay --log`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.log.kafka_client import KafkaError, TopicPartition, open_consumer, require_topics, said_no, stopped
from soc.log.kafka_reader import delivered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from typing import Any

    from soc.config import Kafka
    from soc.log import Delivered

_WAIT_MS = 300


async def history(
    kafka: Kafka, topics: Sequence[str], limit: int = 500, partitions: Collection[int] | None = None
) -> AsyncIterator[Sequence[Delivered]]:
    """What lies between the beginnings and the present ends; within a partition in order. None: all partitions.

    Raises:
        ConfigurationError: a topic is missing.
        Unavailable: no broker answers. Forbidden: a privilege is missing.
    """
    await require_topics(kafka, topics, patient=False)
    consumer = await open_consumer(kafka, None, patient=False)
    try:
        ends = await _assign(consumer, topics, partitions)
        while ends:
            found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=limit)
            if messages := [each for each in delivered(found) if each.offset < ends.get(_at(each), 0)]:
                yield messages
            for at in list(ends):
                if await consumer.position(at) >= ends[at]:
                    del ends[at]
                    consumer.pause(at)
    except KafkaError as error:
        raise said_no(error, "the messages of " + ", ".join(topics)) from error
    finally:
        await stopped(consumer)


def _at(message: Delivered) -> TopicPartition:
    return TopicPartition(message.topic, message.partition)


async def _assign(consumer: Any, topics: Sequence[str], wanted: Collection[int] | None) -> dict[TopicPartition, int]:
    """Start at the beginnings; the ends of the partitions that hold anything."""
    numbers = await consumer._client.fetch_all_metadata()  # noqa: SLF001 (the public call wants one topic after the other)
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        for number in numbers.partitions_for_topic(topic) or ()
        if wanted is None or number in wanted
    ]
    consumer.assign(partitions)
    beginnings = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    for at, offset in beginnings.items():
        consumer.seek(at, offset)
    return {at: end for at, end in ends.items() if end > beginnings[at]}
