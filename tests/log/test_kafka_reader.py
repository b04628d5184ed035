"""A reader on Kafka never guesses a position, and gets over a broker that goes away."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from soc.errors import ConfigurationError, Unavailable
from soc.log import Message, Position
from soc.log.first_offsets import first_offsets
from soc.log.kafka import KafkaLog, instance_of
from soc.log.kafka_client import OffsetOutOfRangeError, TopicPartition, open_admin, require_topics, stopped
from soc.log.kafka_reader import KafkaReader, why_lost
from tests.kafka_world import PARTITIONS, KafkaWorld
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from soc.log import Batch
    from tests.services import Kafka

FAR = 1 << 52  # an instant in the year 2112
AT = TopicPartition("t", 1)


@pytest.mark.parametrize(
    ("committed", "beginning", "end", "reason"),
    [
        ({AT: 5}, 0, 9, ""),
        ({AT: 9}, 9, 9, ""),
        ({AT: 5}, 6, 9, "offset 5 is no longer kept, the first one is 6"),
        ({AT: 10}, 0, 9, "offset 10 is beyond the end 9: the topic was made anew"),
        ({}, 0, 9, "the group has no committed offset"),
        ({TopicPartition("t", 0): 3}, 0, 9, ""),
        ({TopicPartition("t", 2): 3}, 0, 9, "the group has no committed offset"),
        ({TopicPartition("other", 0): 3}, 0, 9, "the group has no committed offset"),
    ],
)
def test_a_position_is_lost_or_it_is_not(
    committed: dict[TopicPartition, int], beginning: int, end: int, reason: str
) -> None:
    assert why_lost(AT, committed, beginning, end) == reason


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def opened(world: KafkaWorld, topic: str, stack: AsyncExitStack) -> KafkaLog:
    log = await KafkaLog.open(world.settings(), [topic])
    stack.push_async_callback(log.close)
    return log


async def joined(stack: AsyncExitStack, log: KafkaLog, group: str, topics: list[str]) -> Any:
    reader = await log.reader(group, topics)
    stack.push_async_callback(reader.close)
    return reader


async def collect(reader: KafkaReader, wanted: int) -> tuple[list[bytes], Batch]:
    """Values and the last batch, once there are `wanted` values."""
    found: list[bytes] = []
    last: list[Batch] = []

    async def enough() -> bool:
        batch = await reader.read(100, 0.1)
        found.extend(each.value for each in batch.messages)
        last[:] = [batch]
        return len(found) >= wanted and bool(batch.assigned)

    await until(enough, 60, f"{wanted} messages, got {found}")
    return found, last[0]


@pytest.mark.services
class TestPositions:
    async def test_a_group_without_offsets_delivers_nothing_and_says_so(
        self, kafka_brokers: str, stack: AsyncExitStack
    ) -> None:
        world = KafkaWorld(kafka_brokers)
        topic = await world.create("t", partitions=1)
        log = await opened(world, topic, stack)
        await log.append(topic, [Message(b"v", b"k")])
        reader = await joined(stack, log, f"{world.name}-never", [topic])
        _, batch = await collect(reader, 0)
        again = await reader.read(10, 0.5)
        assert (batch.lost, list(again.messages)) == ({Position(topic, 0): "the group has no committed offset"}, [])

    async def test_a_partition_that_appeared_later_is_read_from_its_beginning(
        self, kafka_brokers: str, stack: AsyncExitStack
    ) -> None:
        world = KafkaWorld(kafka_brokers)
        topic = await world.create("t")
        group = await world.begin("g", {topic: PARTITIONS - 1})
        log = await opened(world, topic, stack)
        await log.append(topic, [Message(b"v", None, None, PARTITIONS - 1)])
        reader = await joined(stack, log, group, [topic])
        found, batch = await collect(reader, 1)
        assert (found, batch.lost) == ([b"v"], {})

    async def test_messages_deleted_before_they_were_read_are_reported(
        self, kafka_brokers: str, stack: AsyncExitStack
    ) -> None:
        world = KafkaWorld(kafka_brokers)
        topic = await world.create("t", partitions=1)
        group = await world.begin("g", {topic: 1})
        log = await opened(world, topic, stack)
        await log.append(topic, [Message(b"1", b"k"), Message(b"2", b"k"), Message(b"3", b"k")])
        await delete_records(world, topic, 2)
        reader = await joined(stack, log, group, [topic])
        _, batch = await collect(reader, 0)
        assert batch.lost == {Position(topic, 0): "offset 0 is no longer kept, the first one is 2"}
        await reader.close()
        told, faults = await first_offsets(world.settings(), group, {topic: 1})
        assert (told, len(faults)) == ([], 1)
        assert "`soc setup --lost beginning`" in faults[0]
        await until(lambda: decided(world, group, topic), 20)
        reader = await joined(stack, log, group, [topic])
        assert (await collect(reader, 1))[0] == [b"3"]

    async def test_messages_deleted_while_they_are_read_are_reported(
        self, kafka_brokers: str, stack: AsyncExitStack
    ) -> None:
        world = KafkaWorld(kafka_brokers)
        topic = await world.create("t", partitions=1)
        group = await world.begin("g", {topic: 1})
        log = await opened(world, topic, stack)
        reader = await joined(stack, log, group, [topic])
        await log.append(topic, [Message(b"1", b"k"), Message(b"2", b"k")])
        await collect(reader, 2)
        await delete_records(world, topic, 1)
        await reader.seek({Position(topic, 0): 0})

        async def reported() -> bool:
            batch = await reader.read(10, 0.1)
            return dict(batch.lost) == {Position(topic, 0): "offset 0 is no longer kept"}

        await until(reported, 20)

    async def test_a_broker_that_denies_for_a_moment_what_it_has_is_asked_again(
        self, kafka_brokers: str, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = KafkaWorld(kafka_brokers)
        topic = await world.create("t", partitions=1)
        group = await world.begin("g", {topic: 1})
        log = await opened(world, topic, stack)
        await log.append(topic, [Message(b"1", b"k"), Message(b"2", b"k")])
        reader = await joined(stack, log, group, [topic])
        getmany, denied = reader._consumer.getmany, [OffsetOutOfRangeError({TopicPartition(topic, 0): 0})]

        async def denying(**asked: Any) -> Any:
            if denied:
                raise denied.pop()
            return await getmany(**asked)

        monkeypatch.setattr(reader._consumer, "getmany", denying)
        found, batch = await collect(reader, 2)
        assert (found, batch.lost, denied) == ([b"1", b"2"], {}, [])

    async def test_a_missing_topic_is_a_matter_of_set_up(self, kafka_brokers: str) -> None:
        world = KafkaWorld(kafka_brokers)
        with pytest.raises(ConfigurationError, match=r"has no topic nowhere; run `soc setup` first"):
            await require_topics(world.settings(), ["nowhere"])


def test_each_reader_of_a_process_has_a_name_that_lasts() -> None:
    kafka = KafkaWorld("a:1", "w").settings("s")
    assert [instance_of(kafka, "soc-index", member) for member in (0, 1)] == ["soc-index-w-s", "soc-index-w-s-1"]


@pytest.mark.services
class TestFaults:
    async def test_a_broker_may_be_killed_again_and_again(self, own_kafka: Kafka, stack: AsyncExitStack) -> None:
        world = KafkaWorld(own_kafka.address)
        topic = await world.create("t")
        group = await world.begin("g", {topic: PARTITIONS})
        log = await opened(world, topic, stack)
        reader = await joined(stack, log, group, [topic])
        read: set[bytes] = set()

        async def all_committed() -> bool:
            """Read on and commit, again after each rebalance, until the group stands at the ends."""
            batch = await reader.read(100, 0.1)
            assert batch.lost == {}
            read.update(each.value for each in batch.messages)
            await reader.commit(batch.epoch, {each.position: each.offset + 1 for each in batch.messages})
            committed = {at: end for at, (end, _) in (await reader.committed()).items()}
            return committed == await reader.offsets_at(FAR) != {}

        expected: set[bytes] = set()
        for round_ in range(2):
            messages = [Message(f"{round_}:{number}".encode(), str(number).encode()) for number in range(20)]
            await until(lambda: appended(log, topic, messages), 60)  # noqa: B023 (used in this round only)
            expected |= {message.value for message in messages}
            await until(all_committed, 60)
            assert read == expected
            own_kafka.restart()

    async def test_an_append_without_a_broker_is_refused_and_works_again_later(
        self, own_kafka: Kafka, stack: AsyncExitStack
    ) -> None:
        world = KafkaWorld(own_kafka.address)
        topic = await world.create("t", partitions=1)
        group = await world.begin("g", {topic: 1})
        log = await opened(world, topic, stack)
        own_kafka.kill()
        with pytest.raises(Unavailable, match=f"messages for {topic}"):
            await log.append(topic, [Message(b"lost", b"k")])
        own_kafka.start()
        await until(lambda: appended(log, topic, [Message(b"kept", b"k")]), 60)
        reader = await joined(stack, log, group, [topic])
        assert (await collect(reader, 1))[0] == [b"kept"]


async def appended(log: KafkaLog, topic: str, messages: list[Message]) -> bool:
    try:
        await log.append(topic, messages)
    except Unavailable:
        return False
    return True


async def decided(world: KafkaWorld, group: str, topic: str) -> bool:
    """Possible once the session of the reader that left has ended."""
    told, faults = await first_offsets(world.settings(), group, {topic: 1}, lost="beginning")
    return (told, faults) == ([f"group {group}: begins {topic}:0 at 2"], [])


async def delete_records(world: KafkaWorld, topic: str, before: int) -> None:
    from aiokafka.admin import RecordsToDelete

    admin = await open_admin(world.settings())
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=before)})
    await stopped(admin)
