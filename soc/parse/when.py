"""Time stamps of text formats: missing years, missing zones, and clocks that are plainly wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from soc import instant

if TYPE_CHECKING:
    from datetime import tzinfo

MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip


def syslog_time(text: str, zone: tzinfo, arrived: int) -> int | None:
    """The time of a syslog header: ISO 8601, `Mmm dd hh:mm:ss`, or that with a year."""
    if text[:1].isdigit():
        return instant.parse_iso(text.replace(",", "."), zone)
    month = MONTHS.get(text[:3].lower())
    parts = text[3:].split()
    if month is None or len(parts) not in {2, 3}:
        return None
    year = int(parts[1]) if len(parts) == 3 else None
    try:
        clock, _, fraction = parts[-1].partition(".")
        hour, minute, second = (int(part) for part in clock.split(":"))
        return without_year(month, int(parts[0]), hour, minute, second, zone, arrived, year, fraction)
    except ValueError:
        return None


def without_year(  # noqa: PLR0913 (the parts of a date)
    month: int, day: int, hour: int, minute: int, second: int, zone: tzinfo, arrived: int,
    year: int | None = None, fraction: str = "",
) -> int | None:  # fmt: skip
    """A date whose year is missing, in the year that puts it nearest to its arrival; None if there is no such day."""
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    here = instant.to_datetime(arrived).astimezone(zone).year
    best: int | None = None
    for candidate in (year,) if year else (here, here - 1, here + 1):
        try:
            when = datetime(candidate, month, day, hour, minute, min(second, 59), micros, tzinfo=zone)
        except ValueError:  # 29 February in a year that has none
            continue
        told = instant.from_datetime(when)
        if best is None or abs(told - arrived) < abs(best - arrived):
            best = told
    return best
