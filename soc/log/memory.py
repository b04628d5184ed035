"""The seam Log in memory: what it keeps lives as long as the object; the twin that shows the rules."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from soc.clock import SystemClock
from soc.log import Delivered, Position
from soc.log.group import BATCH_BYTES, Group, LocalReader, News
from soc.log.local_history import history
from soc.log.partitioner import partition_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from soc.clock import Clock
    from soc.log import Message, Reader


class MemoryLog:
    """The seam Log; `messages` is open to tests."""

    def __init__(self, partitions: int = 4, clock: Clock | None = None) -> None:
        self.messages: defaultdict[Position, list[Delivered]] = defaultdict(list)
        self._partitions = partitions
        self._clock = clock or SystemClock()
        self._positions: dict[str, dict[Position, tuple[int, str]]] = {}
        self._groups: dict[str, Group] = {}
        self._news = News()
        self._turn = 0

    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        self._turn += 1
        now = self._clock.now()
        for message in messages:
            at = Position(topic, chosen(message, self._partitions, self._turn))
            shelf = self.messages[at]
            told = now if message.timestamp is None else message.timestamp
            shelf.append(Delivered(topic, at.partition, len(shelf), told, message.key, message.value))
        self._news.tell()

    async def reader(self, group: str, topics: Sequence[str]) -> Reader:
        return LocalReader(self, self._news, self._groups.setdefault(group, Group(group)), topics)

    async def partitions(self, topic: str) -> int:  # noqa: ARG002 (all have as many)
        return self._partitions

    def kept(self, topic: str, partitions: Collection[int]) -> AsyncIterator[Sequence[Delivered]]:
        return history(self, [topic], partitions=partitions)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def count(self, topic: str) -> int:
        return await self.partitions(topic)

    async def bounds(self, positions: Sequence[Position]) -> Mapping[Position, tuple[int, int]]:
        return {at: (0, len(self.messages[at])) for at in positions}

    async def fetch(self, position: Position, offset: int, limit: int) -> Sequence[Delivered]:
        return cut(self.messages[position][offset : offset + limit])

    async def remember(self, group: str, positions: Mapping[Position, int], metadata: str) -> None:
        kept = self._positions.setdefault(group, {})
        for at, offset in positions.items():
            if offset >= kept.get(at, (0, ""))[0]:
                kept[at] = (offset, metadata)

    async def remembered(self, group: str) -> Mapping[Position, tuple[int, str]]:
        return dict(self._positions.get(group, {}))

    async def first_at(self, position: Position, instant: int) -> int | None:
        return next((each.offset for each in self.messages[position] if each.timestamp >= instant), None)


def chosen(message: Message, partitions: int, turn: int) -> int:
    """The partition of a message: its own, its key's, or for one call of append without keys the next in turn."""
    if message.partition is not None:
        return message.partition
    return turn % partitions if message.key is None else partition_of(message.key, partitions)


def cut(messages: Sequence[Delivered]) -> Sequence[Delivered]:
    """The messages up to BATCH_BYTES, at least one."""
    if sum(len(message.value) for message in messages) <= BATCH_BYTES:
        return messages
    sums, total = [], 0
    for message in messages:
        total += len(message.value)
        sums.append(total)
    return messages[: max(1, bisect_left(sums, BATCH_BYTES))]
