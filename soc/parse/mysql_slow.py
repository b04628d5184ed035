"""The slow query log of MySQL, MariaDB and Percona Server: comment lines with `Name: value` pairs, then the statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import network
from soc.parse.when import epoch, iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_TIME = re.compile(r"# Time: (\d{4}-\d\d-\d\dT\S{8,32}|\d{6} [ \d]\d:\d\d:\d\d)")
_USER = re.compile(
    r"(?P<current_user>[^\[\s]{0,128})\[(?P<user>[^\]]{0,128})\] @ (?P<host>[^\[\s]{0,255}) ?\[(?P<ip>[^\]]{0,64})\]"
)
_PAIR = re.compile(r"([A-Za-z]\w{0,63}): *(?!\w{1,64}:(?:\s|$))(\S{0,256})")
_TIMESTAMP = re.compile(r"SET timestamp=(\d{1,12})(?:\.\d{1,6})?;")
_USE = re.compile(r"use ([^;\s]{1,128});", re.IGNORECASE)
_HEADER_LINES = 64


def decode(text: str) -> dict[str, Any] | None:
    """Pairs by the server's names in lower case, and the statement as `query`; None if it is no entry of a slow log."""
    at = text.find("# User@Host: ", 0, 1024)
    if at < 0:
        return None
    began = text.rfind("# Time: ", 0, at)  # before the first entry stands what server it is
    lines = text[began if began >= 0 else at :].splitlines()
    found: dict[str, Any] = {"message": text}
    if stamp := _TIME.match(lines[0]):
        found["time"] = stamp[1]
    at = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    for line in lines[: min(at, _HEADER_LINES)]:
        _comment(line, found)
    at = _settings(lines, at, found)
    statement = [line for line in lines[at:] if not line.startswith("# Time: ")]
    if not is_slow(found):
        return None
    return {**found, "query": "\n".join(statement)} if statement else found


def _comment(line: str, found: dict[str, Any]) -> None:
    if line.startswith("# User@Host: "):
        if user := _USER.match(line, 13):
            found |= {name: value for name, value in user.groupdict().items() if value}
            line = line[user.end() :]
    elif line.startswith("# Time: "):
        return
    for name, value in _PAIR.findall(line):
        if value:
            found.setdefault(name.lower(), value)


def _settings(lines: list[str], at: int, found: dict[str, Any]) -> int:
    """The lines before the statement that say in which database and when; where the statement begins."""
    while at < len(lines):
        if use := _USE.match(lines[at]):
            found.setdefault("schema", use[1].strip("`"))
        elif stamp := _TIMESTAMP.match(lines[at]):
            found["timestamp"] = stamp[1]
        else:
            break
        at += 1
    return at


def is_slow(native: Native) -> bool:
    """Whether an event is an entry of the slow log."""
    return "query_time" in native or "current_user" in native


def time(event: Event) -> int | None:
    """When the entry was written, where that is told to the microsecond, else when the statement says it was."""
    native = event.native
    written = _written(native["time"], event) if "time" in native else None
    if written is not None and "." in native["time"]:
        return written
    told = epoch(native.get("timestamp"))
    return written if told is None else told


def _written(stamp: str, event: Event) -> int | None:
    if stamp[:7].count("-"):
        return iso(stamp, event.frame.zone)
    return iso(f"20{stamp[:2]}-{stamp[2:4]}-{stamp[4:6]}T{stamp[7:].replace(' ', '0')}", event.frame.zone)


def ecs(native: Native, document: Document) -> None:
    document["user.name"] = native.get("user")
    document["source.ip"], document["source.domain"] = network.ip(native.get("ip")), native.get("host")
    document["event.duration"] = _nanoseconds(native.get("query_time", ""))
    document["process.thread.id"] = network.number(native.get("id") or native.get("thread_id"))
    # MySQL writes the entry when the statement has ended, and sets the time stamp to when it began.
    document["event.start"] = _instant(native.get("start") or native.get("timestamp") if _is_precise(native) else None)
    document["event.end"] = _instant(native.get("end") or native.get("time") if _is_precise(native) else None)
    for name, value in native.items():
        if name not in _ELSEWHERE:
            document[f"mysql.slowlog.{name}"] = value


def _is_precise(native: Native) -> bool:
    return "start" in native or ("." in native.get("time", "") and "timestamp" in native)


def _instant(text: str | None) -> str | None:
    told = None if not text else epoch(text) if text.isdigit() else instant.parse_iso(text)
    return None if told is None else instant.iso(told)


_ELSEWHERE = frozenset({"message", "time", "user", "host", "ip", "id", "start", "end", "timestamp"})


def _nanoseconds(seconds: str) -> int | None:
    whole, _, fraction = seconds.partition(".")
    digits = whole + fraction[:9].ljust(9, "0")
    return int(digits) if digits.isascii() and digits.isdigit() and whole and len(digits) < 19 else None
