"""Text for terminals: everything that comes from logs is escaped, columns line up, times are the site's."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from soc import instant, logs
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": instant.MINUTE, "h": instant.HOUR, "d": instant.DAY}
_GAP = "  "


def local(told: str | int, zone: tzinfo) -> str:
    """An instant, or its ISO text, as the clocks of the site show it; what is no time is shown as it is."""
    when = instant.parse_iso(told) if isinstance(told, str) else told
    if when is None:
        return logs.escape(str(told))
    return instant.to_datetime(when).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def since(text: str, now: int, zone: tzinfo) -> int:
    """`24h`, `15m`, `7d` back from now, or an ISO time in the site's zone.

    Raises:
        ConfigurationError: it is neither.
    """
    if span := _SPAN.fullmatch(text):
        return now - int(span[1]) * _UNITS[span[2]]
    when = instant.parse_iso(text, zone)
    if when is None:
        raise ConfigurationError(f"{text!r} is neither a span (15m, 24h, 7d) nor a time (2026-01-31T08:00)")
    return when


def columns(rows: Sequence[Sequence[str]], most: Sequence[int]) -> Iterator[str]:
    """Lines of aligned cells, each cut to the most that its column may have; the cells are escaped here."""
    cells = [[cut(logs.escape(cell), limit) for cell, limit in zip(row, most, strict=True)] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True))
        yield _GAP.join(padded).rstrip()


def width(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def cut(text: str, most: int) -> str:
    """A text of at most so many cells, ending in `…` if something is missing."""
    if width(text) <= most:
        return text
    kept, room = "", most - 1
    for char in text:
        room -= _cells(char)
        if room < 0:
            break
        kept += char
    return kept + "…"
