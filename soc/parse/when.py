"""Time stamps of text formats: missing years, missing zones, and clocks that are plainly wrong."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from soc import instant

if TYPE_CHECKING:
    from datetime import tzinfo

MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip

_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?")
_ACCESS = re.compile(r"(\d{1,2})/([A-Za-z]{3})/(\d{4})[: ](\d\d:\d\d:\d\d)(?:\.(\d+))? ?([+-]\d\d:?\d\d)?")
_CTIME = re.compile(
    r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2})  ?(\d{1,2}) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(?:\.(\d+))?(?: (\d{4}))?"
)


class Day(NamedTuple):
    """A date as a record has it."""

    month: int
    day: int
    year: int | None
    """None where the record leaves it out."""


def zone(name: str) -> tzinfo:
    """As `instant.zone`, and `GMT+2` or `UTC-0430` as people write them: hours east of Greenwich; ValueError if neither."""
    if offset := _OFFSET.fullmatch(name):
        return instant.zone(f"{offset[1]}{int(offset[2]):02}:{offset[3] or '00'}")
    return instant.zone(name)


def zone_or(name: str, otherwise: tzinfo) -> tzinfo:
    """The zone that a record names, or another where it names none that exists."""
    try:
        return zone(name) if name else otherwise
    except ValueError:
        return otherwise


def iso(text: str, where: tzinfo) -> int | None:
    """As `instant.parse_iso`, with decimal commas and leap seconds, which become the second before."""
    found = instant.parse_iso(text.replace(",", "."), where)
    if found is None and ":60" in text:
        return instant.parse_iso(text.replace(",", ".").replace(":60", ":59"), where)
    return found


def syslog_time(text: str, where: tzinfo, arrived: int) -> int | None:
    """The time of a syslog header: ISO 8601, `Mmm dd hh:mm:ss`, or that with a year."""
    return iso(text, where) if text[:1].isdigit() else ctime(text, where, arrived)


def ctime(text: str, where: tzinfo, arrived: int) -> int | None:
    """`Mmm dd hh:mm:ss`, with the year before or after the clock or left out, with or without a week day."""
    found = _CTIME.fullmatch(text)
    if found is None:
        return None
    year = found[3] or found[6]
    return _from_parts(Day(MONTHS.get(found[1].lower(), 0), int(found[2]), int(year) if year else None),
                       found[4], found[5], where, arrived)  # fmt: skip


def access_time(text: str, where: tzinfo) -> int | None:
    """`10/Oct/2000:13:55:36 -0700`, as web servers write it; in `where` if it names no zone."""
    found = _ACCESS.match(text)
    if found is None:
        return None
    day = Day(MONTHS.get(found[2].lower(), 0), int(found[1]), int(found[3]))
    return _from_parts(day, found[4], found[5], zone_or(found[6] or "", where), 0)


def epoch(text: str | None) -> int | None:
    """A Unix time in digits, in any unit (see `instant.from_epoch`)."""
    return instant.from_epoch(int(text)) if text and len(text) <= 19 and text.isascii() and text.isdigit() else None


def klog_time(text: str, where: tzinfo, arrived: int) -> int | None:
    """`mmdd hh:mm:ss.ffffff`, without a year."""
    clock, _, fraction = text[5:].partition(".")
    return _from_parts(Day(int(text[:2]), int(text[2:4]), None), clock, fraction, where, arrived)


def _from_parts(day: Day, clock: str, fraction: str | None, where: tzinfo, arrived: int) -> int | None:
    hour, minute, second = (int(part) for part in clock.split(":"))
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    best: int | None = None
    for year in (day.year,) if day.year else _years_about(arrived // _QUARTER, where):
        try:
            when = datetime(year, day.month, day.day, hour, minute, min(second, 59), micros, tzinfo=where)
        except ValueError:  # 29 February in a year that has none, or no date at all
            continue
        told = instant.from_wall(when, where)
        if told is not None and (best is None or abs(told - arrived) < abs(best - arrived)):
            best = told
            if abs(best - arrived) < _SURELY:
                break
    return best


_QUARTER = 15 * instant.MINUTE
"""Clocks of different zones differ by whole quarters of an hour, so that a year begins in no zone between two."""
_SURELY = 180 * instant.DAY
"""What lies so near lies farther away in any other year."""


@lru_cache(maxsize=256)
def _years_about(quarter: int, where: tzinfo) -> tuple[int, int, int]:
    """The years that a date without one may lie in: the nearest to its arrival is meant."""
    here = instant.to_datetime(quarter * _QUARTER).astimezone(where).year
    return here, max(here - 1, 1), min(here + 1, 9999)


def wall(day: Day, clock: str, where: tzinfo, arrived: int) -> int | None:
    """A date and `hh:mm:ss[.ffffff]` as an instant; without a year the nearest to its arrival is meant. None if there is none."""
    time, _, fraction = clock.partition(".")
    return _from_parts(day, time, fraction, where, arrived)
