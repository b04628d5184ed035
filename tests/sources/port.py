"""A port that takes syslog, with its spool in memory, for tests that send to it over real sockets."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from soc.clock import FixedClock
from soc.config import SyslogInput
from soc.log import Position
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.sources.intake import Intake
from soc.sources.spool import TOPIC
from soc.sources.syslog import Listener
from tests.services import free_port
from tests.waiting import until

if TYPE_CHECKING:
    import ssl


class Port:
    """A listener with its spool."""

    def __init__(self, host: str = "127.0.0.1", limit: int = 64 << 20, **settings: object) -> None:
        self.host, self.port = host, free_port()
        self.spool = MemoryLog(partitions=1, clock=FixedClock(1_770_000_000_000_000))
        self.metrics = Metrics()
        self.intake = Intake(self.spool, limit)
        bind = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        told = {"topic": "logs.firewall", "name": "edge", "timezone": "+07:00", "max_messages_per_second": 100_000}
        setting = SyslogInput(bind, **{**told, **settings})
        self.listener = Listener(setting, "UTC", self.intake, self.metrics, FixedClock(0))
        self.running: asyncio.Task[None] | None = None

    async def open(self) -> Port:
        await self.listener.open()
        self.write()
        return self

    def write(self) -> None:
        """Begin to write the spool."""
        self.running = asyncio.create_task(self.intake.run())

    async def close(self) -> None:
        await self.listener.close()
        self.intake.close()
        if self.running:
            await self.running

    @property
    def raws(self) -> list[bytes]:
        return [each.value for each in self.spool.messages[Position(TOPIC, 0)]]

    async def received(self, count: int) -> list[bytes]:
        await until(lambda: len(self.raws) >= count, what=f"{count} messages")
        return self.raws

    def datagram(self, *raws: bytes) -> None:
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for raw in raws:
                sender.sendto(raw, (self.host, self.port))

    async def connect(self, tls: ssl.SSLContext | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            self.host, self.port, ssl=tls, server_hostname="localhost" if tls else None
        )

    async def stream(self, *parts: bytes, tls: ssl.SSLContext | None = None) -> None:
        _, writer = await self.connect(tls)
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0

    def dropped(self, reason: str) -> float:
        return self.counted("soc_syslog_dropped_total", reason=reason)
