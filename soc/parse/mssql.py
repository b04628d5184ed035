"""Microsoft SQL Server 2005 to 2022: the error log (ERRORLOG) and SQL Server Agent's log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{2,7})[ \t]{1,4}(?P<origin>Server|Logon|Backup|spid\d{1,6}s?|(?:[A-Z][A-Za-z]{1,15}(?= {2}|\t)))[ \t]{1,16}(?=\S)"
)
_AGENT = re.compile(r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (?P<sign>[!?+]) \[(?P<code>\d{1,6})\] ")
_SIGNS = {"!": "error", "+": "warning", "?": "info"}
_ERROR = re.compile(r"Error: (?P<code>\d{1,10}), Severity: (?P<severity>\d{1,3}), State: (?P<state>\d{1,5})")
_LOGIN = re.compile(
    r"Login (?P<verdict>failed|succeeded) for user '(?P<user>(?:[^']|'(?!\. ))*+)'\.?(?: Reason: (?P<reason>[^\[]{1,1024}))?"
)
_CLIENT = re.compile(r"\[CLIENT: ([0-9A-Fa-f.:%]{2,64})\]")
_DATABASE = re.compile(r"(?:[Dd]atabase|Starting up database) '([^']{1,128})'")
_KIND: Kind = (Logsource(product="mssql", category="database"),)
_SEVERE = 16
"""From this severity on an error is for somebody to mend; below stand what users did wrong, and information."""


def decode(frame: Frame) -> Native | None:
    text = frame.text
    line = _LINE.match(text) or _AGENT.match(text)
    if line is None:
        return None
    found: dict[str, Any] = {**line.groupdict(), "message": text[line.end() :]}
    if error := _ERROR.match(text, line.end()):
        found |= error.groupdict()
    if login := _LOGIN.match(text, line.end()):
        found |= {name: value.strip() for name, value in login.groupdict().items() if value}
    if client := _CLIENT.search(text, max(line.end(), len(text) - 512)):
        found["client"] = client[1]
    if database := _DATABASE.search(text, line.end(), line.end() + 512):
        found["database"] = database[1]
    return found


def time(event: Event) -> int | None:
    return iso(event.native["time"], event.frame.zone) or plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    document["event.category"], document["event.type"] = ["database"], ["info"]
    document["message"], document["process.thread.name"] = native["message"], native.get("origin")
    document["mssql.log.origin"], document["mssql.log.database"] = native.get("origin"), native.get("database")
    document["event.code"], document["log.level"] = native.get("code"), _SIGNS.get(native.get("sign", ""))
    if "severity" in native:
        document["log.level"], document["error.code"] = "Error", native["code"]
        document["event.severity"] = network.number(native["severity"])
        document["mssql.log.severity"], document["mssql.log.state"] = native["severity"], native["state"]
    if document["log.level"] == "error" or (document.get("event.severity") or 0) >= _SEVERE:
        document["event.type"] = ["info", "error"]
    if verdict := native.get("verdict"):
        document["event.category"], document["event.type"] = ["database", "authentication"], ["info", "start"]
        document["event.outcome"] = "failure" if verdict == "failed" else "success"
        domain, _, document["user.name"] = native.get("user", "").rpartition("\\")
        document["user.domain"], document["event.reason"] = domain, native.get("reason")
    document["source.ip"] = network.ip(native.get("client", "").partition("%")[0])


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="mssql",
    title="Microsoft SQL Server error log",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields={name: FRAME[name] for name in ("host.name", "process.name", "event.dataset")},
    kind=kind,
    hints=(" Server ", " spid", "\tspid", " Logon ", "\tServer", "\tLogon", " Backup ", " - ! [", " - ? [", " - + ["),
    start=re.compile(rb"\xef?\xbb?\xbf?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
)
