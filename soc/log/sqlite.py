"""The seam Log over one SQLite file (WAL): appends are safe from several processes, groups live in one.

SQLite runs in a thread of the log's own, never on the event loop.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count, groupby
from typing import TYPE_CHECKING

from soc.clock import SystemClock
from soc.errors import ConfigurationError
from soc.log import Delivered, Position
from soc.log.database import Database, statements
from soc.log.group import BATCH_BYTES, Group, LocalReader, News
from soc.log.local_history import history
from soc.log.memory import chosen

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from soc.clock import Clock
    from soc.log import Message, Reader

    T = TypeVar("T")

_SQL = statements(__package__ or "", "sqlite")
_SPAN = 1 << 40
"""Offsets of one partition; see the schema's `place`."""
_TRIM = 20_000
"""Messages that one call of `trim` deletes at most, so that appends never wait long."""


class SqliteLog:
    """The seam Log."""

    def __init__(self, database: Database, thread: ThreadPoolExecutor, partitions: int, clock: Clock) -> None:
        self._database = database
        self._thread = thread
        self._partitions = partitions
        self._clock = clock
        self._ids: dict[str, tuple[int, ...]] = {}
        self._groups: dict[str, Group] = {}
        self._news = News()
        self._turn = count()

    @classmethod
    async def open(cls, path: Path, *, partitions: int = 4, clock: Clock | None = None) -> SqliteLog:
        """`partitions` is how many a new topic gets; one that exists keeps its own.

        Raises:
            errors.Unavailable: the file cannot be opened or written; the message says why.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"log {path.name}")
        try:
            database = await asyncio.get_running_loop().run_in_executor(thread, Database, path, _SQL["schema"])
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(database, thread, partitions, clock or SystemClock())

    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        await self.append_all({topic: messages})

    async def append_all(self, messages: Mapping[str, Sequence[Message]]) -> None:
        """Messages for several topics in one transaction."""
        await self._run(self._append, messages)
        self._news.tell()

    async def reader(self, group: str, topics: Sequence[str]) -> Reader:
        for topic in topics:
            await self.partitions(topic)
        return LocalReader(self, self._news, self._groups.setdefault(group, Group(group)), topics)

    async def partitions(self, topic: str) -> int:
        return len(await self._run(self._topic, topic))

    def kept(self, topic: str, partitions: Collection[int]) -> AsyncIterator[Sequence[Delivered]]:
        return history(self, [topic], partitions=partitions)

    async def close(self) -> None:
        await self._run(self._database.close)
        self._thread.shutdown(wait=False)

    async def trim(self, topic: str, keep_after: int, below: Mapping[int, int] | None = None) -> int:
        """Delete what was appended before an instant and is done; how many messages, _TRIM at most.

        Done is what lies below the least committed position of any group; `below` (by partition) replaces that.
        """
        return await self._run(self._trim, topic, keep_after, below)

    async def count(self, topic: str) -> int:
        return await self.partitions(topic)

    async def bounds(self, positions: Sequence[Position]) -> Mapping[Position, tuple[int, int]]:
        return await self._run(self._bounds, positions)

    async def fetch(self, position: Position, offset: int, limit: int) -> Sequence[Delivered]:
        return await self._run(self._fetch, position, offset, limit)

    async def remember(self, group: str, positions: Mapping[Position, int], metadata: str) -> None:
        await self._run(self._remember, group, positions, metadata)

    async def remembered(self, group: str) -> Mapping[Position, tuple[int, str]]:
        return await self._run(self._remembered, group)

    async def first_at(self, position: Position, instant: int) -> int | None:
        return await self._run(self._first_at, position, instant)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    # From here on in the thread.

    def _topic(self, topic: str) -> tuple[int, ...]:
        """The ids of a topic's partitions, which are made if it is new."""
        if topic not in self._ids:
            self._learn()
        if topic not in self._ids:
            with self._database.writing() as connection:
                if not any(row[0] == topic for row in connection.execute(_SQL["partitions"])):
                    connection.executemany(
                        _SQL["create_partition"], [(topic, number) for number in range(self._partitions)]
                    )
            self._learn()
        return self._ids[topic]

    def _learn(self) -> None:
        with self._database.reading() as connection:
            rows = connection.execute(_SQL["partitions"]).fetchall()
        self._ids = {topic: tuple(row[2] for row in group) for topic, group in groupby(rows, key=lambda row: row[0])}

    def _append(self, topics: Mapping[str, Sequence[Message]]) -> None:
        ids = {topic: self._topic(topic) for topic in topics}
        with self._database.writing() as connection:
            now = self._clock.now()
            for topic, messages in topics.items():
                self._append_topic(connection, topic, ids[topic], messages, now)

    def _append_topic(
        self, connection: sqlite3.Connection, topic: str, ids: tuple[int, ...], messages: Sequence[Message], now: int
    ) -> None:
        turn = next(self._turn)
        ends: dict[int, int] = {}
        rows = []
        for message in messages:
            number = chosen(message, len(ids), turn)
            if not 0 <= number < len(ids):
                raise ConfigurationError(f"topic {topic} has {len(ids)} partitions, there is no partition {number}")
            id_ = ids[number]
            offset = ends[id_] if id_ in ends else connection.execute(_SQL["next"], (id_,)).fetchone()[0]
            ends[id_] = offset + 1
            told = now if message.timestamp is None else message.timestamp
            rows.append((id_ * _SPAN + offset, told, now, message.key, message.value))
        connection.executemany(_SQL["append"], rows)
        connection.executemany(_SQL["set_next"], [(end, id_) for id_, end in ends.items()])

    def _id(self, position: Position) -> int:
        return self._topic(position.topic)[position.partition]

    def _bounds(self, positions: Sequence[Position]) -> dict[Position, tuple[int, int]]:
        ids = {at: self._id(at) for at in positions}
        with self._database.reading() as connection:
            found = {row[0]: (row[1], row[2]) for row in connection.execute(_SQL["bounds"])}
        return {at: found[id_] for at, id_ in ids.items()}

    def _fetch(self, position: Position, offset: int, limit: int) -> list[Delivered]:
        base = self._id(position) * _SPAN
        found: list[Delivered] = []
        size = 0
        with self._database.reading() as connection:
            cursor = connection.execute(_SQL["fetch"], (base + offset, base + _SPAN, limit))
            for place, timestamp, key, value in cursor:
                found.append(Delivered(*position, place - base, timestamp, key, value))
                size += len(value)
                if size >= BATCH_BYTES:
                    break
            cursor.close()
        return found

    def _remember(self, group: str, positions: Mapping[Position, int], metadata: str) -> None:
        rows = [(group, self._id(at), offset, metadata) for at, offset in positions.items()]
        with self._database.writing() as connection:
            connection.executemany(_SQL["remember"], rows)

    def _remembered(self, group: str) -> dict[Position, tuple[int, str]]:
        with self._database.reading() as connection:
            rows = connection.execute(_SQL["remembered"], (group,)).fetchall()
        return {Position(topic, number): (offset, metadata) for topic, number, offset, metadata in rows}

    def _first_at(self, position: Position, instant: int) -> int | None:
        base = self._id(position) * _SPAN
        with self._database.reading() as connection:
            row = connection.execute(_SQL["first_at"], (base, base + _SPAN, instant)).fetchone()
        return row[0] - base if row else None

    def _trim(self, topic: str, keep_after: int, below: Mapping[int, int] | None) -> int:
        ids = self._topic(topic)
        removed = 0
        with self._database.writing() as connection:
            for number, id_ in enumerate(ids):
                done = connection.execute(_SQL["done"], (id_,)).fetchone()[0] if below is None else below.get(number, 0)
                removed += _trim_partition(connection, id_, keep_after, done, _TRIM - removed)
        with self._database.reading() as connection:
            connection.execute("PRAGMA incremental_vacuum(1000)").fetchall()
        return removed


def _trim_partition(connection: sqlite3.Connection, id_: int, keep_after: int, done: int | None, limit: int) -> int:
    """`done` is None where no group ever read: then only age counts."""
    base = id_ * _SPAN
    first = connection.execute(_SQL["fetch"], (base, base + _SPAN, 1)).fetchone()
    if first is None or limit <= 0:
        return 0
    young = connection.execute(_SQL["first_since"], (base, base + _SPAN, keep_after)).fetchone()
    end = young[0] if young else base + connection.execute(_SQL["next"], (id_,)).fetchone()[0]
    end = min(end, first[0] + limit, end if done is None else base + done)
    removed = connection.execute(_SQL["drop"], (base, end)).rowcount
    connection.execute(_SQL["set_first"], (end - base, id_))
    return removed
