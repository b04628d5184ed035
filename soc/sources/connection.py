"""One sender's connection: what was received of it is taken before more is received, so that nothing lies in between."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from soc.sources.syslog_framing import SyslogFramer
from soc.sources.tls import HANDSHAKE, NotTls

if TYPE_CHECKING:
    from soc.sources.tls import Channel

_CHUNK = 64 << 10
_LAST_ROUNDS = 16
"""What is still read of a connection that we close; whoever sends without end cannot keep us."""
_SEND_SECONDS = 10.0
"""For our side of TLS; a sender that never reads is given up."""
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


class Connection:
    """Waiting can be ended without losing bytes, which cancelling a read cannot promise: bytes are only taken when asked for."""

    def __init__(self, opened: socket.socket, peer: str, channel: Channel | None = None) -> None:
        opened.setblocking(False)
        _keep_alive(opened)
        self._socket = opened
        self._channel = channel
        self._waiting: asyncio.Future[None] | None = None
        self._rounds: int | None = None
        """How often we read yet; None while there is no end of it."""
        self._given_up = False
        self.peer = peer
        self.framer = SyslogFramer()
        self.orderly = False
        """The sender has said that nothing more comes: with TLS in a way that nobody in between can forge."""

    async def greet(self, seconds: float) -> None:
        """The handshake.

        Raises:
            TimeoutError, NotTls, ssl.SSLError: as tls.reason tells them apart. OSError: the connection is lost.
        """
        if not self._channel:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._greet(self._channel)
        except OSError:
            self._send_at_once()  # the alert that tells the sender why
            raise

    async def _greet(self, channel: Channel) -> None:
        begun = False
        while not channel.shaken():
            await self._send()
            data = await self._received(None)
            if not data:
                raise ConnectionError("ended within the handshake")
            if not begun and data[0] != HANDSHAKE:
                raise NotTls
            channel.feed(data)
            begun = True
        await self._send()

    async def receive(self, seconds: float) -> bytes:
        """The next bytes, as the sender wrote them; empty at the end, or when nothing is there after `stop`.

        Raises:
            TimeoutError: none came in time. OSError: the connection is lost, or its TLS is broken.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            if self._channel and ((plain := self._channel.read()) or self._channel.ended):
                self.orderly = not plain
                return plain
            data = await self._received(deadline)
            if not self._channel:
                self.orderly = not data and self._rounds is None
                return data
            if not data:
                return b""
            self._channel.feed(data)
            await self._send()

    def stop(self) -> None:
        """Wait for nothing more; what is there already can still be received."""
        self._rounds = _LAST_ROUNDS
        self._wake()

    def give_up(self) -> None:
        """Receive nothing more."""
        self._given_up = True
        self._wake()

    def close(self) -> None:
        if self._channel:
            self._channel.close()
            self._send_at_once()
        self._socket.close()

    async def _received(self, deadline: float | None) -> bytes:
        while True:
            await self._readable(deadline)
            if self._given_up:
                raise ConnectionAbortedError("given up")
            if self._rounds is not None:
                self._rounds -= 1
                if self._rounds < 0:
                    return b""
            try:
                return self._socket.recv(_CHUNK)
            except (BlockingIOError, InterruptedError):
                if self._rounds is not None:
                    return b""

    async def _readable(self, deadline: float | None) -> None:
        if self._given_up or self._rounds is not None:
            return
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        loop.add_reader(self._socket, self._wake)
        try:
            async with asyncio.timeout_at(deadline):
                await self._waiting
        finally:
            loop.remove_reader(self._socket)
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def _send(self) -> None:
        if self._channel and (data := self._channel.to_send()):
            async with asyncio.timeout(_SEND_SECONDS):
                await asyncio.get_running_loop().sock_sendall(self._socket, data)

    def _send_at_once(self) -> None:
        if self._channel and (data := self._channel.to_send()):
            with suppress(OSError):
                self._socket.send(data)


def _keep_alive(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
