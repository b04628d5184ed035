"""What the spool keeps beside the bytes, and when it lets go of it."""

from __future__ import annotations

import pytest

from soc import instant
from soc.clock import FixedClock
from soc.config import Config
from soc.record import LogSource, Record
from soc.sources.spool import TOPIC, Sender, SpoolSource, history, message, open_spool, trim
from tests.waiting import until

NOW = 1_770_000_000_000_000
SOURCE = LogSource("logs.firewall", "edge", timezone="+07:00")


@pytest.fixture
def config(tmp_path):
    return Config(data_dir=tmp_path)


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
async def spool(config, clock):
    spool = await open_spool(config, clock)
    yield spool
    await spool.close()


async def read(source: SpoolSource, count: int) -> list[Record]:
    found: list[Record] = []

    async def enough() -> bool:
        batch = await source.read(100, 0.05)
        found.extend(batch.records)
        await source.done(batch)
        return len(found) >= count

    await until(enough)
    return found


async def test_a_record_keeps_its_true_sender_and_the_spools_stamp(config, clock, spool) -> None:
    raw = b"<34>Oct 11 22:14:15 forged-host su: hi\n\0"
    await spool.append(TOPIC, [message(raw, Sender("192.0.2.7", SOURCE))])
    clock.advance(instant.HOUR)
    source = await SpoolSource.open(config, clock)
    (record,) = await read(source, 1)
    await source.close()
    assert record == Record(raw, "spool:0", 0, NOW, SOURCE, peer="192.0.2.7", stride=0)


async def test_where_the_topic_is_open_the_message_decides(config, clock, spool) -> None:
    await spool.append(TOPIC, [message(b"<34>web1 app: hi", Sender("192.0.2.7", SOURCE._replace(topic="")))])
    source = await SpoolSource.open(config, clock)
    (record,) = await read(source, 1)
    await source.close()
    assert record.source == SOURCE._replace(topic="logs.host")


async def test_the_history_is_what_was_handed_out(config, clock, spool) -> None:
    for number in range(3):
        await spool.append(TOPIC, [message(b"%d" % number, Sender("192.0.2.7", SOURCE))] * 400)
        clock.advance(instant.SECOND)
    source = await SpoolSource.open(config, clock)
    live = await read(source, 1200)
    assert [record async for batch in history(spool) for record in batch] == live
    await source.close()


async def test_only_what_is_done_and_old_is_deleted(config, clock, spool) -> None:
    await spool.append(TOPIC, [message(b"%d" % number, Sender("192.0.2.7", SOURCE)) for number in range(10)])
    clock.advance(instant.DAY)
    assert await trim(spool, clock.now(), 4) == 0
    source = await SpoolSource.open(config, clock, stride=4)
    for _ in range(3):
        batch = await source.read(6, 0.05)
        if batch.records:
            break
    await source.done(batch)
    assert await trim(spool, NOW, 4) == 0
    assert await trim(spool, clock.now(), 4) == 4
    await source.close()
    source = await SpoolSource.open(config, clock, stride=4)
    assert [record.offset for record in await read(source, 6)] == [4, 5, 6, 7, 8, 9]
    await source.close()
