"""Redis, Valkey and their sentinels: the server's log of 1.x to 8, and what MONITOR prints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import ctime, epoch

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?:(?P<pid>\d{1,10}):(?P<role>[XCSM]) |\[(?P<old_pid>\d{1,10})\] )?"
    r"(?P<day>\d{1,2}) (?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:(?P<year>\d{4}) )?(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,6})?) (?P<level>[.*#-]) "
)
# Written in a signal handler, which has no calendar.
_SIGNALLED = re.compile(r"(?P<pid>\d{1,10}):signal-handler \((?P<epoch>\d{9,11})\) ")
_MONITOR = re.compile(
    r"(?P<time>\d{10})\.(?P<micros>\d{6}) \[(?P<db>\d{1,5}) (?:(?P<lua>lua)|unix:(?P<socket>[^\]]{0,255})|(?P<client>[^\]\s]{1,64}))\] (?=\")"
)
_LEVELS = {".": "debug", "-": "verbose", "*": "notice", "#": "warning"}
_ROLES = {"X": "sentinel", "C": "child", "S": "slave", "M": "master"}
_PEER = re.compile(
    r"Accepted (\S{2,64}:\d{1,5})$|(?:[Cc]lient|addr|Connection from)[ =](\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})\b"
)
_COMMAND = re.compile(r"\"([A-Za-z0-9_.]{1,64})\"")
_KIND: Kind = (Logsource(product="redis", category="database"),)


def decode(frame: Frame) -> Native | None:
    text = frame.text
    if (line := _LINE.match(text)) is None:
        return _signalled(text) or _monitored(text)
    found: dict[str, Any] = {name: value for name, value in line.groupdict().items() if value}
    if "old_pid" in found:
        found["pid"] = found.pop("old_pid")
    return {**found, "message": text[line.end() :]}


def _signalled(text: str) -> Native | None:
    line = _SIGNALLED.match(text)
    return {**line.groupdict(), "level": "#", "message": text[line.end() :]} if line else None


def _monitored(text: str) -> Native | None:
    line = _MONITOR.match(text)
    if line is None:
        return None
    command = _COMMAND.match(text, line.end())
    found = {name: value for name, value in line.groupdict().items() if value}
    return {**found, "message": text[line.end() :], "command": command[1].lower() if command else ""}


def time(event: Event) -> int | None:
    native = event.native
    if "micros" in native:
        return epoch(native["time"] + native["micros"])
    if "epoch" in native:
        return epoch(native["epoch"])
    year = f"{native['year']} " if "year" in native else ""
    return ctime(
        f"{native['month']} {native['day']} {year}{native['clock']}", event.frame.zone, event.record.arrived
    ) or plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["event.category"], document["event.type"] = ["database"], ["info"]
    document["message"] = native["message"]
    if "micros" in native:
        document["event.type"], document["event.action"] = ["access"], native["command"] or None
        document["redis.monitor.database_id"] = native["db"]
        _peer(native.get("client"), document)
        return
    document["log.level"] = _LEVELS[native["level"]]
    document["process.pid"] = network.number(native.get("pid")) or document.get("process.pid")
    document["redis.log.role"] = _ROLES.get(native.get("role", ""))
    if peer := _PEER.search(native["message"], 0, 1024):
        _peer(peer[1] or peer[2], document)


def _peer(told: str | None, document: Document) -> None:
    address, port = network.endpoint(told or "")
    if network.is_ip(address):
        document["client.ip"] = document["source.ip"] = network.ip(address)
        document["client.port"] = document["source.port"] = port


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="redis",
    title="Redis and Valkey log, and MONITOR",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset", "event.code")},
    kind=kind,
    programs=frozenset({"redis", "redis-server", "redis-sentinel", "valkey-server", "valkey"}),
    hints=(":signal-handler ", " . ", " - ", " * ", " # ", '] "'),
)  # fmt: skip
