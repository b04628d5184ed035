"""Cisco Identity Services Engine 2 to 3: audit, RADIUS, TACACS+, posture and diagnostics records of its remote logging targets, and alarms.

Cisco ISE Syslogs: `CISE_<category> <message id> <segments> <this segment> <time> <sequence> <code> <severity> <class>: <text>, name=value, ...,`; the first
segment of a message alone has time, code and text. Commas in values are escaped, structures stand in braces.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.event import Kind, Logsource
from soc.parse import cisco
from soc.parse.cisco_ise_ecs import ecs
from soc.parse.format import Format, Native
from soc.parse.when import iso, zone_or

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.frame import Frame

_HEAD = re.compile(
    r"(?P<before>[^=]{0,300}?)\b(?:CISE_(?P<category>\w{1,64}) )?(?P<message_id>\d{10}) (?P<segments>\d{1,3}) (?P<segment>\d{1,3}) {1,4}(?=\S)"
)
_FIRST = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,6}) (?P<zone>[+-]\d\d:?\d\d) (?:(?P<sequence>\d{10}) )?(?P<code>\d{3,6}) (?P<level>[A-Z]{4,7}) {1,4}"
    r"(?P<class>[^:,=]{1,64}): ?(?P<text>(?:\\.|[^,\\]|,(?! ))*+)"
)
_ALARM = re.compile(
    r"(?:CISE_Alarm )?(?P<level>INFO|WARN|ERROR|CRITICAL|FATAL): (?P<text>[^:]{1,256}?(?:::[^:]{1,512})?) ?(?:: ?(?=[A-Z][\w ]{0,63}=)|$)"
)
_ALARMS = ("Configuration Changed", "Dynamic Authorization", "TrustSec", "AcsSyslogContent", "Authentication ", "RADIUS ", "Active Directory", "License", "ISE ",
           "Backup ", "CoA ", "NAD ", "High ", "Low ", "Health ", "Misconfigured ", "Process ", "Certificate ", "Profiler ", "Posture ", "Replication ", "SXP ")  # fmt: skip
_SEPARATOR = re.compile(r",(?: |$)")
_NAME = re.compile(r" ?[A-Za-z][\w .#/()-]{0,80}$")
_ALARM_PAIR = re.compile(r"(?:^|(?<=; ))([A-Z][\w ]{0,63})=([^;]{0,1024})")
_MOST = 400
_WITHIN = 64
"""A brace that is still open after so many commas is a letter like others."""
_BACKSLASH = re.compile(r"\\([,;\\=])")
_CUT = re.compile(r",#\d{1,3}$")


def decode(frame: Frame) -> Native | None:
    """Header and pairs by ISE's names; a name that occurs more than once has the list of its values."""
    text = frame.text
    head = _HEAD.match(text[:512])
    if head and (head["category"] or _is_body(text, head.end())):
        found: dict[str, Any] = {name: value for name, value in head.groupdict().items() if value and name != "before"}
        found |= _origin(head["before"])
        start = head.end()
    else:
        found, start = {}, 0
    first = _FIRST.match(text, start)
    if first is None and not found:
        return _alarm(frame)
    if first:
        found |= {name: value.strip() for name, value in first.groupdict().items() if value}
    body = text[start:].strip()
    return {**_pairs(text[first.end() if first else start :]), **found, "message": body}


def _is_body(text: str, start: int) -> bool:
    return bool(_FIRST.match(text, start)) or "=" in text[start : text.find(",", start)] or text.rstrip().endswith(",")


def _origin(before: str) -> dict[str, str]:
    """What stands before the category where the header has a zone: `+02:00 host `."""
    words = before.split()
    zone = next((word for word in words if word[0] in "+-"), "")
    host = next((word for word in reversed(words) if word[0] not in "+-<"), "")
    return {name: value for name, value in (("header_zone", zone), ("host", host)) if value}


def _pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in _named(text):
        told = value.strip()
        if "\\" in told:
            told = _BACKSLASH.sub(r"\1", told)
        if name not in found:
            found[name] = told
        elif isinstance(found[name], list):
            found[name].append(told)
        else:
            found[name] = [found[name], told]
    return found


def _named(text: str) -> list[tuple[str, str]]:
    """Names and values; a comma does not end a value in braces, behind a backslash or before what is no `name=`."""
    found: list[tuple[str, list[str]]] = []
    open_braces = inside = 0
    escaped = False
    for piece in _SEPARATOR.split(_CUT.sub("", text), _MOST):
        name, equals, value = piece.partition("=")
        inside = inside + 1 if open_braces > 0 else 0
        if not (0 < inside < _WITHIN or escaped) and equals and _NAME.match(name):
            found.append((name.strip(), [value]))
            open_braces = 0
        elif found and piece and not piece.isspace():
            found[-1][1].append(piece)
        if "{" in piece or "}" in piece:
            open_braces += piece.count("{") - piece.count("}")
        escaped = piece.endswith("\\")
    return [(name, ", ".join(pieces) if len(pieces) > 1 else pieces[0]) for name, pieces in found]


def _alarm(frame: Frame) -> Native | None:
    alarm = _ALARM.match(frame.text)
    if alarm is None or not (alarm["text"].startswith(_ALARMS) or frame.text.startswith("CISE_")):
        return None
    pairs = {name.strip(): value.strip() for name, value in _ALARM_PAIR.findall(frame.text[alarm.end() :][:8192])}
    return {**pairs, "category": "Alarm", "level": alarm["level"], "text": alarm["text"].strip(), "message": frame.text}


def time(event: Event) -> int | None:
    """ISE's own time with its zone, else the header's."""
    native = event.native
    if "time" in native and "zone" in native:
        return iso(native["time"].replace(" ", "T"), zone_or(native["zone"], event.frame.zone))
    return cisco.header_time(event.frame, event.record.arrived, native.get("header_zone", ""))


_KIND: Kind = (Logsource(product="cisco", service="ise"), Logsource(product="cisco", service="aaa"))


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="cisco_ise",
    title="Cisco Identity Services Engine",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    hints=(
        "CISE_",
        "ConfigVersionId=",
        "AcsSessionID=",
        "StepData=",
        "NetworkDeviceGroups=",
        "Response={",
        "AD-Log-Id=",
        "INFO: ",
        "WARN: ",
        "ERROR: ",
        " INFO null: ",
    ),
)
