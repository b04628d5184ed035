"""The ledger of tailed files: who each file is, and which bytes arrived when, written before those bytes go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from soc.log.database import Database, statements
from soc.record import LogSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SQL = statements(__package__ or "", "ledger")
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(LogSource)


class Known(NamedTuple):
    """One incarnation of a file; the columns are explained in `ledger.sql`."""

    incarnation: str
    path: str
    source: LogSource
    device: int
    inode: int
    head: bytes = b""
    tail: bytes = b""
    read_to: int = 0
    header: str = ""
    format: str = ""
    done_to: int = 0
    finished: int | None = None
    seen: int = 0


class Slice(NamedTuple):
    """Consecutive whole records of a file that were read at once: they have one arrival and are one stride."""

    incarnation: str
    start: int
    end: int
    arrived: int
    header: str


class Ledger:
    """Blocking; its statements stand in `ledger.sql`."""

    def __init__(self, path: Path) -> None:
        """Raises errors.Unavailable where the file cannot be written."""
        self.path = path
        self._database = Database(path, _SQL["schema"])

    def files(self) -> list[Known]:
        with self._database.reading() as connection:
            rows = connection.execute(_SQL["files"]).fetchall()
        return [Known(name, path, _DECODER.decode(source), *rest) for name, path, source, *rest in rows]

    def put(self, files: Iterable[Known], slices: Iterable[Slice] = (), written: int = 0) -> None:
        """Files as they stand now (what is done stays) and their new slices, durable on return."""
        with self._database.writing() as connection:
            connection.executemany(_SQL["put_file"], [_row(each) for each in files])
            connection.executemany(_SQL["put_slice"], [(*each, written) for each in slices])

    def slices(self, incarnation: str, beyond: int) -> list[Slice]:
        """The slices that do not end before `beyond`, in order."""
        with self._database.reading() as connection:
            return [Slice(*row) for row in connection.execute(_SQL["slices"], (incarnation, beyond))]

    def done(self, positions: Mapping[str, int]) -> None:
        """Everything before these offsets, by incarnation, is durable elsewhere."""
        with self._database.writing() as connection:
            connection.executemany(_SQL["done"], [(offset, name) for name, offset in positions.items()])

    def trim(self, keep_after: int, forgotten: Iterable[str] = ()) -> None:
        """Delete slices that are done and were written before an instant, and these files once they have none."""
        with self._database.writing() as connection:
            connection.execute(_SQL["drop_slices"], (keep_after,))
            connection.executemany(_SQL["drop_file"], [(name,) for name in forgotten])

    def close(self) -> None:
        self._database.close()


def _row(known: Known) -> tuple[object, ...]:
    return (*known[:2], _ENCODER.encode(known.source), *known[3:])
