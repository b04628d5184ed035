"""Lines of a file as records, for the commands that read files by themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, BinaryIO

from soc.record import LogSource, Record

if TYPE_CHECKING:
    from collections.abc import Iterator


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Every line without its end; an empty last line is none."""
    for line in file:
        yield line.rstrip(b"\r\n")


def record_of(raw: bytes, number: int, format_: str = "", timezone: str = "UTC", topic: str = "logs.host") -> Record:
    """A line as a record that arrives now: what lacks a year is taken as recent."""
    return Record(raw, "file:-", number, time.time_ns() // 1000, LogSource(topic, format=format_, timezone=timezone))
