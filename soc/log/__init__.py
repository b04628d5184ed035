"""The seam Log: append-only topics with groups of readers, on Kafka, SQLite or in memory.

Hits, findings, panes and dead letters travel on it. The rules that every implementation keeps (tests/contracts):

- `append` returns when the messages are durable, or raises `errors.Unavailable`.
- A message with a key goes to the partition that the key decides, the same on every implementation.
- Within a partition offsets rise and messages are read in their order.
- A reader starts at its group's committed position, or at the beginning if the group never committed there.
- The first batch of an assignment is empty, so that its reader can go back before anything is delivered.
- `commit` takes positions (the next offset to read) with the epoch of the batch they came with; positions from an
  older assignment are dropped, never an error, and none moves the group back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

HITS = "soc.hits"
FINDINGS = "soc.findings"
PANES = "soc.panes"
DEAD_LETTERS = "soc.deadletter"
RAW_TOPICS = ("logs.firewall", "logs.host", "logs.app", "logs.data")


class Message(NamedTuple):
    """What is appended."""

    value: bytes
    key: bytes | None = None
    timestamp: int | None = None
    """An instant to be kept as the message's time; None for the log's own clock at append."""
    partition: int | None = None
    """Fixes the partition (a tick goes to each); None for the key's, or any without a key."""


class Position(NamedTuple):
    topic: str
    partition: int


class Delivered(NamedTuple):
    """What is read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """An instant (Kafka keeps milliseconds)."""
    key: bytes | None
    value: bytes

    @property
    def position(self) -> Position:
        return Position(self.topic, self.partition)


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages in the order of their partitions' offsets, with the assignment that they were read under."""

    epoch: int
    messages: Sequence[Delivered] = ()
    caught_up: frozenset[Position] = frozenset()
    """The assigned partitions whose end had been reached when the batch was read."""
    assigned: frozenset[Position] = field(default_factory=frozenset)
    lost: Mapping[Position, str] = field(default_factory=dict)
    """Assigned partitions that are not delivered because nobody knows where to go on, with the reason (Kafka)."""
    behind: Mapping[Position, int] = field(default_factory=dict)
    """How many messages were known to wait when the batch was read (Kafka)."""


class Reader(Protocol):
    """One member of a group."""

    async def read(self, limit: int, wait: float) -> Batch:
        """Up to `limit` messages; an empty batch after `wait` seconds without one."""

    async def commit(self, epoch: int, positions: Mapping[Position, int], metadata: str = "") -> bool:
        """Remember the next offsets to read; False if the assignment has changed and nothing was remembered."""

    async def committed(self) -> Mapping[Position, tuple[int, str]]:
        """The committed next offset and metadata of every assigned partition that has one."""

    async def seek(self, positions: Mapping[Position, int]) -> None:
        """Read on from these offsets; a position that is not assigned is left out."""

    async def offsets_at(self, instant: int) -> Mapping[Position, int]:
        """For every assigned partition the first offset whose timestamp is not before `instant`; its end if none is."""

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (a switch)
        """Deliver nothing while paused, yet stay a member of the group."""

    async def close(self) -> None:
        """Leave the group. What was not committed is read again by whoever comes next."""


class Log(Protocol):
    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        """Append in order; durable on return."""

    async def reader(self, group: str, topics: Sequence[str]) -> Reader:
        """Join a group."""

    async def partitions(self, topic: str) -> int:
        """The number of partitions of a topic."""

    def kept(self, topic: str, partitions: Collection[int]) -> AsyncIterator[Sequence[Delivered]]:
        """What partitions hold at this moment, read by nobody's group; within one in order.

        On a compacted topic a message without a value has taken its key away.
        """

    async def close(self) -> None:
        """Flush and let go of everything."""
