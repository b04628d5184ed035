"""What Cisco's systems share: the tag `%FACILITY-SEVERITY-MNEMONIC:` and what may stand before it, severities, zones.

Cisco, System Message Format: `seq no: hostname: timestamp: %facility-severity-MNEMONIC: description`, each part before the tag optional
(`service sequence-numbers`, `logging origin-id`, `service timestamps`); a relay puts its own time stamp and host before all of it.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from soc.parse import network, zone_names
from soc.parse.when import MONTHS, Day, iso, syslog_time, wall

if TYPE_CHECKING:
    from datetime import tzinfo

    from soc.parse.format import Document
    from soc.parse.frame import Frame

LEVELS = ("emergency", "alert", "critical", "error", "warning", "notification", "informational", "debug")
"""As Cisco names severities 0 to 7."""

HEAD = 512
"""The tag begins within so many characters."""
_TAG = re.compile(
    r"%(?P<facility>[A-Z][A-Z0-9_+]{0,63}(?:-[A-Za-z0-9_/]{1,32}){0,3}?)-(?P<severity>\d)-(?P<mnemonic>[A-Za-z0-9_]{1,64})(?::| |$) ?"
)
# Three clocks: `*Mar  1 18:46:11.123 UTC`, `2023 Apr 26 09:08:48.123 UTC`, ISO 8601; `*` and `.` are of clocks that are not set.
_TIME = re.compile(
    r"[*.]?(?:(?P<before>\d{4}) )?(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<after>\d{4}) )?"
    r"(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: (?P<late>\d{4}))?(?: (?P<zone>[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?)(?=[:\s]|$))?"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
)
_UPTIME = re.compile(r"(?:\d{1,3}[ywdh]){1,4}$|\d{1,3}:\d\d:\d\d$")
_SEQUENCE = re.compile(r"\d{1,12}$")
_HOST = re.compile(r"[A-Za-z0-9_][\w.-]{0,254}$")
_ZONE = re.compile(r"[A-Z]{3,5}$")
_NOWHERE = timezone(timedelta(minutes=1))


class Tag(NamedTuple):
    """A message of Cisco's: its tag, and where its text begins."""

    facility: str
    """With sub-facility where there is one: `PIM-SW1`."""
    severity: int
    mnemonic: str
    start: int
    end: int


def tag(text: str) -> Tag | None:
    """The tag of a message; None where the text has none near its beginning."""
    at = text.find("%", 0, HEAD)
    while at >= 0:
        if found := _TAG.match(text, at):
            return Tag(found["facility"], int(found["severity"]), found["mnemonic"], at, found.end())
        at = text.find("%", at + 1, HEAD)
    return None


class Origin(NamedTuple):
    """What stands before a message."""

    host: str
    time: str
    """The device's own stamp, the last before the message."""
    zone: str
    sequence: str
    """The device's own number, the last before the message."""


_NONE = Origin("", "", "", "")


def origin(text: str) -> Origin:
    """Host, time and sequence number out of `7422: ASR920: 007428: Aug  3 08:11:02.204 CEST: `, in any order."""
    if not text.strip(" :"):
        return _NONE
    stamp = None
    for found in _TIME.finditer(text):
        stamp = found
    rest = _TIME.sub(" : ", text) if stamp else text
    host = sequence = zone = ""
    for word in rest.split():
        part = word.strip(":")
        if not part:
            continue
        if _SEQUENCE.match(part):
            sequence = part
        elif _UPTIME.match(part):
            continue
        elif _is_zone(part):
            zone = part
        elif not host and (_HOST.match(part) or network.is_ip(part)):
            host = part
    return Origin(host, stamp[0] if stamp else "", (stamp["zone"] if stamp else "") or zone, sequence)


@lru_cache(maxsize=1024)
def _is_zone(word: str) -> bool:
    return bool(_ZONE.match(word)) and zone_names.called(word, _NOWHERE) is not _NOWHERE


def zone_of(word: str) -> str:
    """A word that is the name of a time zone, else nothing."""
    return word if _is_zone(word) else ""


def moment(text: str, zone: str, where: tzinfo, arrived: int) -> int | None:
    """The instant of a device's stamp; None where there is none."""
    stamp = _TIME.match(text)
    if stamp is None:
        return None
    if stamp["iso"]:
        return iso(stamp["iso"], where)
    year = stamp["before"] or stamp["after"] or stamp["late"]
    day = Day(MONTHS.get(stamp["month"].lower(), 0), int(stamp["day"]), int(year) if year else None)
    return wall(day, stamp["clock"], zone_names.called(zone, where) if zone else where, arrived)


def header_time(frame: Frame, arrived: int, zone: str = "") -> int | None:
    """The time of the syslog header, in the zone that the device names behind it."""
    header = frame.syslog
    if header is None or not header.time:
        return None
    return syslog_time(header.time, zone_names.called(zone, frame.zone) if zone else frame.zone, arrived)


def name_host(document: Document, host: str | None) -> None:
    """The device that wrote the record is its host and its observer."""
    if host:
        document["host.name"] = document["host.hostname"] = host
        document["observer.name"] = document["observer.hostname"] = host
        if network.is_ip(host):
            document["observer.ip"] = [host]


def severity(document: Document, level: int) -> None:
    """A severity digit as number and word."""
    document["event.severity"] = level
    document["log.level"] = LEVELS[level] if level < len(LEVELS) else None
