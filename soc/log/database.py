"""An SQLite file for positions and messages: statements from `.sql` files, and every fault a message that says how to mend it."""

from __future__ import annotations

import asyncio
import errno
import re
import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

from soc import logs
from soc.errors import DiskFull, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path
    from typing import TypeVar

    T = TypeVar("T")

log = logs.get(__name__)
BUSY_SECONDS = 5.0
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_FIXES = {
    "full": "free space on that disk; work goes on by itself",
    "readonly": "give the file and its folder to the service's user",
    "unable to open": "the folder must exist and belong to the service's user",
    "locked": "another program holds the file; it is tried again",
    "malformed": "the file is damaged; stop the service and restore or remove it",
    "not a database": "the file is no SQLite file; stop the service and move it away",
}


def statements(package: str, name: str) -> Mapping[str, str]:
    """The named statements of `<name>.sql` in a package."""
    text = files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


class Database:
    """One connection; whoever calls holds it alone. Every fault of SQLite is errors.Unavailable."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._faults():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._open()
            try:
                self._prepare(schema)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._faults():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that owns the file's write lock from its start; durable when the block ends."""
        with self._lock, self._faults():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def _prepare(self, schema: str) -> None:
        connection = self._connection
        # Space of trimmed messages goes back to the file system; this works before the first table only.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL").close()
        _into_wal(connection)
        # FULL: an instant of arrival that has been used must survive a power cut, or the same record gets another.
        connection.execute("PRAGMA synchronous = FULL").close()
        with self.writing():
            for statement in schema.split(";"):
                connection.execute(statement)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, sqlite3.InterfaceError, OSError) as error:
            text = str(error)
            fix = next(
                (fix for part, fix in _FIXES.items() if part in text), "check the disk's space and the file's owner"
            )
            kind = DiskFull if "full" in text or getattr(error, "errno", None) == errno.ENOSPC else Unavailable
            raise kind(f"{self.path}: {text}; {fix}") from error


def _into_wal(connection: sqlite3.Connection) -> None:
    """Changing the journal mode does not wait for a lock by itself, and two processes may start at once."""
    for attempt in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            threading.Event().wait(BUSY_SECONDS / 100)
        else:
            return


async def patiently(attempt: Callable[[], Awaitable[T]], what: str) -> T:
    """Try again and again while something is unavailable, later and later up to every 5 s; said once."""
    wait = 0.1
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            if wait == 0.1:
                log.error("cannot go on, trying again", what=what, error=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)
