"""Records for the fault runs, drawn from a seed: matches among ordinary lines, some late, some out of order, some in bursts."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc import instant
from soc.clock import SystemClock
from soc.errors import SocError
from soc.log import Message
from soc.log.kafka import KafkaLog
from tests.faults.world import line_of

if TYPE_CHECKING:
    from soc.config import Kafka

TOPIC = "logs.host"
_EVERY = 0.1
_TEXTS = ("attack", "attack as root", "login of root", "job 1", "job 2", "job 3", "job 4", "job 5", "job 6")


@dataclass
class Load:
    """Produces until it is stopped; a batch that no broker took is sent again, whole."""

    kafka: Kafka
    seed: int
    rate: int = 70
    hosts: int = 60
    disorder: int = 6
    """By how many seconds a record's time may lie before the present."""
    repeats: float = 0.0
    """Which part of the records comes twice."""
    clocks: tuple[int, ...] = ()
    """Instants that clocks of hosts of their own show."""
    odd: tuple[bytes, ...] = ()
    """Records that are drawn one time in a hundred."""
    ahead: int = 0
    """How far the plant's clock is before ours, in microseconds."""
    sent: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _pausing: bool = False

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    async def run(self) -> None:
        log = await KafkaLog.open(self.kafka, [TOPIC])
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                if not self._pausing:
                    await self.send(log, self.batch())
                await asyncio.sleep(max(0.0, _EVERY - (time.monotonic() - began)))
        finally:
            await log.close()

    async def send(self, log: KafkaLog, raws: list[bytes]) -> None:
        while not self._stopping.is_set():
            try:
                await log.append(TOPIC, [Message(raw) for raw in raws])
            except SocError:
                await asyncio.sleep(0.5)
            else:
                self.sent += len(raws)
                return

    def batch(self) -> list[bytes]:
        """What comes in one step: one in thirty is a burst."""
        chance = self._chance
        count = int(self.rate * _EVERY) * (12 if chance.random() < 1 / 30 else 1)
        raws = [self._line() for _ in range(count)]
        return raws + [raw for raw in raws if chance.random() < self.repeats]

    def _line(self) -> bytes:
        chance, now = self._chance, SystemClock().now() + self.ahead
        if self.odd and chance.random() < 0.01:
            return chance.choice(self.odd)
        if self.clocks and chance.random() < 0.05:
            which = chance.randrange(len(self.clocks))
            return line_of(self.clocks[which], 900 + which, chance.choice(_TEXTS))[1]
        late = chance.choice((0, 0, 0, chance.random() * self.disorder))
        return line_of(now - int(late * instant.SECOND), chance.randrange(self.hosts), chance.choice(_TEXTS))[1]

    def pause(self, paused: bool) -> None:
        self._pausing = paused

    def stop(self) -> None:
        self._stopping.set()
