"""The seam AlertStore over one SQLite file (WAL) that several processes read and write at once.

SQLite runs in two threads of the store's own, never on the event loop: one writes, one reads, so that a long search does
not keep a decision waiting.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from soc import alerting, instant
from soc.alerting import exceptions
from soc.alerting.rollup import REFS
from soc.log.database import Database
from soc.stores import Conflict, NotFound, Page, Query, Verdicts, indexed, pages, sqlite_query, sqlite_rows
from soc.stores.triage import apply_change

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeVar

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.alerting.exceptions import Values
    from soc.finding import Finding
    from soc.stores import Change, Collection, Document

    T = TypeVar("T")

_CREATED = 100
"""Documents of one transaction; with their values and words about 1,000 rows, so that others never wait long."""
_DELETED = 100
_ROLLED_UP = 50
_CACHE = "PRAGMA cache_size = -32000"  # KiB


class SqliteStore:
    """The seam AlertStore."""

    def __init__(self, writer: Database, reader: Database, path: Path) -> None:
        self._writer = writer
        self._reader = reader
        self._writing = ThreadPoolExecutor(1, thread_name_prefix=f"write {path.name}")
        self._reading = ThreadPoolExecutor(1, thread_name_prefix=f"read {path.name}")

    @classmethod
    async def open(cls, path: Path) -> SqliteStore:
        """Raises errors.Unavailable if the file cannot be opened or written; the message says why."""
        writer, reader = await asyncio.to_thread(_open, path)
        return cls(writer, reader, path)

    async def create(self, findings: Sequence[Finding], alerts: Sequence[Alert], ingested: int) -> Verdicts:
        rejected: dict[str, str] = {}
        # Alerts first: a finding that is there has its alert, so that no roll-up misses one.
        opened, _ = await self._create("alert", [(alert.id, alert.document) for alert in alerts], rejected)
        stamped = [(finding.id, indexed.stamped(finding.document, ingested)) for finding in findings]
        created, duplicates = await self._create("finding", stamped, rejected)
        return Verdicts(created, duplicates, opened, rejected=rejected)

    async def _create(
        self, collection: Collection, documents: Sequence[tuple[str, Document]], rejected: dict[str, str]
    ) -> tuple[int, int]:
        created = duplicates = 0
        for chunk in _chunks(documents, _CREATED):
            fresh, known, refused = await self._write(_create, collection, chunk)
            created, duplicates = created + fresh, duplicates + known
            rejected |= refused
        return created, duplicates

    async def get(self, collection: Collection, id_: str) -> Document:
        found = await self._read(sqlite_rows.get, collection, id_)
        if found is None:
            raise NotFound(f"there is no {collection} {id_}")
        return found[1]

    async def search(self, query: Query) -> Page:
        indexed.check(query)
        return await self._read(_search, query)

    async def facets(self, query: Query, fields: Sequence[str], limit: int = 20) -> Mapping[str, Mapping[str, int]]:
        indexed.check(query)
        indexed.check_facets(fields, limit)
        return {field: await self._read(_facet, query, field, limit) for field in fields}

    async def triage(self, id_: str, change: Change, revision: int) -> Document:
        return await self._write(_triage, id_, change, revision)

    async def roll_up(self, since: int, suppressions: Suppressions | None = None, also: Sequence[str] = ()) -> int:
        changed = 0
        touched = dict.fromkeys([*await self._read(sqlite_rows.touched, since), *also])
        for chunk in _chunks(touched, _ROLLED_UP):
            told = await self._read(_rolled_up, chunk, suppressions)
            if told:
                changed += await self._write(_replace, told, suppressions)
        return changed

    async def expire(self, before: int, *, samples: bool = False) -> int:
        asked = ("samples", _DELETED) if samples else ("old", instant.month(before), _DELETED)
        deleted = 0
        for collection in ("alert", "finding"):
            while some := await self._write(sqlite_rows.delete, collection, *asked):
                deleted += some
        if deleted:
            await asyncio.get_running_loop().run_in_executor(self._writing, _give_back, self._writer)
        return deleted

    async def setup(self) -> None:
        """The file is made when it is opened."""

    async def close(self) -> None:
        for thread, database in ((self._writing, self._writer), (self._reading, self._reader)):
            await asyncio.get_running_loop().run_in_executor(thread, database.close)
            thread.shutdown(wait=False)

    async def _read(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, _in, self._snapshot, function, arguments)

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """Several statements see the same documents."""
        with self._reader.reading() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    async def _write(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._writing, _in, self._writer.writing, function, arguments
        )


def _open(path: Path) -> tuple[Database, Database]:
    databases = []
    for _ in range(2):
        database = Database(path, sqlite_query.schema())
        with database.reading() as connection:
            connection.execute(_CACHE).close()
        databases.append(database)
    return databases[0], databases[1]


def _in(
    access: Callable[[], AbstractContextManager[sqlite3.Connection]],
    function: Callable[..., T],
    arguments: Sequence[object],
) -> T:
    with access() as connection:
        return function(connection, *arguments)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


# From here on in a thread, within a transaction.


def _create(
    connection: sqlite3.Connection, collection: Collection, documents: Sequence[tuple[str, Document]]
) -> tuple[int, int, dict[str, str]]:
    created = duplicates = 0
    refused: dict[str, str] = {}
    for id_, document in documents:
        try:
            json = indexed.encoded(document)
        except ValueError as error:
            refused[id_] = f"not JSON: {error}"
            continue
        fresh = sqlite_rows.insert(connection, collection, document, json)
        created, duplicates = created + fresh, duplicates + (not fresh)
    return created, duplicates, refused


def _search(connection: sqlite3.Connection, query: Query) -> Page:
    after = pages.decode(query)
    found: list[int] = []
    for statement in sqlite_query.places(query, after, query.limit + 1):
        if len(found) <= query.limit:
            found += [row[0] for row in connection.execute(*statement)]
    shown = [sqlite_rows.document(connection, query.collection, n) for n in found[: query.limit]]
    following = pages.encode(query, pages.place_of(query, shown[-1])) if len(found) > query.limit else ""
    total = connection.execute(*sqlite_query.total(query)).fetchone()[0]
    return Page(shown, following, total)


def _facet(connection: sqlite3.Connection, query: Query, field: str, limit: int) -> dict[str, int]:
    return {str(value): times for value, times in connection.execute(*sqlite_query.facet(query, field, limit))}


def _triage(connection: sqlite3.Connection, id_: str, change: Change, revision: int) -> Document:
    found = sqlite_rows.get(connection, "alert", id_)
    if found is None:
        raise NotFound(f"there is no alert {id_}")
    n, before = found
    if before["triage"]["revision"] != revision:
        raise Conflict(before)
    after = {**before, "triage": apply_change(before["triage"], change)}
    sqlite_rows.replace(connection, n, before, after)
    return after


class _Told(NamedTuple):
    """What an alert follows from."""

    id: str
    findings: list[Document]
    """As many as a roll-up needs."""
    total: int
    values: Values | None = None
    """Of all findings, where exceptions ask for more than those at hand."""

    def rolled_up(self, alert: Document, suppressions: Suppressions | None) -> Document:
        after = alerting.roll_up(alert, self.findings, self.total)
        if suppressions is None:
            return after
        return exceptions.marked(after, exceptions.marks(after, self.findings, suppressions, self.values))


def _rolled_up(connection: sqlite3.Connection, ids: Sequence[str], suppressions: Suppressions | None) -> list[_Told]:
    """The alerts that change."""
    changing = []
    for id_ in ids:
        found = sqlite_rows.get(connection, "alert", id_)
        findings, total = sqlite_rows.findings_of(connection, id_)
        if found is not None and total:
            told = _Told(id_, findings, total)
            if suppressions and suppressions.all and total > len(exceptions.whole(findings)):
                told = told._replace(values=_values(connection, told, found[1], suppressions))
            if told.rolled_up(found[1], suppressions) != found[1]:
                changing.append(told)
    return changing


def _values(connection: sqlite3.Connection, told: _Told, alert: Document, suppressions: Suppressions) -> Values:
    """What all findings of a large alert hold, of the fields that exceptions ask for."""
    after = alerting.roll_up(alert, told.findings, told.total)
    asked = exceptions.undecided(after, told.findings, suppressions)
    return {field: _values_of(connection, told, field) for field in asked}


def _values_of(connection: sqlite3.Connection, told: _Told, field: str) -> frozenset[str] | None:
    if not indexed.countable(field):
        documents = sqlite_rows.first_findings(connection, told.id, REFS) if told.total <= REFS else []
        return exceptions.values_of(documents, field) if documents else None
    of_alert: dict[str, Sequence[str | int]] = {"soc.alert_id": [told.id]}
    counted = _facet(connection, Query("finding", filters=of_alert), field, indexed.MAX_FACET)
    lacking = sqlite_query.total(Query("finding", filters={**of_alert, field: [""]}))
    return indexed.all_values(counted, lacking=connection.execute(*lacking).fetchone()[0] > 0)


def _replace(connection: sqlite3.Connection, changing: Sequence[_Told], suppressions: Suppressions | None) -> int:
    """Roll alerts up, each as it is now: people may have changed it since it was read."""
    changed = 0
    for told in changing:
        found = sqlite_rows.get(connection, "alert", told.id)
        if found is not None:
            n, before = found
            sqlite_rows.replace(connection, n, before, told.rolled_up(before, suppressions))
            changed += 1
    return changed


def _give_back(database: Database) -> None:
    """Return the space of what was deleted to the file system."""
    with database.reading() as connection:
        connection.execute("PRAGMA incremental_vacuum").fetchall()
