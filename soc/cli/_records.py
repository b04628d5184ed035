"""Lines of a file as records, for the commands that read files by themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO

from soc.record import LogSource, Record
from soc.sources.framing import header_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def records_of(file: BinaryIO, format_: str = "", timezone: str = "UTC") -> Iterator[Record]:
    """A record for every line, those after a header line with it (`#Fields` of IIS, `#fields` of Zeek)."""
    header = ""
    for number, line in enumerate(file):
        raw = line.rstrip(b"\r\n")
        header = header_of(raw) or header
        yield record_of(raw, number, format_, timezone)._replace(header=header)


def record_of(raw: bytes, number: int, format_: str = "", timezone: str = "UTC", topic: str = "logs.host") -> Record:
    """A line as a record that arrives now: what lacks a year is taken as recent."""
    return Record(raw, "file:-", number, time.time_ns() // 1000, LogSource(topic, format=format_, timezone=timezone))
