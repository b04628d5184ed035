"""The role receive, run as the service runs it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from soc import instant
from soc.clock import FixedClock
from soc.config import Config, Retention, Sources, SyslogInput
from soc.errors import ConfigurationError, Unavailable
from soc.log import DEAD_LETTERS, Position
from soc.log.dead_letters import decode
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.record import LogSource
from soc.sources.receive import forward, run
from soc.sources.spool import TOPIC, Sender, history, message, open_spool
from tests.services import free_port
from tests.waiting import until

NOW = 1_770_000_000_000_000
SENDER = Sender("192.0.2.7", LogSource("", "edge"))


class Broker(MemoryLog):
    """Refuses everything while it is down."""

    down = False
    refused = 0

    async def append(self, topic, messages) -> None:
        if self.down:
            self.refused += 1
            raise Unavailable("no broker")
        await super().append(topic, messages)

    def values(self, topic: str) -> list[bytes]:
        found = [each for at, shelf in sorted(self.messages.items()) if at.topic == topic for each in shelf]
        return [each.value for each in found]


@pytest.fixture
def config(tmp_path):
    settings = [SyslogInput(f"127.0.0.1:{free_port()}")]
    return Config(data_dir=tmp_path, sources=Sources(syslog=settings), retention=Retention(spool_hours=1))


@pytest.fixture
async def spool(config):
    spool = await open_spool(config, FixedClock(NOW))
    yield spool
    await spool.close()


async def kept(spool) -> list[bytes]:
    return [record.raw async for batch in history(spool) for record in batch]


async def test_what_was_received_is_in_the_spool_when_it_has_stopped(config, spool) -> None:
    stopping, started = asyncio.Event(), asyncio.Event()

    async def up() -> None:
        started.set()

    running = asyncio.create_task(run(config, Metrics(), FixedClock(NOW), stopping, up))
    await started.wait()
    port = int(config.sources.syslog[0].bind.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"<34>one\n<34>tw")

        async def first() -> bool:
            return await kept(spool) == [b"<34>one"]

        await until(first)
        stopping.set()
        await running
    assert await kept(spool) == [b"<34>one", b"<34>tw"]


async def test_an_address_that_is_taken_ends_the_role(config) -> None:
    host, _, port = config.sources.syslog[0].bind.rpartition(":")
    with socket.create_server((host, int(port))), pytest.raises(ConfigurationError, match="Address already in use"):
        await run(config, Metrics(), FixedClock(NOW), asyncio.Event(), pytest.fail)


async def forwarding(spool, broker: Broker, enough) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(forward(spool, broker, FixedClock(NOW), stopping))
    await until(enough)
    stopping.set()
    await running


async def test_the_original_bytes_go_to_the_topic_they_belong_to(spool) -> None:
    broker = Broker()
    fixed = SENDER._replace(source=LogSource("logs.firewall"))
    await spool.append(TOPIC, [message(b"<34>one\n\0\xff", SENDER), message(b"<34>two", fixed)])
    await forwarding(spool, broker, lambda: broker.values("logs.firewall"))
    assert {topic: broker.values(topic) for topic in ("logs.host", "logs.firewall")} == {
        "logs.host": [b"<34>one\n\0\xff"],
        "logs.firewall": [b"<34>two"],
    }


async def test_the_position_moves_only_once_the_broker_has_it(spool) -> None:
    broker = Broker()
    await spool.append(TOPIC, [message(b"one", SENDER)])
    broker.down = True
    stopping = asyncio.Event()
    dying = asyncio.create_task(forward(spool, broker, FixedClock(NOW), stopping))
    await until(lambda: broker.refused)
    dying.cancel()
    await asyncio.wait({dying})
    broker.down = False
    await spool.append(TOPIC, [message(b"two", SENDER)])
    await forwarding(spool, broker, lambda: len(broker.values("logs.host")) == 2)
    assert broker.values("logs.host") == [b"one", b"two"]
    await spool.append(TOPIC, [message(b"three", SENDER)])
    await forwarding(spool, broker, lambda: len(broker.values("logs.host")) == 3)
    assert broker.values("logs.host") == [b"one", b"two", b"three"]


async def test_what_no_broker_takes_is_a_dead_letter_with_its_bytes_and_sender(spool) -> None:
    broker = Broker()
    huge = b"z" * ((1 << 20) + 1)
    await spool.append(TOPIC, [message(huge, SENDER), message(b"next", SENDER)])
    await forwarding(spool, broker, lambda: broker.values("logs.host"))
    (letter,) = [decode(value) for value in broker.values(DEAD_LETTERS)]
    assert (letter.raw, letter.reason, letter.stage, letter.peer, letter.ref, letter.at) == (
        huge, "too_large", "receive", "192.0.2.7", "spool:0:0", NOW,
    )  # fmt: skip
    assert broker.values("logs.host") == [b"next"]


async def test_what_is_done_and_old_is_deleted_while_it_runs(config, spool) -> None:
    await spool.append(TOPIC, [message(b"%d" % number, SENDER) for number in range(5000)])
    reader = await spool.reader("work", [TOPIC])
    batch = await reader.read(1, 0.1)
    assert await reader.commit(batch.epoch, {Position(TOPIC, 0): 5000})
    await reader.close()
    stopping = asyncio.Event()

    async def up() -> None:
        """Ready."""

    running = asyncio.create_task(run(config, Metrics(), FixedClock(NOW + 2 * instant.HOUR), stopping, up))

    async def trimmed() -> bool:
        return len(await kept(spool)) == 5000 - 4096

    await until(trimmed)
    stopping.set()
    await running
