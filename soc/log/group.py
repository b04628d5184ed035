"""Groups of readers inside one process, for the logs that are not Kafka: shares, epochs, and waiting for news."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from soc import logs
from soc.errors import Unavailable
from soc.log import Batch, Position
from soc.log.database import patiently

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.log import Delivered

log = logs.get(__name__)
POLL = 0.2
"""How soon appends of another process are seen; those of this one are seen at once."""
BATCH_BYTES = 8 << 20
"""A batch is cut when its values reach this; a single larger one goes alone."""


class Shelf(Protocol):
    """What a log keeps; the rest is the same for all."""

    async def count(self, topic: str) -> int:
        """The number of partitions."""

    async def bounds(self, positions: Sequence[Position]) -> Mapping[Position, tuple[int, int]]:
        """The first offset kept and the next one to be written."""

    async def fetch(self, position: Position, offset: int, limit: int) -> Sequence[Delivered]:
        """Messages from an offset on, at most `limit` and about BATCH_BYTES of them."""

    async def remember(self, group: str, positions: Mapping[Position, int], metadata: str) -> None:
        """Keep a group's positions, none moved back."""

    async def remembered(self, group: str) -> Mapping[Position, tuple[int, str]]:
        """A group's positions and their metadata."""

    async def first_at(self, position: Position, instant: int) -> int | None:
        """The first offset whose timestamp is not before an instant."""


class News:
    """Wakes all who wait for appends."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Take it before looking, wait on it after having found nothing: no append in between is missed."""
        return self._event

    def tell(self) -> None:
        told, self._event = self._event, asyncio.Event()
        told.set()


@dataclass(slots=True)
class Group:
    """The members of one group; each change of membership is a new epoch."""

    name: str
    epoch: int = 0
    members: list[LocalReader] = field(default_factory=list)

    def share(self, member: LocalReader, counts: Mapping[str, int]) -> frozenset[Position]:
        """The partitions of one member: every n-th of each topic that it reads."""
        mine = set()
        for topic, count in counts.items():
            readers = [other for other in self.members if topic in other.topics]
            mine |= {Position(topic, number) for number in range(readers.index(member), count, len(readers))}
        return frozenset(mine)


class LocalReader:
    """The seam Reader."""

    def __init__(self, shelf: Shelf, news: News, group: Group, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)
        self._shelf = shelf
        self._news = news
        self._group = group
        self._epoch = 0
        self._next: dict[Position, int] = {}
        self._turn = 0
        self._paused = False
        group.members.append(self)
        group.epoch += 1

    async def read(self, limit: int, wait: float) -> Batch:
        """The first batch of a new assignment is empty; so is one while the log cannot be read."""
        until = time.monotonic() + wait
        while True:
            ticket = self._news.ticket()
            try:
                if self._epoch != self._group.epoch:
                    return await self._place()
                batch = await self._take(limit)
            except Unavailable as error:
                log.error("cannot read, trying again", group=self._group.name, error=str(error))
                batch = Batch(self._epoch)
            left = until - time.monotonic()
            if batch.messages or left <= 0:
                return batch
            await _woken(ticket, min(left, POLL))

    async def commit(self, epoch: int, positions: Mapping[Position, int], metadata: str = "") -> bool:
        if epoch != self._group.epoch or epoch != self._epoch:
            return False
        mine = {at: offset for at, offset in positions.items() if at in self._next}
        await patiently(lambda: self._shelf.remember(self._group.name, mine, metadata), "remembering positions")
        return True

    async def committed(self) -> Mapping[Position, tuple[int, str]]:
        found = await self._shelf.remembered(self._group.name)
        return {at: told for at, told in found.items() if at in self._next}

    async def seek(self, positions: Mapping[Position, int]) -> None:
        bounds = await self._shelf.bounds([at for at in positions if at in self._next])
        for at, (first, _) in bounds.items():
            self._next[at] = max(positions[at], first)

    async def offsets_at(self, instant: int) -> Mapping[Position, int]:
        bounds = await self._shelf.bounds(list(self._next))
        found = {at: await self._shelf.first_at(at, instant) for at in self._next}
        return {at: bounds[at][1] if offset is None else offset for at, offset in found.items()}

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._paused = paused

    async def close(self) -> None:
        if self in self._group.members:
            self._group.members.remove(self)
            self._group.epoch += 1
            self._news.tell()

    async def _place(self) -> Batch:
        """Learn the share of this epoch and where to start in it."""
        epoch = self._group.epoch
        counts = {topic: await self._shelf.count(topic) for topic in self.topics}
        assigned = self._group.share(self, counts) if self in self._group.members else frozenset()
        remembered = await self._shelf.remembered(self._group.name)
        bounds = await self._shelf.bounds(sorted(assigned))
        self._next = {at: max(first, remembered.get(at, (0, ""))[0]) for at, (first, _) in bounds.items()}
        self._epoch = epoch
        return Batch(epoch, assigned=assigned)

    async def _take(self, limit: int) -> Batch:
        """What there is now, beginning with another partition each time so that none waits for ever."""
        epoch, assigned = self._epoch, frozenset(self._next)
        if self._paused:
            return Batch(epoch, assigned=assigned)
        bounds = await self._shelf.bounds(sorted(assigned))
        order = sorted(bounds)
        self._turn = (self._turn + 1) % max(1, len(order))
        found: list[Delivered] = []
        size = 0
        for at in order[self._turn :] + order[: self._turn]:
            if self._next[at] < bounds[at][1] and len(found) < limit and size < BATCH_BYTES:
                messages = await self._shelf.fetch(at, self._next[at], limit - len(found))
                found += messages
                size += sum(len(message.value) for message in messages)
                self._next[at] = messages[-1].offset + 1 if messages else bounds[at][1]
        caught_up = frozenset(at for at in assigned if self._next[at] >= bounds[at][1])
        return Batch(epoch, found, caught_up, assigned)


async def _woken(ticket: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(ticket.wait(), seconds)
