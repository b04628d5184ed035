"""What every Log keeps: in memory, on SQLite and on Kafka."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from soc.log import Delivered, Message, Position
from soc.log.partitioner import partition_of
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from soc.log import Batch, Log, Reader

HOUR = 3_600_000_000
START = 1_700_000_000_000_000  # an instant on a whole millisecond; brokers refuse the future


class World(Protocol):
    """One log, opened as often as a test restarts its process."""

    topic: str

    async def open(self) -> Log: ...
    async def group(self, name: str) -> str: ...


class Memory:
    """What one process keeps lives as long as the log itself, so a restart opens the same one."""

    def __init__(self) -> None:
        from soc.log.memory import MemoryLog

        self.topic = "soc.hits"
        self._log = MemoryLog()

    async def open(self) -> Log:
        return self._log

    async def group(self, name: str) -> str:
        return name


class Sqlite:
    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.topic = "soc.hits"
        self._folder = request.getfixturevalue("tmp_path")

    async def open(self) -> Log:
        from soc.log.sqlite import SqliteLog

        return await SqliteLog.open(self._folder / "pipeline.db")

    async def group(self, name: str) -> str:
        return name


class OnKafka:
    def __init__(self, request: pytest.FixtureRequest) -> None:
        from tests.kafka_world import KafkaWorld

        self._world = KafkaWorld(request.getfixturevalue("kafka_brokers"))
        self.topic = ""

    async def open(self) -> Log:
        from soc.log.kafka import KafkaLog

        self.topic = self.topic or await self._world.create("messages")
        return await KafkaLog.open(self._world.settings(), [self.topic])

    async def group(self, name: str) -> str:
        from tests.kafka_world import PARTITIONS

        return await self._world.begin(name, {self.topic: PARTITIONS})


WORLDS = {"memory": lambda _request: Memory(), "sqlite": Sqlite, "kafka": OnKafka}


@pytest.fixture(params=["memory", "sqlite", pytest.param("kafka", marks=pytest.mark.services)])
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param](request)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def log(world: World, stack: AsyncExitStack) -> Log:
    return await stack.enter_async_context(opened(world))


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Log]:
    log = await world.open()
    try:
        yield log
    finally:
        await log.close()


@asynccontextmanager
async def joined(log: Log, group: str, topic: str) -> AsyncIterator[Reader]:
    reader = await log.reader(group, [topic])
    try:
        yield reader
    finally:
        await reader.close()


async def read(reader: Reader, count: int) -> list[Delivered]:
    """The next `count` messages."""
    found: list[Delivered] = []

    async def enough() -> bool:
        batch = await reader.read(100, 0.05)
        found.extend(batch.messages)
        return len(found) >= count

    await until(enough, 20, f"{count} messages, got {found}")
    assert len(found) == count
    return found


async def last_epoch(reader: Reader) -> Batch:
    """A batch of the present assignment."""
    seen: list[Batch] = []

    async def assigned() -> bool:
        seen.append(await reader.read(1, 0.05))
        return bool(seen[-1].assigned)

    await until(assigned, 20, "an assignment")
    return seen[-1]


def messages(*values: str, key: str = "k") -> list[Message]:
    return [Message(value.encode(), key.encode()) for value in values]


def values(delivered: Sequence[Delivered]) -> list[str]:
    return [each.value.decode() for each in delivered]


async def test_a_message_arrives_as_it_was_appended(world: World, log: Log) -> None:
    await log.append(world.topic, [Message(b"\x00value\xff", b"key", START)])
    async with joined(log, await world.group("g"), world.topic) as reader:
        (found,) = await read(reader, 1)
    partition = partition_of(b"key", await log.partitions(world.topic))
    assert found == Delivered(world.topic, partition, found.offset, START, b"key", b"\x00value\xff")


async def test_one_key_keeps_its_order_over_several_appends(world: World, log: Log) -> None:
    for number in range(10):
        await log.append(world.topic, messages(f"{number}a", f"{number}b"))
    async with joined(log, await world.group("g"), world.topic) as reader:
        found = await read(reader, 20)
    assert values(found) == [f"{number}{letter}" for number in range(10) for letter in "ab"]
    assert len({each.partition for each in found}) == 1
    offsets = [each.offset for each in found]
    assert offsets == sorted(set(offsets))


async def test_the_key_decides_the_partition(world: World, log: Log) -> None:
    keys = [f"host-{number}".encode() for number in range(30)]
    await log.append(world.topic, [Message(b"v", key) for key in keys])
    async with joined(log, await world.group("g"), world.topic) as reader:
        found = await read(reader, 30)
    count = await log.partitions(world.topic)
    assert {each.key: each.partition for each in found} == {key: partition_of(key, count) for key in keys}


async def test_a_message_goes_to_the_partition_that_it_names(world: World, log: Log) -> None:
    count = await log.partitions(world.topic)
    await log.append(world.topic, [Message(str(number).encode(), b"k", None, number) for number in range(count)])
    async with joined(log, await world.group("g"), world.topic) as reader:
        found = await read(reader, count)
    assert {each.value: each.partition for each in found} == {str(number).encode(): number for number in range(count)}


async def test_messages_without_a_key_all_arrive(world: World, log: Log) -> None:
    for number in range(6):
        await log.append(world.topic, [Message(str(number).encode())])
    async with joined(log, await world.group("g"), world.topic) as reader:
        found = await read(reader, 6)
    assert sorted(values(found)) == ["0", "1", "2", "3", "4", "5"]


async def test_an_append_of_nothing_does_nothing(world: World, log: Log) -> None:
    await log.append(world.topic, [])
    await log.append(world.topic, messages("a"))
    async with joined(log, await world.group("g"), world.topic) as reader:
        assert values(await read(reader, 1)) == ["a"]


async def test_a_megabyte_goes_through_whole(world: World, log: Log) -> None:
    value = bytes(range(256)) * 3_600
    await log.append(world.topic, [Message(b"small", b"k"), Message(value, b"k"), Message(b"small", b"k")])
    async with joined(log, await world.group("g"), world.topic) as reader:
        assert [each.value for each in await read(reader, 3)] == [b"small", value, b"small"]


async def test_the_first_batch_of_an_assignment_is_empty(world: World, log: Log) -> None:
    await log.append(world.topic, messages("a", "b"))
    async with joined(log, await world.group("g"), world.topic) as reader:
        first = await last_epoch(reader)
        assert (list(first.messages), len(first.assigned)) == ([], await log.partitions(world.topic))
        assert values(await read(reader, 2)) == ["a", "b"]


async def test_a_batch_is_never_longer_than_asked(world: World, log: Log) -> None:
    await log.append(world.topic, [Message(b"v", str(number).encode()) for number in range(20)])
    async with joined(log, await world.group("g"), world.topic) as reader:
        found: list[Delivered] = []

        async def some() -> bool:
            batch = await reader.read(3, 0.05)
            assert len(batch.messages) <= 3
            found.extend(batch.messages)
            return len(found) == 20

        await until(some, 20)


async def test_nothing_to_read_is_an_empty_batch(world: World, log: Log) -> None:
    async with joined(log, await world.group("g"), world.topic) as reader:
        await last_epoch(reader)
        assert list((await reader.read(10, 0.05)).messages) == []


async def test_reading_goes_on_where_it_was_committed(world: World) -> None:
    async with opened(world) as log:
        group = await world.group("g")
        await log.append(world.topic, messages("a", "b", "c", "d"))
        async with joined(log, group, world.topic) as reader:
            batch = await last_epoch(reader)
            done = (await read(reader, 4))[1]
            assert await reader.commit(batch.epoch, {done.position: done.offset + 1}, "42")
    async with opened(world) as log, joined(log, group, world.topic) as reader:
        assert values(await read(reader, 2)) == ["c", "d"]
        assert (await reader.committed())[done.position] == (done.offset + 1, "42")


async def test_what_was_not_committed_is_read_again(world: World) -> None:
    async with opened(world) as log:
        group = await world.group("g")
        await log.append(world.topic, messages("a", "b"))
        async with joined(log, group, world.topic) as reader:
            assert values(await read(reader, 2)) == ["a", "b"]
    async with opened(world) as log, joined(log, group, world.topic) as reader:
        assert values(await read(reader, 2)) == ["a", "b"]


async def test_a_commit_never_moves_back(world: World, log: Log) -> None:
    await log.append(world.topic, messages("a", "b", "c"))
    async with joined(log, await world.group("g"), world.topic) as reader:
        batch = await last_epoch(reader)
        found = await read(reader, 3)
        at = found[0].position
        assert await reader.commit(batch.epoch, {at: found[2].offset + 1}, "new")
        assert await reader.commit(batch.epoch, {at: found[0].offset + 1}, "old")
        assert (await reader.committed())[at] == (found[2].offset + 1, "new")


async def test_a_commit_from_another_assignment_is_dropped(world: World) -> None:
    async with opened(world) as log:
        group = await world.group("g")
        await log.append(world.topic, messages("a", "b"))
        async with joined(log, group, world.topic) as reader:
            batch = await last_epoch(reader)
            found = await read(reader, 2)
            assert not await reader.commit(batch.epoch - 1, {found[0].position: found[1].offset + 1})
    async with opened(world) as log, joined(log, group, world.topic) as reader:
        assert values(await read(reader, 2)) == ["a", "b"]


async def test_seeking_back_delivers_again(world: World, log: Log) -> None:
    await log.append(world.topic, messages("a", "b", "c"))
    async with joined(log, await world.group("g"), world.topic) as reader:
        found = await read(reader, 3)
        await reader.seek({found[1].position: found[1].offset, Position("other", 99): 5})
        assert values(await read(reader, 2)) == ["b", "c"]


async def test_an_offset_is_found_by_its_time(world: World, log: Log) -> None:
    await log.append(world.topic, [Message(b"v", b"k", START + hour * HOUR) for hour in range(3)])
    async with joined(log, await world.group("g"), world.topic) as reader:
        first, second, third = await read(reader, 3)
        at = first.position

        async def found(instant: int) -> int:
            return (await reader.offsets_at(instant))[at]

        assert await found(0) == first.offset
        assert await found(START) == first.offset
        assert await found(START + 1) == second.offset
        assert await found(START + 2 * HOUR) == third.offset
        assert await found(START + 3 * HOUR) == third.offset + 1
        assert len(await reader.offsets_at(START)) == await log.partitions(world.topic)


async def test_a_paused_reader_gets_nothing_until_it_goes_on(world: World, log: Log) -> None:
    async with joined(log, await world.group("g"), world.topic) as reader:
        await last_epoch(reader)
        reader.pause(True)
        await log.append(world.topic, messages("a"))
        for _ in range(5):
            assert list((await reader.read(10, 0.05)).messages) == []
        reader.pause(False)
        assert values(await read(reader, 1)) == ["a"]


async def test_every_group_reads_everything(world: World, log: Log) -> None:
    await log.append(world.topic, messages("a", "b"))
    one, other = await world.group("one"), await world.group("other")
    async with joined(log, one, world.topic) as first, joined(log, other, world.topic) as second:
        assert values(await read(first, 2)) == ["a", "b"]
        assert values(await read(second, 2)) == ["a", "b"]


async def test_the_end_of_a_partition_is_told_once_it_is_reached(world: World, log: Log) -> None:
    await log.append(world.topic, [Message(b"v", str(number).encode()) for number in range(20)])
    async with joined(log, await world.group("g"), world.topic) as reader:
        found: list[Delivered] = []
        ends: dict[Position, int] = {}

        async def at_the_end() -> bool:
            batch = await reader.read(5, 0.05)
            found.extend(batch.messages)
            for position in batch.caught_up:
                ends.setdefault(position, sum(each.position == position for each in found))
            return len(ends) == await log.partitions(world.topic)

        await until(at_the_end, 20)
        assert ends == {position: sum(each.position == position for each in found) for position in ends}
        assert len(found) == 20


async def test_two_readers_of_a_group_share_its_partitions(world: World, log: Log) -> None:
    group = await world.group("g")
    count = await log.partitions(world.topic)
    async with joined(log, group, world.topic) as first:
        before = await last_epoch(first)
        async with joined(log, group, world.topic) as second:
            shares: list[frozenset[Position]] = [frozenset(), frozenset()]
            epochs = [0, 0]

            async def shared() -> bool:
                for number, reader in enumerate((first, second)):
                    batch = await reader.read(10, 0.05)
                    if batch.assigned or batch.epoch != epochs[number]:
                        shares[number], epochs[number] = batch.assigned, batch.epoch
                return epochs[0] > before.epoch and len(shares[0] | shares[1]) == count and not shares[0] & shares[1]

            await until(shared, 30, "a share for each")
            await log.append(world.topic, [Message(b"v", str(number).encode()) for number in range(40)])
            got: list[list[Delivered]] = [[], []]

            async def all_of_it() -> bool:
                for number, reader in enumerate((first, second)):
                    got[number].extend((await reader.read(10, 0.05)).messages)
                return len(got[0]) + len(got[1]) >= 40

            await until(all_of_it, 20)
            assert sorted(int(each.key or b"") for part in got for each in part) == list(range(40))
            for share, part in zip(shares, got, strict=True):
                assert {each.position for each in part} <= share


async def test_the_partitions_of_a_reader_that_left_go_to_the_other(world: World, log: Log) -> None:
    group = await world.group("g")
    await log.append(world.topic, [Message(b"v", str(number).encode()) for number in range(8)])
    async with joined(log, group, world.topic) as stays:
        async with joined(log, group, world.topic) as leaves:

            async def both_read() -> bool:
                await stays.read(10, 0.05)
                return bool((await leaves.read(10, 0.05)).epoch)

            await until(both_read, 30)
        found: dict[tuple[int, int], Delivered] = {}

        async def everything() -> bool:
            batch = await stays.read(10, 0.05)
            found.update({(each.partition, each.offset): each for each in batch.messages})
            return len(found) == 8 and len((await stays.read(10, 0.05)).assigned) == await log.partitions(world.topic)

        await until(everything, 30, "all that was never committed")


async def test_what_partitions_keep_can_be_read_by_nobodys_group_also_what_takes_a_key_away(
    world: World, log: Log
) -> None:
    await log.append(
        world.topic, [Message(b"a", b"k", None, 1), Message(b"b", b"l", None, 1), Message(b"c", b"k", None, 2)]
    )
    await log.append(world.topic, [Message(b"", b"k", None, 1)])
    found = [each async for some in log.kept(world.topic, {1}) for each in some]
    assert [(each.partition, each.key, each.value) for each in found] == [
        (1, b"k", b"a"),
        (1, b"l", b"b"),
        (1, b"k", b""),
    ]
