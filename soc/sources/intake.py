"""Received messages on their way into the spool: everybody's are written together, nobody's before they are durable."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from soc.log.database import patiently
from soc.sources.spool import TOPIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.log import Log, Message

MAX_WAITING = 64 << 20
"""Bytes of messages that nobody can be asked to hold back (UDP)."""
_TOGETHER = 5000
"""Messages of one transaction."""
_EACH = 200
"""What a waiting message costs beside its bytes."""


class Intake:
    """`run` it once; the spool is asked again and again while it cannot be written."""

    def __init__(self, spool: Log, limit: int = MAX_WAITING) -> None:
        self._spool = spool
        self._limit = limit
        self._waiting: list[Message] = []
        self._size = 0
        """Of the offered ones that are not durable."""
        self._news = asyncio.Event()
        self._written = asyncio.Event()
        self._closing = False

    async def put(self, messages: Sequence[Message]) -> None:
        """Returns when they are durable: whoever sent them can be made to wait."""
        if messages:
            self._waiting += messages
            self._news.set()
            written = self._written
            await written.wait()

    def offer(self, message: Message) -> bool:
        """Take a message whose sender cannot be made to wait; False if too much waits already."""
        size = len(message.value) + _EACH
        if self._size + size > self._limit:
            return False
        self._size += size
        self._waiting.append(message)
        self._news.set()
        return True

    def close(self) -> None:
        """`run` ends when everything is durable."""
        self._closing = True
        self._news.set()

    async def run(self) -> None:
        while self._waiting or not self._closing:
            await self._news.wait()
            if not self._closing:
                self._news.clear()
            await self._write()

    async def _write(self) -> None:
        messages, self._waiting = self._waiting, []
        written, self._written = self._written, asyncio.Event()
        size = self._size
        for start in range(0, len(messages), _TOGETHER):
            batch = messages[start : start + _TOGETHER]
            await patiently(partial(self._spool.append, TOPIC, batch), "writing the spool")
        self._size -= size
        written.set()
