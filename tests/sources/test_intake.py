"""Nothing is acknowledged before it is durable, and what cannot wait is bounded."""

from __future__ import annotations

import asyncio

import pytest

from soc.errors import Unavailable
from soc.log import Message, Position
from soc.log.memory import MemoryLog
from soc.sources.intake import Intake
from soc.sources.spool import TOPIC
from tests.waiting import until


class Failing(MemoryLog):
    """Refuses everything while it is full."""

    full = False
    attempts = 0

    async def append(self, topic, messages) -> None:
        self.attempts += 1
        if self.full:
            raise Unavailable("spool.db: database or disk is full; free space on that disk")
        await super().append(topic, messages)


@pytest.fixture
def spool():
    return Failing(partitions=1)


def values(spool: MemoryLog) -> list[bytes]:
    return [each.value for each in spool.messages[Position(TOPIC, 0)]]


async def test_put_returns_when_its_messages_are_durable(spool) -> None:
    intake = Intake(spool)
    running = asyncio.create_task(intake.run())
    await intake.put([Message(b"a"), Message(b"b")])
    assert values(spool) == [b"a", b"b"]
    intake.close()
    await running


async def test_a_full_disk_makes_senders_wait_and_drops_only_what_cannot(spool) -> None:
    intake = Intake(spool, limit=1000)
    running = asyncio.create_task(intake.run())
    spool.full = True
    waiting = asyncio.create_task(intake.put([Message(b"tcp")]))
    await until(lambda: spool.attempts)
    offered = [intake.offer(Message(b"udp %d" % number)) for number in range(10)]
    assert offered == [True] * 4 + [False] * 6
    assert not waiting.done()
    spool.full = False
    await waiting
    intake.close()
    await running
    assert values(spool) == [b"tcp", b"udp 0", b"udp 1", b"udp 2", b"udp 3"]
    assert intake.offer(Message(b"later"))


async def test_closing_writes_what_waits(spool) -> None:
    intake = Intake(spool)
    for number in range(12_000):
        assert intake.offer(Message(b"%d" % number))
    running = asyncio.create_task(intake.run())
    intake.close()
    await running
    assert values(spool) == [b"%d" % number for number in range(12_000)]
    assert spool.attempts == 3


async def test_everybodys_messages_are_written_together(spool) -> None:
    intake = Intake(spool)
    running = asyncio.create_task(intake.run())
    await asyncio.gather(*(intake.put([Message(b"%d" % number)]) for number in range(50)))
    assert (len(values(spool)), spool.attempts) == (50, 1)
    intake.close()
    await running
