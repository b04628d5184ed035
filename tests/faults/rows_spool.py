"""Syslog over the spool into Kafka, while the role receive and the broker are killed."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from soc.clock import SystemClock
from soc.log.kafka_history import history
from tests.faults.load import TOPIC
from tests.faults.world import line_of
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

POINTS = (
    "append logs.host:3:before",
    "append logs.host:3:after",
    "write spool.db:9:before",
    "write spool.db:7:within",
    "write spool.db:9:after",
)
_NUMBER = re.compile(rb" spooled no (\d+) ")


async def f2_spool(plant: Plant, scale: Scale, result: Result) -> None:
    """kill -9 at each act of the role receive, and the broker killed: what the spool took comes to its topic."""
    rounds, receive = scale.of(quick=1, usual=3, full=20), plant.crew.one("receive-0")
    result.wanted = rounds * (len(POINTS) + 1)
    stopping = asyncio.Event()
    sending = asyncio.create_task(_send(plant.syslog, stopping), name="sender")
    chance = random.Random(plant.seed)
    for _ in range(rounds):
        for point in chance.sample(POINTS, len(POINTS)):
            receive.extra = {"SOC_FAULT": point}
            receive.kill()
            await until(lambda: receive.lives, 10)
            armed = receive.process
            receive.extra = {}
            await until(lambda armed=armed: armed.poll() is not None, 40, f"receive comes to {point}")
            result.faults += 1
        await asyncio.to_thread(plant.kafka.restart)
        result.faults += 1
    plant.strike()
    stopping.set()
    await sending
    await until(lambda: _forwarded(plant), 90, "the spool is forwarded")
    spooled, arrived = _spooled(plant), await _arrived(plant)
    result.missing += len(spooled - arrived.keys())
    again = sum(count - 1 for count in arrived.values())
    result.told.append(f"{len(spooled)} messages were spooled, {again} came to the topic more than once")


async def _send(port: int, stopping: asyncio.Event) -> None:
    """Numbered messages over one connection after the other."""
    number = 0
    while not stopping.is_set():
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(writer):
                while not stopping.is_set() and not writer.is_closing():
                    _, line = line_of(SystemClock().now(), number % 20, f"attack spooled no {number} end")
                    writer.write(line + b"\n")
                    await writer.drain()
                    number += 1
                    await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)


def _forwarded(plant: Plant) -> bool:
    with closing(sqlite3.connect(_file(plant), timeout=10)) as database:
        (end,) = database.execute("SELECT max(next) FROM partition").fetchone()
        told = database.execute("SELECT max(offset) FROM position").fetchone()
    return told[0] == end


def _spooled(plant: Plant) -> set[int]:
    with closing(sqlite3.connect(_file(plant), timeout=10)) as database:
        values = [value for (value,) in database.execute("SELECT value FROM message")]
    return {int(found[1]) for value in values if (found := _NUMBER.search(value))}


async def _arrived(plant: Plant) -> Counter[int]:
    found: Counter[int] = Counter()
    async for messages in history(plant.site.kafka, [TOPIC]):
        found.update(int(told[1]) for message in messages if (told := _NUMBER.search(message.value)))
    return found


def _file(plant: Plant) -> str:
    return str(plant.site.folder / "var" / "spool.db")
