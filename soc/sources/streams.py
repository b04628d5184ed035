"""Connections of one listening socket: how many, how long and how much each may, and what becomes of their bytes."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from soc import logs
from soc.sources import tls
from soc.sources.connection import Connection
from soc.sources.peer import address_of
from soc.sources.rate_limit import RateLimit
from soc.sources.seldom import Seldom

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence

    from soc.clock import Clock
    from soc.metrics import Metrics
    from soc.sources.tls import Certificate

    Take = Callable[[Sequence[bytes], str], Awaitable[None]]

log = logs.get(__name__)
BOUNDS = ("not_allowed", "connections", "connections_of_peer", "handshakes", "handshakes_of_peer")
"""Why a connection is refused."""
MAX_CONNECTIONS = 1024
MAX_OF_A_PEER = 128
MAX_HANDSHAKES = 256
"""At the same time, so that those who never end one leave room for those who have."""
HANDSHAKES_A_SECOND = 50
"""Of one peer: a handshake costs us as much as thousands of messages."""
HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 3600.0
"""Senders that keep a connection open lose what they write into one that was closed, so this is long; a peer that is gone
is found by keep-alive."""
UNFINISHED_SECONDS = 60.0
"""A message that was begun must be whole by then."""
MAX_UNFINISHED = 64 << 20
"""Bytes of messages that are not whole, of all connections; beyond it the one that holds most has to go."""
_AT_ONCE = 100
"""Connections that are accepted before others have their turn."""
_LATER = 1.0


class Streams:
    """Who connects is asked who it is before anything is read, and waits while its messages are not durable."""

    def __init__(
        self, take: Take, allowed: Callable[[str], bool], certificate: Certificate | None, metrics: Metrics, clock: Clock
    ) -> None:  # fmt: skip
        self._take = take
        self._allowed = allowed
        self._certificate = certificate
        self._metrics = metrics
        self._seldom = Seldom(clock)
        self._rate = RateLimit(HANDSHAKES_A_SECOND, clock)
        self._open: dict[asyncio.Task[None], Connection] = {}
        self._of_peer: Counter[str] = Counter()
        self._shaking = 0
        self._unfinished = 0
        self._listening: socket.socket | None = None
        self._later: asyncio.TimerHandle | None = None

    def open(self, listening: socket.socket) -> None:
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    async def close(self) -> None:
        """Accept nobody more; what has come in of the connections is taken."""
        listening, self._listening = self._listening, None
        if self._later:
            self._later.cancel()
        if listening:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        for connection in self._open.values():
            connection.stop()
        if self._open:
            await asyncio.wait(self._open)

    def __len__(self) -> int:
        return len(self._open)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                opened, sender = listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:  # gone before it was accepted
                continue
            except OSError as error:  # no descriptors or no memory left
                self._seldom.warn("connections have to wait", error=str(error))
                loop = asyncio.get_running_loop()
                loop.remove_reader(listening)
                self._later = loop.call_later(_LATER, self.open, listening)
                return
            self._admit(opened, address_of(sender))

    def _admit(self, opened: socket.socket, peer: str) -> None:
        if why := self._unwanted(peer):
            self._metrics.connections_refused.labels(why).inc()
            self._seldom.warn(f"connection refused: {why}", peer=peer)
            opened.close()
            return
        channel = tls.Channel(self._certificate.context) if self._certificate else None
        connection = Connection(opened, peer, channel)
        task = asyncio.create_task(self._serve(connection), name="syslog connection")
        self._open[task] = connection
        self._of_peer[peer] += 1
        self._metrics.connections.inc()
        task.add_done_callback(self._ended)

    def _unwanted(self, peer: str) -> str:
        """Which of the bounds a new connection would exceed; empty if none."""
        if not self._allowed(peer):
            return "not_allowed"
        if len(self._open) >= MAX_CONNECTIONS:
            return "connections"
        if self._of_peer[peer] >= MAX_OF_A_PEER:
            return "connections_of_peer"
        if self._certificate and self._shaking >= MAX_HANDSHAKES:
            return "handshakes"
        if self._certificate and not self._rate.admitted(peer):
            return "handshakes_of_peer"
        return ""

    def _ended(self, task: asyncio.Task[None]) -> None:
        connection = self._open.pop(task)
        connection.close()
        self._of_peer[connection.peer] -= 1
        if not self._of_peer[connection.peer]:
            del self._of_peer[connection.peer]
        self._metrics.connections.dec()
        if not task.cancelled() and (error := task.exception()):
            log.error("a connection ended in a fault of the program", peer=connection.peer, error=repr(error))

    async def _serve(self, connection: Connection) -> None:
        if not self._certificate or await self._greeted(connection):
            await self._read(connection)

    async def _greeted(self, connection: Connection) -> bool:
        self._shaking += 1
        result = "accepted"
        try:
            await connection.greet(HANDSHAKE_SECONDS)
        except OSError as error:  # TimeoutError and ssl.SSLError are such
            result = tls.reason(error)
            self._seldom.warn(f"handshake failed: {result}", peer=connection.peer, fix=tls.FIXES[result])
        finally:
            self._shaking -= 1
        self._metrics.handshakes.labels(result).inc()
        return result == "accepted"

    async def _read(self, connection: Connection) -> None:
        try:
            await self._read_all(connection)
        except TimeoutError:
            self._seldom.warn("connection closed: it said nothing for too long", peer=connection.peer)
        except OSError as error:
            log.debug("connection lost", peer=connection.peer, error=str(error))
        finally:
            self._hold(connection.framer.held, 0)
        framer = connection.framer
        if framer.counting or (framer.unfinished and not connection.orderly):
            self._metrics.messages_cut.inc()
        await self._take(framer.close(), connection.peer)

    async def _read_all(self, connection: Connection) -> None:
        """Nothing more is read of a connection while its messages are not durable: its sender waits."""
        framer, time = connection.framer, asyncio.get_running_loop().time
        begun = 0.0
        while data := await connection.receive(
            max(0.0, begun + UNFINISHED_SECONDS - time()) if framer.unfinished else IDLE_SECONDS
        ):
            was_unfinished, held = framer.unfinished, framer.held
            messages = framer.feed(data)
            self._hold(held, framer.held)
            await self._take(messages, connection.peer)
            if messages or not was_unfinished:
                begun = time()

    def _hold(self, before: int, after: int) -> None:
        self._unfinished += after - before
        self._metrics.unfinished.inc(after - before)
        if after > before and self._unfinished > MAX_UNFINISHED:
            greatest = max(self._open.values(), key=lambda each: each.framer.held)
            self._seldom.warn("connection closed: unfinished messages fill the memory", peer=greatest.peer)
            greatest.give_up()
