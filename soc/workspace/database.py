"""The workspace's SQLite file: several processes write it, each statement stands in a `.sql` file beside the code."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

from soc.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_STEPS = ("schema", "schema_2")
"""Scripts that lead from an empty file to today's schema; each stays as it was released."""
VERSION = len(_STEPS)
"""Of the schema, kept as the file's `user_version`: how many steps the file has taken."""
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_BUSY_SECONDS = 5.0


def statements(name: str) -> Mapping[str, str]:
    """The named statements of `<name>.sql`."""
    _, *parts = _NAME.split(_sql(name))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


class Database:
    """One connection, used by one thread at a time. Every fault of SQLite is errors.Unavailable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with _faults(path):
            self._connection = _open(path)
            _migrate(self._connection, path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _faults(self.path):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that owns the file's write lock from its start, so what it reads stays true."""
        with self._lock, _faults(self.path), _transaction(self._connection):
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Password hashes are in it: nobody but the owner reads it, from its first byte on.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    # A damaged text must be readable, or the audit trail could not name the record.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    connection.execute("PRAGMA journal_mode = WAL").close()
    # FULL: an audit record that was confirmed must survive a power cut, or the head would accuse nobody's act.
    connection.execute("PRAGMA synchronous = FULL").close()
    connection.execute("PRAGMA foreign_keys = ON").close()
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    with _transaction(connection):
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise ConfigurationError(
                f"{path}: was written by a newer version ({found}); run that one, or restore a backup"
            )
        if found < VERSION:
            for step in _STEPS[found:]:
                for statement in _split(_sql(step)):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")


def _split(script: str) -> Iterator[str]:
    """The statements of a script; a trigger's body holds semicolons of its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"{path}: {error}; check the disk's space and the file's owner") from error
