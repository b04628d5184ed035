"""What every Source keeps: in memory, over files, over the spool and on Kafka."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from soc.clock import FixedClock, SystemClock
from soc.config import Config, FileInput, Sources
from soc.log import Message
from soc.record import LogSource, Record
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from soc.sources import RecordBatch, Source

START = 1_700_000_000_000_000


class World(Protocol):
    """One live partition, opened as often as a test restarts its process."""

    has_all: bool
    """Whether a source has all partitions for itself."""

    async def give(self, *raws: bytes) -> None: ...
    async def open(self) -> Source: ...


class Memory:
    has_all = True

    def __init__(self, request: pytest.FixtureRequest) -> None:
        from soc.sources.memory import Kept

        self._kept = Kept()

    async def give(self, *raws: bytes) -> None:
        known = self._kept.records["memory:0"]
        for raw in raws:
            at = len(known)
            self._kept.add([Record(raw, "memory:0", at, START + at, LogSource("logs.host"), stride=at // 2 * 2)])

    async def open(self) -> Source:
        from soc.sources.memory import MemorySource

        return MemorySource(self._kept)


class Files:
    """What is given at once is a stride."""

    has_all = True

    def __init__(self, request: pytest.FixtureRequest) -> None:
        folder = request.getfixturevalue("tmp_path")
        self._file = folder / "app.log"
        self._config = Config(
            data_dir=folder / "var", sources=Sources(files=[FileInput(str(folder / "app.log*"))], syslog=[])
        )

    async def give(self, *raws: bytes) -> None:
        with self._file.open("ab") as file:
            file.writelines(raw + b"\n" for raw in raws)

    async def open(self) -> Source:
        from soc.sources.files import FilesSource

        return await FilesSource.open(self._config, SystemClock())


class Spool:
    has_all = True

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._config = Config(data_dir=request.getfixturevalue("tmp_path"))

    async def give(self, *raws: bytes) -> None:
        from soc.sources.spool import TOPIC, Sender, message, open_spool

        spool = await open_spool(self._config, SystemClock())
        sender = Sender("192.0.2.7", LogSource("logs.firewall", "edge", timezone="Asia/Ho_Chi_Minh"))
        await spool.append(TOPIC, [message(raw, sender) for raw in raws])
        await spool.close()

    async def open(self) -> Source:
        from soc.sources.spool import SpoolSource

        return await SpoolSource.open(self._config, SystemClock(), stride=2)


class OnKafka:
    has_all = False

    def __init__(self, request: pytest.FixtureRequest) -> None:
        from tests.kafka_world import KafkaWorld

        self._world = KafkaWorld(request.getfixturevalue("kafka_brokers"))
        self._config = Config(kafka=self._world.settings())
        self._topic = ""

    async def _prepare(self) -> None:
        if not self._topic:
            settings = {"message.timestamp.type": "LogAppendTime"}
            self._topic = await self._world.create("logs.host", settings, partitions=1)
            self._group = await self._world.begin("detect", {self._topic: 1})

    async def give(self, *raws: bytes) -> None:
        from soc.log.kafka import KafkaLog

        await self._prepare()
        log = await KafkaLog.open(self._config.kafka, [self._topic])
        await log.append(self._topic, [Message(raw) for raw in raws])
        await log.close()

    async def open(self) -> Source:
        from soc.sources.kafka import KafkaSource

        await self._prepare()
        return await KafkaSource.open(self._config, topics=[self._topic], group=self._group)


@pytest.fixture(params=[Memory, Files, Spool, pytest.param(OnKafka, marks=pytest.mark.services)])
def world(request: pytest.FixtureRequest) -> World:
    return request.param(request)


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Source]:
    source = await world.open()
    try:
        yield source
    finally:
        await source.close()


async def batches(source: Source, count: int, limit: int = 100) -> list[RecordBatch]:
    """Batches until they hold `count` records; the last one may be empty."""
    found: list[RecordBatch] = []

    async def enough() -> bool:
        found.append(await source.read(limit, 0.05))
        return sum(len(batch.records) for batch in found) >= count

    await until(enough, 20, f"{count} records")
    assert sum(len(batch.records) for batch in found) == count
    return found


async def records(source: Source, count: int) -> list[Record]:
    return [record for batch in await batches(source, count) for record in batch.records]


async def test_a_record_has_the_bytes_that_were_given(world: World) -> None:
    given = [b"plain", b"\xff\xfe no UTF-8 \x1b[31m", "tiếng Việt".encode(), b"x" * 70_000]
    await world.give(*given)
    async with opened(world) as source:
        assert [record.raw for record in await records(source, 4)] == given


async def test_what_is_not_done_comes_again_with_the_same_place_and_arrival(world: World) -> None:
    await world.give(b"a", b"b")
    async with opened(world) as source:
        first = await records(source, 2)
        await world.give(b"c")
        first += await records(source, 1)
    await world.give(b"d")
    async with opened(world) as source:
        again = await records(source, 4)
    assert again[:3] == first
    assert len({record.ref for record in again}) == 4


async def test_what_is_done_never_comes_again_but_with_its_stride(world: World) -> None:
    given: list[Record] = []
    async with opened(world) as source:
        for pair in ((b"a", b"b"), (b"c", b"d"), (b"e", b"f")):
            await world.give(*pair)
            for batch in await batches(source, 2, limit=1):
                given += batch.records
                if len(given) <= 3:
                    assert await source.done(batch)
    async with opened(world) as source:
        await world.give(b"g")
        again: list[Record] = []

        async def last() -> bool:
            again.extend((await source.read(100, 0.05)).records)
            return bool(again) and again[-1].raw == b"g"

        await until(last, 20)
    start = given[2].stride
    assert [record for record in again if record.raw != b"g"] == [each for each in given if each.stride >= start]
    if world.has_all:  # the others' strides are too long for a test
        assert [record.raw for record in again] == [b"c", b"d", b"e", b"f", b"g"]


async def test_positions_never_go_back(world: World) -> None:
    async with opened(world) as source:
        await world.give(b"a", b"b")
        early = (await batches(source, 2))[-1]
        await world.give(b"c", b"d")
        late = (await batches(source, 2))[-1]
        assert await source.done(late)
        assert await source.done(early)
    await world.give(b"e")
    async with opened(world) as source:
        again = await batches(source, 1) if world.has_all else await batches(source, 5)
        assert again[-1].records[-1].raw == b"e"


async def test_a_partition_keeps_its_order(world: World) -> None:
    for number in range(5):
        await world.give(*(f"{number}{letter}".encode() for letter in "abc"))
    async with opened(world) as source:
        found = await records(source, 15)
    assert [record.raw.decode() for record in found] == [f"{number}{letter}" for number in range(5) for letter in "abc"]
    assert len({record.partition for record in found}) == 1
    offsets = [record.offset for record in found]
    assert offsets == sorted(set(offsets))


async def test_a_batch_is_never_longer_than_asked(world: World) -> None:
    await world.give(*(b"v" for _ in range(20)))
    async with opened(world) as source:
        found = await batches(source, 20, limit=3)
    assert max(len(batch.records) for batch in found) <= 3


async def test_a_paused_source_hands_out_nothing_until_it_goes_on(world: World) -> None:
    async with opened(world) as source:
        await world.give(b"a")
        await batches(source, 1)
        source.pause(True)
        await world.give(b"b")
        for _ in range(5):
            batch = await source.read(10, 0.02)
            assert (list(batch.records), batch.caught_up) == ([], frozenset())
        source.pause(False)
        assert [record.raw for record in await records(source, 1)] == [b"b"]


async def test_a_partition_is_caught_up_once_all_of_it_was_handed_out(world: World) -> None:
    await world.give(*(b"v" for _ in range(10)))
    async with opened(world) as source:
        handed = 0
        seen: list[RecordBatch] = []

        async def caught_up() -> bool:
            nonlocal handed
            seen.append(await source.read(3, 0.05))
            handed += len(seen[-1].records)
            return bool(seen[-1].caught_up)

        await until(caught_up, 20)
    (partition,) = {record.partition for batch in seen for record in batch.records}
    assert (handed, seen[-1].caught_up, seen[-1].total_partitions) == (10, {partition}, 1)
    assert seen[-1].complete is world.has_all


async def test_nothing_to_read_is_an_empty_batch(world: World) -> None:
    await world.give(b"a")
    async with opened(world) as source:
        await batches(source, 1)
        batch = await source.read(10, 0.02)
    assert (list(batch.records), batch.positions or {}, batch.finished) == ([], {}, frozenset())


async def test_the_position_after_a_batch_is_that_of_its_last_record(world: World) -> None:
    await world.give(b"abc", b"def")
    async with opened(world) as source:
        (batch,) = [batch for batch in await batches(source, 2) if batch.records]
    last = batch.records[-1]
    ((partition, position),) = (batch.positions or {}).items()
    assert partition == last.partition
    assert position > last.offset


class WholeInMemory:
    def __init__(self, tmp_path: object) -> None:
        from soc.sources.memory import Kept

        self._kept = Kept()
        self.clock = FixedClock(START)

    def put(self, *raws: bytes) -> None:
        source = LogSource("logs.host", whole=True)
        self._kept.add(Record(raw, "file:1", at, START, source) for at, raw in enumerate(raws))
        self._kept.end("file:1")

    async def open(self) -> Source:
        from soc.sources.memory import MemorySource

        return MemorySource(self._kept)


class WholeInInbox:
    def __init__(self, tmp_path) -> None:
        self._config = Config(data_dir=tmp_path, sources=Sources(syslog=[]))
        self.clock = FixedClock(SystemClock().now())
        (tmp_path / "inbox").mkdir()
        self._file = tmp_path / "inbox" / "day.log"

    def put(self, *raws: bytes) -> None:
        self._file.write_bytes(b"\n".join(raws))

    async def open(self) -> Source:
        from soc.sources.files import FilesSource

        return await FilesSource.open(self._config, self.clock)


@pytest.mark.parametrize("kind", [WholeInMemory, WholeInInbox])
async def test_the_end_of_a_whole_file_is_told_with_or_after_its_last_record_and_again(kind, tmp_path) -> None:
    world = kind(tmp_path)
    world.put(b"a", b"b", b"c")
    for _ in range(2):  # the second time after a restart: nobody knows whether it was heard
        async with opened(world) as source:
            handed: list[bytes] = []
            ends: list[RecordBatch] = []

            async def told(source=source, handed=handed, ends=ends) -> bool:
                batch = await source.read(1, 0.0)
                handed.extend(record.raw for record in batch.records)
                world.clock.advance(1_000_000)
                ends.extend([batch] if batch.finished else [])
                if batch.finished:
                    assert handed == [b"a", b"b", b"c"]
                return len(ends) == 3

            await until(told)
            (name,) = ends[-1].finished
            assert (ends[-1].caught_up, ends[-1].total_partitions) == (frozenset(), 0)
            assert name.startswith("file:")


@pytest.mark.parametrize("kind", [WholeInMemory, WholeInInbox])
async def test_a_whole_file_is_no_live_partition(kind, tmp_path) -> None:
    world = kind(tmp_path)
    world.put(b"a")
    async with opened(world) as source:
        batch = await source.read(1, 0.5)
    assert (batch.total_partitions, batch.complete) == (0, True)
