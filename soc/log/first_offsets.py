"""Where a group begins: committed once as a recorded act, so that a worker never has to guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.log.kafka_client import CommitFailedError, OffsetAndMetadata, TopicPartition, open_consumer, stopped
from soc.log.kafka_reader import why_lost

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from soc.config import Kafka

LOST_CHOICES = ("beginning", "end")


async def first_offsets(
    kafka: Kafka, group: str, topics: Mapping[str, int], *, created: Collection[str] = (), lost: str = ""
) -> tuple[list[str], list[str]]:
    """Commit the beginning where a group never was; what was done, and the faults that somebody must decide on.

    `topics` are names with their numbers of partitions; `created` those that did not exist until now.
    """
    partitions = [TopicPartition(topic, number) for topic, count in topics.items() for number in range(count)]
    consumer = await open_consumer(kafka, group, patient=False)
    try:
        consumer.assign(partitions)
        told = await consumer._coordinator.fetch_committed_offsets(partitions)  # noqa: SLF001 (the repaired one)
        beginnings = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        committed = {at: each.offset for at, each in told.items()}
        gone = {at: why_lost(at, committed, beginnings[at], ends[at]) for at in partitions}
        new = {at: beginnings[at] for at in partitions if _is_new(at, committed, gone[at], created)}
        undecided = {at: why for at, why in gone.items() if why and at not in new}
        chosen = {"beginning": beginnings, "end": ends}.get(lost, {})
        decided = new | {at: chosen[at] for at in undecided if chosen}
        faults = [] if chosen else [_fault(group, at, why) for at, why in undecided.items()]
        return await _commit(consumer, group, decided, faults)
    finally:
        await stopped(consumer)


def _is_new(at: TopicPartition, committed: Mapping[TopicPartition, int], gone: str, created: Collection[str]) -> bool:
    """The group was never here: it is new itself, or the topic or the partition is."""
    return not committed or at.topic in created or (at not in committed and not gone)


def _fault(group: str, at: TopicPartition, why: str) -> str:
    return (
        f"group {group}, {at.topic}:{at.partition}: {why}; stop the service, then `soc setup --lost beginning` (reads "
        "again all that is kept, repeats change nothing) or `--lost end` (skips it)"
    )


async def _commit(
    consumer: Any, group: str, decided: Mapping[TopicPartition, int], faults: Sequence[str]
) -> tuple[list[str], list[str]]:
    try:
        if decided:
            await consumer.commit({at: OffsetAndMetadata(offset, "") for at, offset in decided.items()})
    except CommitFailedError:
        return [], [*faults, f"group {group}: has running members, its offsets cannot be set; stop the service first"]
    done = [f"group {group}: begins {at.topic}:{at.partition} at {offset}" for at, offset in decided.items()]
    return done, list(faults)
