"""How groups stand in their topics, and how late the broker's clock says it is: looked at, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc.log import Position
from soc.log.kafka_client import KafkaError, TopicPartition, open_consumer, said_no, stopped
from soc.log.kafka_reader import why_lost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from soc.config import Kafka

_WAIT_MS = 2_000


class Standing(NamedTuple):
    """One group in all its partitions."""

    partitions: int
    behind: int
    """Messages that it has not read yet."""
    lost: Mapping[Position, str]
    """Partitions in which nobody knows where to go on, with the reason."""


async def standing(kafka: Kafka, group: str, topics: Sequence[str]) -> Standing:
    """Where a group stands. Raises Unavailable and Forbidden."""
    consumer = await open_consumer(kafka, group, patient=False)
    try:
        partitions = await _partitions(consumer, topics)
        consumer.assign(partitions)
        told = await consumer._coordinator.fetch_committed_offsets(partitions)  # noqa: SLF001 (the repaired one)
        committed = {at: each.offset for at, each in told.items()}
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
    except KafkaError as error:
        raise said_no(error, f"the positions of group {group}") from error
    finally:
        await stopped(consumer)
    lost = {
        Position(at.topic, at.partition): why
        for at in partitions
        if (why := why_lost(at, committed, beginnings[at], ends[at]))
    }
    behind = sum(max(0, ends[at] - max(committed.get(at, 0), beginnings[at])) for at in partitions)
    return Standing(len(partitions), behind, lost)


async def newest(kafka: Kafka, topics: Sequence[str]) -> int | None:
    """When the broker appended the last record of topics (an instant); None if they hold none.

    Raises:
        Unavailable: no broker answers. Forbidden: these topics may not be read.
    """
    consumer = await open_consumer(kafka, None, patient=False)
    try:
        partitions = await _partitions(consumer, topics)
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        holding = [at for at in partitions if ends[at] > beginnings[at]]
        consumer.assign(holding)
        for at in holding:
            consumer.seek(at, ends[at] - 1)
        found = await consumer.getmany(*holding, timeout_ms=_WAIT_MS) if holding else {}
    except KafkaError as error:
        raise said_no(error, "the last records of " + ", ".join(topics)) from error
    finally:
        await stopped(consumer)
    stamps = [record.timestamp for records in found.values() for record in records]
    return max(stamps) * 1000 if stamps else None


async def _partitions(consumer: Any, topics: Sequence[str]) -> list[TopicPartition]:
    numbers = await consumer._client.fetch_all_metadata()  # noqa: SLF001 (the public call wants one topic after the other)
    return [TopicPartition(topic, number) for topic in topics for number in numbers.partitions_for_topic(topic) or ()]
