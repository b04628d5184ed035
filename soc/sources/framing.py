"""Bytes of a file to records: lines, records of several lines, header lines; the same bytes always give the same records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from soc.parse.frame import MAX_BYTES

if TYPE_CHECKING:
    from re import Pattern

MAX_LINES = 500
_KEPT = MAX_BYTES + 1
"""Of a longer line only this much is kept: one byte over what the parser takes, so that it ends as a dead letter."""
_NEXT_HEADER = re.compile(rb"#(?:Fields:|fields\t)")
# What W3C extended log files (IIS) and Zeek write between their records.
_DIRECTIVE = re.compile(
    rb"#(?:(?:Software|Version|Start-Date|End-Date|Date|Fields|Remark):"
    rb"|(?:separator|set_separator|empty_field|unset_field|path|open|close|fields|types)[ \t])"
)


class Framed(NamedTuple):
    """One record and where it lies."""

    offset: int
    end: int
    """After its line end: where reading goes on once it is done."""
    raw: bytes
    """Without the line end; of a line over MAX_BYTES the beginning, one byte longer than MAX_BYTES."""
    header: str


class Framer:
    """Fed with consecutive bytes of a file from a record's start on.

    `start` matches the first line of a record that may span several; None where each line is one.
    """

    def __init__(self, offset: int, start: Pattern[bytes] | None = None, header: str = "") -> None:
        self.at = offset
        """Up to where it has been fed."""
        self.header = header
        self._start = start
        self._line = b""
        self._line_at = offset
        self._record: list[bytes] = []
        self._record_at = offset
        self._record_end = offset
        self._record_size = 0
        self._record_header = header

    @property
    def boundary(self) -> int:
        """The start of what is unfinished: everything before it has been given out."""
        if self._record:
            return self._record_at
        return self._line_at if self._line else self.at

    @property
    def in_line(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._line)

    def feed(self, data: bytes) -> list[Framed]:
        """The records that these bytes complete."""
        found: list[Framed] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._hold(line)
            self.at += 1
            self._take_line(found)
        self._hold(rest)
        return found

    def close(self) -> list[Framed]:
        """What is unfinished, as if it ended here."""
        found: list[Framed] = []
        if self._line:
            self._take_line(found)
        self._flush(found)
        return found

    def _hold(self, part: bytes) -> None:
        if not self._line:
            # Holes: a file truncated under a writer that keeps its place, blocks after a crash.
            stripped = part.lstrip(b"\0")
            self._line_at = self.at + len(part) - len(stripped)
            self._line = stripped[:_KEPT]
        elif len(self._line) < _KEPT:
            self._line += part[: _KEPT - len(self._line)]
        self.at += len(part)

    def _take_line(self, found: list[Framed]) -> None:
        line, offset, self._line = self._line, self._line_at, b""
        if line[:1] == b"#" and _DIRECTIVE.match(line):
            self._flush(found)
            self.header = header_of(line) or self.header
        elif self._start is not None:
            self._add(line, offset, found)
        elif not _is_blank(line):
            found.append(Framed(offset, self.at, line.removesuffix(b"\r"), self.header))

    def _add(self, line: bytes, offset: int, found: list[Framed]) -> None:
        """A line of a format whose records may have several."""
        assert self._start is not None
        full = len(self._record) >= MAX_LINES or self._record_size + len(line) >= MAX_BYTES
        if self._record and (full or self._start.match(line)):
            self._flush(found)
        if not self._record:
            if _is_blank(line):
                return
            self._record_at, self._record_header, self._record_size = offset, self.header, 0
        self._record.append(line)
        self._record_size += len(line) + 1
        self._record_end = self.at

    def _flush(self, found: list[Framed]) -> None:
        if self._record:
            raw = b"\n".join(self._record).rstrip(b"\r\n")
            found.append(Framed(self._record_at, self._record_end, raw, self._record_header))
            self._record = []


def header_of(line: bytes) -> str:
    """The line as the header of those that follow; empty if it is none."""
    return line.rstrip(b"\r").decode("utf-8", "replace") if _NEXT_HEADER.match(line) else ""


def _is_blank(line: bytes) -> bool:
    return not line or line.isspace()
