"""Reading all that a log without Kafka holds."""

from __future__ import annotations

from soc.log import Message
from soc.log.local_history import history
from soc.log.memory import MemoryLog
from soc.log.sqlite import SqliteLog


async def read(log, *topics, limit=2):
    return [
        (message.topic, message.partition, message.offset, message.value)
        async for messages in history(log, topics, limit)
        for message in messages
    ]


async def test_every_message_of_every_partition_is_read_once_in_order():
    log = MemoryLog(partitions=2)
    await log.append("a", [Message(b"%d" % n, partition=n % 2) for n in range(7)])
    await log.append("b", [Message(b"x", partition=0)])
    assert await read(log, "a", "b") == [
        ("a", 0, 0, b"0"), ("a", 0, 1, b"2"), ("a", 0, 2, b"4"), ("a", 0, 3, b"6"),
        ("a", 1, 0, b"1"), ("a", 1, 1, b"3"), ("a", 1, 2, b"5"),
        ("b", 0, 0, b"x"),
    ]  # fmt: skip


async def test_it_ends_where_the_topic_ended_when_it_began():
    log = MemoryLog(partitions=1)
    await log.append("a", [Message(b"1"), Message(b"2"), Message(b"3")])
    seen = []
    async for messages in history(log, ["a"], 1):
        seen += messages
        await log.append("a", [Message(b"later")])
    assert [message.value for message in seen] == [b"1", b"2", b"3"]


async def test_what_was_trimmed_is_passed_over(tmp_path):
    log = await SqliteLog.open(tmp_path / "pipeline.db", partitions=1)
    await log.append("a", [Message(b"%d" % n) for n in range(5)])
    await log.trim("a", 1 << 62, {0: 3})
    assert [message[2:] for message in await read(log, "a")] == [(3, b"3"), (4, b"4")]
    await log.close()


async def test_of_a_topic_that_nobody_wrote_to_there_is_nothing(tmp_path):
    log = await SqliteLog.open(tmp_path / "pipeline.db")
    assert await read(log, "a") == []
    await log.close()
