"""The spool: received messages in an SQLite file, durable before anything looks into them; and the seam Source over it.

The process that receives appends, the one that works on them reads it and keeps its position there.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from soc import logs
from soc.log import Message, Position
from soc.log.database import patiently
from soc.log.local_history import history as local_history
from soc.log.sqlite import SqliteLog
from soc.record import LogSource, Record
from soc.sources import RecordBatch
from soc.sources.recognised import topic_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from soc.clock import Clock
    from soc.config import Config
    from soc.log import Delivered, Reader

log = logs.get(__name__)
TOPIC = "spool"
READER = "work"
"""The group whose position says what is done."""
STRIDE = 4096
_PARTITIONS = 1
_EPOCH = 1


class Sender(NamedTuple):
    """What is known of a message beside its bytes; kept as the message's key."""

    peer: str
    """The address that it came from, whatever it claims."""
    source: LogSource
    """Without a topic where the configuration says `auto`."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Sender)


def spool_of(config: Config) -> Path:
    return config.data_dir / "spool.db"


async def open_spool(config: Config, clock: Clock) -> SqliteLog:
    """Raises errors.Unavailable where the file cannot be written."""
    return await SqliteLog.open(spool_of(config), partitions=_PARTITIONS, clock=clock)


@lru_cache(maxsize=4096)
def key_of(sender: Sender) -> bytes:
    return _ENCODER.encode(sender)


def message(raw: bytes, sender: Sender) -> Message:
    """What is appended; the spool stamps it with its arrival."""
    return Message(raw, key_of(sender), None, 0)


def records(messages: Sequence[Delivered], stride: int = STRIDE) -> list[Record]:
    """Spooled messages as records, each with its topic. It parses them, so call it in a thread."""
    return [_record(each, stride) for each in messages]


async def trim(spool: SqliteLog, keep_after: int, stride: int = STRIDE) -> int:
    """Delete what is done and arrived before an instant; how many messages.

    The stride that is being worked on stays whole: a restart begins at its start.
    """
    remembered = await spool.remembered(READER)
    below = {at.partition: end // stride * stride for at, (end, _) in remembered.items() if at.topic == TOPIC}
    return await spool.trim(TOPIC, keep_after, below)


async def history(spool: SqliteLog) -> AsyncIterator[Sequence[Record]]:
    """Every record that is kept; within a partition in order."""
    async for messages in local_history(spool, [TOPIC]):
        yield await asyncio.to_thread(records, messages)


class SpoolSource:
    """The seam Source."""

    def __init__(self, spool: SqliteLog, reader: Reader, partitions: int, stride: int) -> None:
        self._spool = spool
        self._reader = reader
        self._partitions = partitions
        self._stride = stride
        self._assigned = -1
        """The reader's epoch; this is its group's only member, so there is one for good."""

    @classmethod
    async def open(cls, config: Config, clock: Clock, *, stride: int = STRIDE) -> SpoolSource:
        """Raises errors.Unavailable where the file cannot be written."""
        spool = await open_spool(config, clock)
        reader = await spool.reader(READER, [TOPIC])
        return cls(spool, reader, await spool.partitions(TOPIC), stride)

    async def read(self, limit: int, wait: float) -> RecordBatch:
        batch = await self._reader.read(limit, wait)
        if batch.assigned and self._assigned != batch.epoch:
            await patiently(self._begin, "reading the spool")
            self._assigned = batch.epoch
            return RecordBatch(_EPOCH, total_partitions=self._partitions)
        found = await asyncio.to_thread(records, batch.messages, self._stride)
        positions = {record.partition: record.offset + 1 for record in found}
        caught_up = frozenset(_name(at) for at in batch.caught_up)
        names = {_name(at) for at in batch.assigned}
        return RecordBatch(
            _EPOCH,
            found,
            positions,
            caught_up,
            self._partitions,
            complete=bool(names) and names <= caught_up | positions.keys(),
        )

    async def done(self, batch: RecordBatch) -> bool:
        ends = {_position(name): end for name, end in (batch.positions or {}).items()}
        return await self._reader.commit(self._assigned, ends)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._reader.pause(paused)

    async def close(self) -> None:
        await self._reader.close()
        await self._spool.close()

    async def _begin(self) -> None:
        """From the start of the stride, so that the detectors' aggregates of it are whole."""
        committed = await self._reader.committed()
        await self._reader.seek({at: end // self._stride * self._stride for at, (end, _) in committed.items()})


def _record(each: Delivered, stride: int) -> Record:
    sender = _sender(each.key or b"")
    record = Record(
        each.value,
        _name(each.position),
        each.offset,
        each.timestamp,
        sender.source,
        peer=sender.peer,
        stride=each.offset // stride * stride,
    )
    return record if sender.source.topic else record._replace(source=_sorted(sender.source, topic_of(record)))


@lru_cache(maxsize=4096)
def _sender(key: bytes) -> Sender:
    return _DECODER.decode(key)


@lru_cache(maxsize=4096)
def _sorted(source: LogSource, topic: str) -> LogSource:
    return source._replace(topic=topic)


def _name(position: Position) -> str:
    return f"spool:{position.partition}"


def _position(name: str) -> Position:
    return Position(TOPIC, int(name.removeprefix("spool:")))
