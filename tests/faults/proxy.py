"""A proxy on a real socket before a server: it cuts connections, answers late or not at all, and lets others change answers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Changes = Callable[[], tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]]

_CHUNK = 1 << 16


@dataclass
class Proxy:
    port: int
    target: int
    delay: float = 0.0
    """Seconds before each piece goes on."""
    silent: bool = False
    """Connections stay open, and nothing goes through any more."""
    closed: bool = False
    """New connections end at once."""
    changes: Changes | None = None
    """Makes, for each connection, what requests and answers pass through."""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        """End all connections with a reset."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, forth}
        ask, answer = self.changes() if self.changes else (_same, _same)
        try:
            await asyncio.gather(self._pump(reader, forth, ask), self._pump(back, writer, answer))
        finally:
            self._writers -= {writer, forth}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Callable[[bytes], bytes]
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(_CHUNK):
                while self.silent:
                    await asyncio.sleep(0.1)
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(change(data))
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()


def _same(data: bytes) -> bytes:
    return data
