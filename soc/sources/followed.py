"""One file that is followed from where its ledger says, over everything that can happen to it."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from soc import instant, parse
from soc.record import Record
from soc.sources.framing import Framer
from soc.sources.ledger import Known, Slice
from soc.sources.opened import Plain, Refused, open_file
from soc.sources.recognised import dated, format_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from re import Pattern

    from soc.record import LogSource
    from soc.sources.framing import Framed

CHUNK = 256 << 10
BEGINNING, HEAD, TAIL, COMPARED = 64, 1024, 256, 64 << 10
IDLE = 2 * instant.SECOND
"""A record of several lines ends when nothing follows for so long; so does a whole file."""
CLOCKS_DIFFER = 10 * instant.MINUTE
"""A file server's clock may be late by so much; what grows before our eyes grows now."""
IDLE_IN_LINE = instant.MINUTE
"""A line without its end is taken as it is after so long: writers with a buffer stop within lines."""


_NOWHERE = -1
"""The device and inode of what has lost its file."""


class Staged(NamedTuple):
    """Records that may be handed out once their slice is in the ledger."""

    slice: Slice
    is_new: bool
    records: list[tuple[Record, int]]
    """With the position after each."""


class Followed:
    """`ready` records may go on: their arrival is written down."""

    def __init__(self, known: Known, undone: Iterable[Slice], now: int) -> None:
        """`undone` are the slices that were written down and must be handed out again."""
        self.known = known
        self.partition = f"file:{known.incarnation}"
        self.path = known.path
        self._beginning = known.head[:BEGINNING]
        self.ready: deque[tuple[Record, int]] = deque()
        self.undone = deque(undone)
        self.lost_sight: int | None = None
        """Since when no configured path shows it."""
        self.trouble = ""
        """Why it cannot be read now; it is tried again whenever it is looked at."""
        self.is_refused = False
        """Whether its rest cannot be read at all, as long as it does not change."""
        self.at_end = False
        """Whether there was nothing more to read when it was looked at last."""
        self._file: Plain | None = None
        self._looked: tuple[int, int, int] | None = None
        self._grown = now
        self._framer: Framer | None = None
        self._begun = b""
        """The last bytes that the framer was fed."""

    @property
    def source(self) -> LogSource:
        return self.known.source

    @property
    def is_idle(self) -> bool:
        """Whether it is read to its end and everything has been handed out."""
        return self.at_end and not self.ready and not self.undone

    @property
    def is_live(self) -> bool:
        """Whether the clock of windows must hear from it."""
        if self.source.whole:
            return False
        if self.is_refused or self.trouble:
            return bool(self.ready)
        if self.lost_sight is not None and not self.has_file:
            return bool(self.ready or self.undone)
        return self.lost_sight is None or not self.is_idle

    @property
    def is_ended(self) -> bool:
        """Whether all of a whole file has been handed out."""
        is_over = self.at_end or self.is_refused or self.lost_sight is not None
        return self.known.finished is not None and is_over and not self.ready and not self.undone

    @property
    def has_file(self) -> bool:
        return self._file is not None

    @property
    def is_cut(self) -> bool:
        """Whether it is a packed file that lacks its end."""
        return self._file is not None and self._file.is_cut

    @property
    def is_whole_lines(self) -> bool:
        """Whether nothing has begun that is not handed out."""
        return self._framer is None or self._framer.boundary == self._framer.at

    def quiet(self, now: int) -> int:
        """How long it has not grown."""
        return now - self._grown

    def is_still(self, path: Path, status: os.stat_result, now: int) -> bool:
        """Whether what lies at `path` is this file, grown or not. OSError, Refused if it cannot be read."""
        looked = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        self.path = str(path)
        if looked == self._looked:
            return True
        if self._file is None:
            self._file = open_file(path)
        if not (matches(self._file, self.known) and self._has_begun(self._file)):
            return False
        self._grown = now if self._looked else _grown(status, now)
        self._looked, self.at_end, self.is_refused = looked, False, False
        return True

    def reads_as(self, source: LogSource) -> None:
        """The configuration may have changed."""
        self.known = self.known._replace(source=source)

    def finish(self, now: int) -> bool:
        """Whether a whole file has just come to its end."""
        if not self.source.whole or self.known.finished is not None or self.undone:
            return False
        is_read = self.at_end and self.is_whole_lines and self.quiet(now) >= IDLE
        if is_read or self.is_refused:
            self.known = self.known._replace(finished=now)
        return self.known.finished is not None

    def look_again(self) -> None:
        """It has no path that would tell whether it grew."""
        self.at_end = False

    def take_over(self, file: Plain, now: int) -> None:
        """Read on in another file that holds the same content: a copy, or the packed one."""
        status = file.status()
        self.orphan()
        self._file, self.path = file, str(file.path)
        self._beginning = file.read(0, BEGINNING)
        self._grown = _grown(status, now)
        self.known = self.known._replace(device=status.st_dev, inode=status.st_ino)

    def orphan(self) -> None:
        """Its file is another one now; what it had not told is to be looked for in a copy."""
        self.rest()
        self.known = self.known._replace(device=_NOWHERE, inode=_NOWHERE)
        self._looked, self._framer, self.at_end = None, None, False

    def rest(self) -> None:
        """Close the file; it is opened again when it has grown."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def load(self, now: int, starts: Mapping[str, Pattern[bytes]]) -> Staged | None:
        """The next slice, None if there is nothing more now. OSError, Refused."""
        if self._file is None or (self.at_end and not self._unfinished(now)):
            return None
        if self.undone:
            return self._again(self._file, starts)
        framer = self._framing(self._file, starts)
        header = framer.header
        data = self._file.read(framer.at, CHUNK)
        if data and not self._is_unharmed(self._file, framer.at + len(data)):
            return None
        framed = framer.feed(data)
        self._begun = (self._begun + data)[-TAIL:]
        if data:
            self._grown = max(self._grown, self._modified(self._file, now))
        elif self._unfinished(now):
            framed = framer.close()
        self.at_end = not data or self._file.ends_at(framer.at)
        return self._stage(self._file, framer, framed, header, now)

    def commit(self, staged: Staged) -> None:
        """The slice is in the ledger."""
        self.ready.extend(staged.records)

    def forget(self, known: Known) -> None:
        """The slice did not get into the ledger: read it again."""
        self.known = known
        self._framer, self.at_end = None, False

    def begins_as(self, beginning: bytes) -> bool:
        """Whether it is worth comparing it with a file that begins so."""
        mine = self._beginning
        return bool(mine) and (mine.startswith(beginning) or beginning.startswith(mine))

    def shares_content(self, file: Plain) -> bool:
        """Whether another file holds what this one holds, as far as it goes."""
        mine = self._file or open_file(Path(self.path))
        try:
            beginning = file.read(0, COMPARED)
            if not beginning or mine.read(0, len(beginning)) != beginning:
                return False
            last = 0 if file.is_packed else max(0, file.length() - HEAD)
            rest = file.read(last, HEAD)
            return mine.read(last, len(rest)) == rest
        finally:
            if mine is not self._file:
                mine.close()

    def _framing(self, file: Plain, starts: Mapping[str, Pattern[bytes]]) -> Framer:
        if self._framer is None:
            if starts and not self.known.format:
                self.known = self.known._replace(format=self._recognised(file))
            self._framer = Framer(self.known.read_to, starts.get(self.known.format), self.known.header)
            self._begun = b""
        return self._framer

    def _recognised(self, file: Plain) -> str:
        """The first line decides how lines are joined, once for the life of the file."""
        if self.source.format:
            return self.source.format
        first = Framer(0).feed(file.read(0, COMPARED))
        return format_of(self._record(first[0], 0, 0)) if first else ""

    def _unfinished(self, now: int) -> bool:
        """Whether what has begun must be taken as it is."""
        if self._framer is None or self.is_whole_lines:
            return False
        is_over = self.source.whole or self.lost_sight is not None
        return self.quiet(now) >= (IDLE_IN_LINE if self._framer.in_line and not is_over else IDLE)

    def _is_unharmed(self, file: Plain, end: int) -> bool:
        """Whether what was just read is of this file: it may have been truncated and written anew meanwhile."""
        if file.is_packed or (file.holds(end) and matches(file, self.known) and self._has_begun(file)):
            return True
        self._framer, self._looked = None, None
        return False

    def _has_begun(self, file: Plain) -> bool:
        """Whether what has begun and is not handed out is there still."""
        if self._framer is None or file.is_packed:
            return True
        start = self._framer.at - len(self._begun)
        return file.holds(self._framer.at) and file.read(start, len(self._begun)) == self._begun

    def _stage(self, file: Plain, framer: Framer, framed: list[Framed], header: str, now: int) -> Staged | None:
        start, end = self.known.read_to, framer.boundary
        if end == start:
            return None
        arrived = self._modified(file, now) if self.source.whole else now
        piece = Slice(self.known.incarnation, start, end, arrived, header)
        before = 0 if file.is_packed else min(end, TAIL)
        self.known = self.known._replace(
            read_to=end,
            header=framer.header,
            head=file.read(0, min(end, HEAD)),
            tail=file.read(end - before, before),
            finished=None,
        )
        return Staged(piece, True, self._records(piece, framed))

    @staticmethod
    def _modified(file: Plain, now: int) -> int:
        return min(now, file.modified())

    def _again(self, file: Plain, starts: Mapping[str, Pattern[bytes]]) -> Staged:
        """A slice that was written down before a restart, cut as it was then."""
        piece = self.undone[0]
        framer = Framer(piece.start, starts.get(self.known.format), piece.header)
        framed: list[Framed] = []
        while framer.at < piece.end:
            data = file.read(framer.at, min(CHUNK, piece.end - framer.at))
            if not data:
                raise Refused(f"{self.path}: ends at byte {framer.at} although it was read to {piece.end} before")
            framed += framer.feed(data)
        framed += framer.close()
        self.undone.popleft()
        return Staged(piece, False, self._records(piece, framed))

    def _records(self, piece: Slice, framed: list[Framed]) -> list[tuple[Record, int]]:
        records = [(self._record(each, piece.arrived, piece.start), each.end) for each in framed]
        if records:
            records[-1] = (records[-1][0], piece.end)
        return records

    def _record(self, framed: Framed, arrived: int, stride: int) -> Record:
        record = Record(framed.raw, self.partition, framed.offset, arrived, self.source, framed.header, stride=stride)
        return record if self.source.topic and not self.source.whole else dated(record)


def matches(file: Plain, known: Known) -> bool:
    """Whether a file begins as the known one does and has the same bytes before where that was read to."""
    if not file.holds(known.read_to) or file.read(0, len(known.head)) != known.head:
        return False
    return file.read(known.read_to - len(known.tail), len(known.tail)) == known.tail


def _grown(status: os.stat_result, now: int) -> int:
    """When a file that is seen for the first time has grown last."""
    modified = status.st_mtime_ns // 1000
    return modified if now - modified > CLOCKS_DIFFER else now


def starts_of_formats() -> dict[str, Pattern[bytes]]:
    """How the first line of a record looks in the formats whose records may have several."""
    return {name: format_.start for name, format_ in parse.formats().items() if format_.start}
