"""Syslog headers as devices write them: RFC 5424, RFC 3164, and what passes for them in the field."""

from __future__ import annotations

import re
from typing import NamedTuple

SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
    "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
"""By their codes, as syslog(3), rsyslog and syslog-ng name them."""


class Syslog(NamedTuple):
    """A syslog header as written; empty where the header has no such part."""

    priority: int | None
    time: str
    hostname: str
    app: str
    pid: str
    msgid: str = ""
    structured: str = ""
    version: int = 0
    """1 and above for RFC 5424, 0 for the older form."""
    tag: str = ""
    """The text between time stamp and body, of the older form: `fw1 kernel: `."""
    marked: bool = False
    """The body began with a byte order mark, which RFC 5424 counts as part of the message."""


# RFC 6587's octet counting, where a relay has kept the count.
_COUNT = re.compile(r"[1-9]\d{0,7} (?=<\d{1,3}>)")
_PRIORITY = re.compile(r"<(\d{1,3})>")
_RFC5424 = re.compile(
    r"(?P<version>[1-9]\d{0,2}) (?P<time>-|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) (?P<app>\S+) (?P<pid>\S+) (?P<msgid>\S+) ?"
    r"(?P<structured>-|(?:\[(?:[^\]\"\\]++|\"(?:[^\"\\]++|\\.)*+\"|\\.)*+\])++)?(?: |$)"
)
_TIME = re.compile(
    r"(?P<time>[A-Z][a-z]{2} (?: ?\d|\d\d) (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?):? "
)
_HOST = r"(?: ?(?P<host>[^\s:\[\]=]{1,255}|[0-9A-Fa-f:.]{0,40}:[0-9A-Fa-f:.]{1,40}) )?"
# BusyBox and others repeat facility and severity in words.
_LEVEL = r"(?:[a-z]{2,8}\d?\.(?:emerg|alert|crit|err|error|warn|warning|notice|info|debug) )?"
_TAGGED = re.compile(
    _HOST
    + _LEVEL
    + r" ?(?:(?P<app>[\w./@<>-]{1,64})?(?:\(\w{1,16}=\w{1,16}\)|\](?=\[))?(?:\[(?P<pid>[^\]\s]{1,32})\](?:\([a-z]{2,8}\))?)?"
    # Names with blanks are known by their process id, those of launchd's jobs by both of theirs.
    r"|(?P<job>[\w.-]{1,64}\[\d{1,10}\] \([\w.-]{1,64}(?:\[\d{1,10}\])?\))"
    r"|(?P<blank>\w[\w.-]{0,32} \w[\w. -]{0,32}(?:\(\w{1,32}\))?)\[(?P<blank_pid>\d{1,10})\]):(?: |$)"
)
_UNTAGGED = re.compile(r" ?(?P<host>[A-Za-z0-9_][\w.-]{0,254}|[0-9A-Fa-f:.]{0,40}:[0-9A-Fa-f:.]{1,40}) ")
_UNTIMED = re.compile(
    r"(?:(?P<host>[A-Za-z0-9_][\w.-]{0,254}) )?(?P<app>[A-Za-z_][\w./-]{0,63})\[(?P<pid>\d{1,10})\]: "
)
# What AIX' syslogd puts between time stamp and tag of what it passes on.
_FORWARDED = re.compile(r" ?(?:[^\s:]{1,255} )?Message forwarded from (?P<host>[\w.:-]{1,255}): ")
_BYTE_ORDER_MARK = "\ufeff"


def split(text: str) -> tuple[Syslog | None, str]:
    """The syslog header of a line, if it has one, and the rest without a byte order mark."""
    priority, start = None, 0
    if text[:1].isdigit() and (count := _COUNT.match(text)):
        start = count.end()
    if found := _PRIORITY.match(text, start):
        priority, start = int(found[1]), found.end()
        if header := _RFC5424.match(text, start):
            body = text[header.end() :].lstrip(_BYTE_ORDER_MARK)
            return _rfc5424(priority, header), body.removeprefix(" ")  # rsyslog keeps the blank of `tag: `
    if header := _TIME.match(text, start):
        parts, end = _rfc3164(priority, header, text)
        if parts is not None:
            return parts, text[end:]
    elif header := _UNTIMED.match(text, start):
        parts = Syslog(priority, "", header["host"] or "", header["app"], header["pid"], tag=header[0])
        return parts, text[header.end() :]
    return (None, text) if priority is None else (Syslog(priority, "", "", "", ""), text[start:])


def _rfc5424(priority: int, header: re.Match[str]) -> Syslog:
    host, app, pid, msgid = (_nil(header[name]) for name in ("host", "app", "pid", "msgid"))
    structured = _nil(header["structured"] or "-")
    marked = header.string.startswith(_BYTE_ORDER_MARK, header.end())
    return Syslog(
        priority, _nil(header["time"]), host, app, pid, msgid, structured, int(header["version"]), marked=marked
    )


def _rfc3164(priority: int | None, stamp: re.Match[str], text: str) -> tuple[Syslog | None, int]:
    """What follows a time stamp: `host app[pid]: `, or a host alone where time stamp or priority show that it is syslog."""
    time, start = stamp["time"], stamp.end()
    if tagged := _TAGGED.match(text, start):
        app = tagged["app"] or tagged["job"] or tagged["blank"] or ""
        pid = tagged["pid"] or tagged["blank_pid"] or ""
        if not app and pid:  # `[sshd]: `
            app, pid = pid, ""
        return Syslog(priority, time, tagged["host"] or "", app, pid, tag=tagged[0]), tagged.end()
    if priority is None and time[0].isdigit():
        return None, 0
    if relayed := _FORWARDED.match(text, start):
        return _forwarded(priority, time, relayed)
    if untagged := _UNTAGGED.match(text, start):
        return Syslog(priority, time, untagged["host"], "", "", tag=untagged[0]), untagged.end()
    return Syslog(priority, time, "", "", ""), start


def _forwarded(priority: int | None, time: str, relayed: re.Match[str]) -> tuple[Syslog, int]:
    """The header that the message had where it came from: of a relay's own only the time stamp is left."""
    text, start, end = relayed.string, relayed.start(), relayed.end()
    app = pid = ""
    if (tagged := _TAGGED.match(text, end)) and not tagged["host"]:
        app, pid, end = tagged["app"] or "", tagged["pid"] or "", tagged.end()
    return Syslog(priority, time, relayed["host"], app, pid, tag=text[start:end]), end


def _nil(value: str) -> str:
    return "" if value == "-" else value


_ELEMENT = re.compile(r"\[((?:[^\]\"\\]++|\"(?:[^\"\\]++|\\.)*+\"|\\.)*+)\]")
_NAME = re.compile(r"[^\s\]=\"]{1,128}(?=\s|$)")
_PARAMETER = re.compile(r"([^\s=\]\"]{1,64})= ?\"((?:[^\"\\]++|\\.)*+)\"")
_ESCAPED = re.compile(r"\\([\"\\\]])")


def structured_data(text: str) -> dict[str, dict[str, str]]:
    """The structured data of an RFC 5424 header by element and parameter name, `\\"`, `\\\\` and `\\]` resolved."""
    found: dict[str, dict[str, str]] = {}
    for element in _ELEMENT.finditer(text):
        if name := _NAME.match(element[1]):
            pairs = _PARAMETER.findall(element[1], name.end())
            found[name[0]] = {key: _ESCAPED.sub(r"\1", value) if "\\" in value else value for key, value in pairs}
    return found
