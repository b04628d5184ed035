"""The service on this machine: do its processes answer, and whose are the ports?"""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

from soc import telemetry
from soc.cli._doctor import Result
from soc.config import address
from soc.console.binding import check_bind
from soc.service import socket_of
from soc.supervisor import Supervisor

if TYPE_CHECKING:
    from soc.config import Config

_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


async def processes(config: Config) -> list[Result]:
    """Each role's answer to "are you ready?"; a service that is not running is no fault."""
    names = [child.name for child in Supervisor(config).children]
    answers = await asyncio.gather(*(telemetry.ask(socket_of(config, name), "/readyz") for name in names))
    told = dict(zip(names, answers, strict=True))
    if not any(status for status, _ in told.values()):
        return [Result("ok", "service", "not running on this data folder")]
    return [_process(name, status, body) for name, (status, body) in told.items()]


def _process(name: str, status: int, body: bytes) -> Result:
    what, text = f"process {name}", body.decode("utf-8", "replace").strip()
    if status == 200:
        return Result("ok", what, "ready")
    if status:
        return Result("warn", what, f"not ready: {text}", "see its log; it goes on by itself when it can")
    return Result("FAIL", what, f"does not answer ({text})", "the supervisor restarts it; its log says why it ended")


async def ports(config: Config) -> list[Result]:
    """Whether what we listen on is free, ours already, or somebody else's."""
    check_bind(config.console)
    alive = {role: await _alive(config, role) for role in ("receive", "console")}
    asked = [("metrics", config.metrics.bind, "tcp", any(alive.values()))]
    asked += [("console", config.console.bind, "tcp", alive["console"])]
    for item in config.sources.syslog:
        asked += [(f"syslog {item.name}", item.bind, kind, alive["receive"]) for kind in item.protocols]
    return [_port(f"port of {name}", bind, kind, ours=ours) for name, bind, kind, ours in asked]


async def _alive(config: Config, role: str) -> bool:
    status, _ = await telemetry.ask(socket_of(config, role), "/healthz")
    return status == 200


def _port(what: str, bind: str, kind: str, *, ours: bool) -> Result:
    host, port = address(bind)
    told = f"{bind} {kind}"
    try:
        _bind(host, port, kind)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and ours:
            return Result("ok", what, f"{told}, in use by the running service")
        return Result("FAIL", what, f"{told}: {error.strerror or error}", _mend(error.errno, port))
    if ours:
        return Result(
            "warn", what, f"{told} is free, though the service runs", "was the configuration changed? restart it"
        )
    return Result("ok", what, f"{told} is free")


def _bind(host: str, port: int, kind: str) -> None:
    """Take the port for a moment, the way the service does."""
    family, _, _, _, where = socket.getaddrinfo(host, port, type=_KINDS[kind], flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, _KINDS[kind]) as taken:
        if kind == "tcp":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(where)


def _mend(number: int | None, port: int) -> str:
    if number == errno.EADDRINUSE:
        return f"another program has it (`ss -lntup 'sport = {port}'`): stop that, or set another address"
    if number == errno.EACCES:
        return "ports below 1024 need CAP_NET_BIND_SERVICE; use a higher one"
    return "is that an address of this machine?"
