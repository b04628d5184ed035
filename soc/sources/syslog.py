"""Syslog over UDP and TCP: what arrives goes into the spool as it is, with the address that really sent it."""

from __future__ import annotations

import asyncio
import errno
import socket
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from soc import logs
from soc.config import address
from soc.errors import ConfigurationError
from soc.record import LogSource
from soc.sources.rate_limit import RateLimit
from soc.sources.spool import Sender, message
from soc.sources.syslog_framing import SyslogFramer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.clock import Clock
    from soc.config import SyslogInput
    from soc.metrics import Metrics
    from soc.sources.intake import Intake

log = logs.get(__name__)
_RECEIVE_BUFFER = 8 << 20
"""Asked of the kernel, which gives at most net.core.rmem_max."""
_DATAGRAM = 65_536
_AT_ONCE = 500
"""Datagrams that are taken before others have their turn."""
_LAST_ROUNDS = 100
_CHUNK = 64 << 10
MAX_CONNECTIONS = 1024
MAX_OF_A_PEER = 128
IDLE_SECONDS = 3600.0
"""Senders that keep a connection open lose what they write into one that was closed, so this is long; a peer that is gone
is found by keep-alive."""
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
_FIXES = {
    errno.EADDRINUSE: "another program has it; stop that, or choose another port",
    errno.EACCES: "ports below 1024 need the capability CAP_NET_BIND_SERVICE (see deploy/), or choose a higher port",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class Listener:
    """One address, both protocols."""

    def __init__(self, setting: SyslogInput, timezone: str, intake: Intake, metrics: Metrics, clock: Clock) -> None:
        topic = "" if setting.topic == "auto" else setting.topic
        self._source = LogSource(topic, setting.name, timezone=setting.timezone or timezone)
        self._bind = setting.bind
        self._intake = intake
        self._dropped = metrics.syslog_dropped
        self._limit = RateLimit(setting.max_messages_per_second, clock)
        self._connections: dict[asyncio.Task[None], tuple[str, asyncio.StreamWriter]] = {}
        self._datagrams: socket.socket | None = None
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises ConfigurationError where the address cannot be had."""
        stream = _bound(self._bind, socket.SOCK_STREAM)
        try:
            self._datagrams = _bound(self._bind, socket.SOCK_DGRAM)
        except ConfigurationError:
            stream.close()
            raise
        self._server = await asyncio.start_server(self._connected, sock=stream, limit=_CHUNK)
        asyncio.get_running_loop().add_reader(self._datagrams, self._received, self._datagrams)

    async def close(self) -> None:
        """Take nothing more, and put what was taken into the spool."""
        datagrams, self._datagrams = self._datagrams, None
        if datagrams:
            asyncio.get_running_loop().remove_reader(datagrams)
            for _ in range(_LAST_ROUNDS):  # whoever floods us cannot keep us
                if not self._received(datagrams):
                    break
            datagrams.close()
        if self._server:
            self._server.close()
        for _, writer in self._connections.values():
            writer.close()
        if self._connections:
            await asyncio.wait(self._connections)

    def _received(self, datagrams: socket.socket) -> bool:
        """Whether there may be more."""
        for _ in range(_AT_ONCE):
            try:
                raw, sender = datagrams.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return False
            except OSError as error:  # an answer to something that was never asked
                log.debug("udp", error=str(error))
                continue
            self._take_datagram(raw, _peer(sender))
        return True

    def _take_datagram(self, raw: bytes, peer: str) -> None:
        if not raw.strip():
            return
        if not self._limit.admitted(peer):
            self._dropped.labels("rate_limit").inc()
        elif not self._intake.offer(message(raw, Sender(peer, self._source))):
            self._dropped.labels("queue_full").inc()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer(writer.get_extra_info("peername") or ("",))
        task = asyncio.current_task()
        of_peer = sum(other == peer for other, _ in self._connections.values())
        if task is None or len(self._connections) >= MAX_CONNECTIONS or of_peer >= MAX_OF_A_PEER:
            log.warning("connection refused, there are too many", peer=peer, of_peer=of_peer)
            writer.close()
            return
        self._connections[task] = peer, writer
        _keep_alive(writer.get_extra_info("socket"))
        try:
            await self._read(reader, peer)
        finally:
            del self._connections[task]
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, peer: str) -> None:
        """Nothing more is read of a connection while its messages are not durable: its sender waits."""
        framer = SyslogFramer()
        try:
            while data := await _within(IDLE_SECONDS, reader):
                await self._take(framer.feed(data), peer)
        except TimeoutError:
            log.info("connection closed, it was idle", peer=peer)
        except OSError as error:
            log.debug("connection lost", peer=peer, error=str(error))
        await self._take(framer.close(), peer)

    async def _take(self, messages: Sequence[bytes], peer: str) -> None:
        admitted = self._limit.admitted(peer, len(messages))
        if admitted < len(messages):
            self._dropped.labels("rate_limit").inc(len(messages) - admitted)
        sender = Sender(peer, self._source)
        await self._intake.put([message(raw, sender) for raw in messages[:admitted]])


async def _within(seconds: float, reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(seconds):
        return await reader.read(_CHUNK)


def _bound(bind: str, kind: socket.SocketKind) -> socket.socket:
    host, port = address(bind)
    protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        opened = socket.socket(family, kind)
    except OSError as error:
        raise _refused(bind, protocol, error) from None
    try:
        opened.setblocking(False)
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if family == socket.AF_INET6 and place[0] == "::":  # every address of both kinds
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.bind(place)
    except OSError as error:
        opened.close()
        raise _refused(bind, protocol, error) from None
    return opened


def _refused(bind: str, protocol: str, error: OSError) -> ConfigurationError:
    fix = _FIXES.get(error.errno or 0, "see sources.syslog in the configuration")
    return ConfigurationError(f"sources.syslog: {bind} ({protocol}) cannot be opened: {error.strerror or error}; {fix}")


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _peer(sender: tuple[object, ...]) -> str:
    """The address without its port; an IPv4 address that came through an IPv6 socket as what it is."""
    host = str(sender[0]).partition("%")[0]
    if host.startswith("::ffff:"):
        mapped = ip_address(host)
        return str(mapped.ipv4_mapped or mapped) if isinstance(mapped, IPv6Address) else host
    return host
