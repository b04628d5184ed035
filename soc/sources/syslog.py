"""Syslog over UDP and TCP, or TLS: what arrives goes into the spool as it is, with the address that really sent it."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

from soc import logs
from soc.config import address
from soc.errors import ConfigurationError
from soc.record import LogSource
from soc.sources.allowed import allowing
from soc.sources.peer import address_of
from soc.sources.rate_limit import RateLimit
from soc.sources.spool import Sender, message
from soc.sources.streams import Streams
from soc.sources.tls import Certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.clock import Clock
    from soc.config import SyslogInput
    from soc.metrics import Metrics
    from soc.sources.intake import Intake

log = logs.get(__name__)
_RECEIVE_BUFFER = 8 << 20
"""Asked of the kernel, which gives at most net.core.rmem_max."""
_BACKLOG = 512
"""Connections that the kernel keeps for us; it gives at most net.core.somaxconn."""
_DATAGRAM = 65_536
_AT_ONCE = 500
"""Datagrams that are taken before others have their turn."""
_LAST_ROUNDS = 100
_FIXES = {
    errno.EADDRINUSE: "another program has it; stop that, or choose another port",
    errno.EACCES: "ports below 1024 need the capability CAP_NET_BIND_SERVICE (see deploy/), or choose a higher port",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class Listener:
    """One address: UDP and TCP, or TLS alone."""

    def __init__(self, setting: SyslogInput, timezone: str, intake: Intake, metrics: Metrics, clock: Clock) -> None:
        """Raises ConfigurationError where the certificate cannot be used."""
        topic = "" if setting.topic == "auto" else setting.topic
        self._source = LogSource(topic, setting.name, timezone=setting.timezone or timezone)
        self._bind = setting.bind
        self._intake = intake
        self._dropped = metrics.syslog_dropped
        self._limit = RateLimit(setting.max_messages_per_second, clock)
        self._allowed = allowing(setting.allow)
        self._datagrams: socket.socket | None = None
        self.certificate = Certificate(setting, metrics, clock) if setting.tls else None
        self.streams = Streams(self._take, self._allowed, self.certificate, metrics, clock)

    async def open(self) -> None:
        """Raises ConfigurationError where the address cannot be had."""
        stream = _bound(self._bind, socket.SOCK_STREAM)
        if not self.certificate:
            try:
                self._datagrams = _bound(self._bind, socket.SOCK_DGRAM)
            except ConfigurationError:
                stream.close()
                raise
            asyncio.get_running_loop().add_reader(self._datagrams, self._received, self._datagrams)
        self.streams.open(stream)

    async def close(self) -> None:
        """Take nothing more, and put what was taken into the spool."""
        datagrams, self._datagrams = self._datagrams, None
        if datagrams:
            asyncio.get_running_loop().remove_reader(datagrams)
            for _ in range(_LAST_ROUNDS):  # whoever floods us cannot keep us
                if not self._received(datagrams):
                    break
            datagrams.close()
        await self.streams.close()

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
            self._take_datagram(raw, address_of(sender))
        return True

    def _take_datagram(self, raw: bytes, peer: str) -> None:
        if not raw.strip():
            return
        if not self._allowed(peer):
            self._dropped.labels("not_allowed").inc()
        elif not self._limit.admitted(peer):
            self._dropped.labels("rate_limit").inc()
        elif not self._intake.offer(message(raw, Sender(peer, self._source))):
            self._dropped.labels("queue_full").inc()

    async def _take(self, messages: Sequence[bytes], peer: str) -> None:
        """Returns when they are durable."""
        admitted = self._limit.admitted(peer, len(messages))
        if admitted < len(messages):
            self._dropped.labels("rate_limit").inc(len(messages) - admitted)
        sender = Sender(peer, self._source)
        await self._intake.put([message(raw, sender) for raw in messages[:admitted]])


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
        if kind == socket.SOCK_STREAM:
            opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        raise _refused(bind, protocol, error) from None
    return opened


def _refused(bind: str, protocol: str, error: OSError) -> ConfigurationError:
    fix = _FIXES.get(error.errno or 0, "see sources.syslog in the configuration")
    return ConfigurationError(f"sources.syslog: {bind} ({protocol}) cannot be opened: {error.strerror or error}; {fix}")
