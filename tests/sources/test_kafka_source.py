"""Records from Kafka keep the broker's time and place, and strides start whole after a restart."""

from __future__ import annotations

import dataclasses
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from soc.config import Config
from soc.log import Message, Position
from soc.log.kafka import KafkaLog
from soc.record import LogSource, Record
from soc.sources.kafka import STRIDE, KafkaSource, history
from tests.kafka_world import KafkaWorld
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from soc.sources import RecordBatch

pytestmark = pytest.mark.services
STAMPED = {"message.timestamp.type": "LogAppendTime"}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


class Raw:
    """One raw topic of two partitions, and the group that detects on it."""

    def __init__(self, brokers: str, stack: AsyncExitStack) -> None:
        self.world = KafkaWorld(brokers)
        self.stack = stack
        self.config = Config(kafka=self.world.settings(), timezone="Asia/Ho_Chi_Minh")

    async def prepare(self) -> None:
        self.topic = await self.world.create("logs.host", STAMPED, partitions=2)
        self.group = await self.world.begin("detect", {self.topic: 2})
        self.log = await KafkaLog.open(self.config.kafka, [self.topic])
        self.stack.push_async_callback(self.log.close)

    async def open(self) -> KafkaSource:
        return await KafkaSource.open(self.config, topics=[self.topic], group=self.group)


@pytest.fixture
async def raw(kafka_brokers: str, stack: AsyncExitStack) -> Raw:
    raw = Raw(kafka_brokers, stack)
    await raw.prepare()
    return raw


async def batches(source: KafkaSource, records: int) -> list[RecordBatch]:
    """Non-empty batches with that many records."""
    found: list[RecordBatch] = []

    async def enough() -> bool:
        batch = await source.read(2000, 0.1)
        found.extend([batch] if batch.records else [])
        return sum(len(each.records) for each in found) >= records

    await until(enough, 30, f"{records} records")
    return found


async def test_a_record_has_the_brokers_time_and_its_place(raw: Raw) -> None:
    await raw.log.append(raw.topic, [Message(b"line\xff", b"k", 1_700_000_000_000_000, 1)])
    source = await raw.open()
    (batch,) = await batches(source, 1)
    await source.close()
    (record,) = batch.records
    place = f"{raw.topic}:1"
    assert record == Record(b"line\xff", place, 0, record.arrived, LogSource(raw.topic, timezone="Asia/Ho_Chi_Minh"))
    assert record.arrived > 1_750_000_000_000_000  # what the sender claimed is not asked
    assert (batch.positions, batch.total_partitions, batch.complete) == ({place: 1}, 2, False)


async def test_what_is_done_comes_again_only_from_the_start_of_its_stride(raw: Raw) -> None:
    messages = [Message(str(number).encode(), None, None, 0) for number in range(STRIDE + 10)]
    await raw.log.append(raw.topic, messages)
    source = await raw.open()
    for batch in await batches(source, STRIDE + 10):
        assert await source.done(batch)
    await source.close()
    source = await raw.open()
    records = [record for batch in await batches(source, 10) for record in batch.records]
    assert [(record.offset, record.stride) for record in records] == [(STRIDE + n, STRIDE) for n in range(10)]
    await source.close()


async def test_records_that_come_again_do_not_take_the_position_back(raw: Raw) -> None:
    await raw.log.append(raw.topic, [Message(str(number).encode(), None, None, 0) for number in range(10)])
    source = await raw.open()
    for batch in await batches(source, 10):
        assert await source.done(batch)
    early = dataclasses.replace(batch, positions={f"{raw.topic}:0": 3})
    assert await source.done(early)
    await source.close()
    reader = await raw.log.reader(raw.group, [raw.topic])
    raw.stack.push_async_callback(reader.close)

    async def placed() -> bool:
        return bool((await reader.read(1, 0.1)).assigned)

    await until(placed, 20)
    assert (await reader.committed())[Position(raw.topic, 0)] == (10, "")


async def test_partitions_read_to_their_end_are_named(raw: Raw) -> None:
    await raw.log.append(raw.topic, [Message(b"v", None, None, 0)])
    source = await raw.open()
    caught: set[str] = set()

    async def both() -> bool:
        caught.update((await source.read(10, 0.1)).caught_up)
        return len(caught) == 2

    await until(both, 20)
    await source.close()
    assert caught == {f"{raw.topic}:0", f"{raw.topic}:1"}


async def test_a_lost_position_is_named_with_its_reason(raw: Raw) -> None:
    source = await KafkaSource.open(raw.config, topics=[raw.topic], group=f"{raw.group}-never")
    seen: dict[str, str] = {}

    async def told() -> bool:
        seen.update((await source.read(10, 0.1)).lost)
        return bool(seen)

    await until(told, 20)
    await source.close()
    assert seen == {f"{raw.topic}:{number}": "the group has no committed offset" for number in (0, 1)}


async def test_history_is_all_that_lies_in_the_topics(raw: Raw) -> None:
    assert [batch async for batch in history(raw.config, topics=[raw.topic])] == []
    await raw.log.append(raw.topic, [Message(str(number).encode(), None, None, number % 2) for number in range(1200)])
    source = await raw.open()
    live = {record for batch in await batches(source, 1200) for record in batch.records}
    await source.close()
    found = [record async for batch in history(raw.config, topics=[raw.topic]) for record in batch]
    assert (len(found), set(found)) == (1200, live)
    by_partition = [[record.offset for record in found if record.partition.endswith(end)] for end in (":0", ":1")]
    assert by_partition == [list(range(600))] * 2
