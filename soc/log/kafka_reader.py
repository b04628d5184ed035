"""A member of a consumer group: assignments with epochs, positions that are never guessed, a watchdog over progress.

Each assignment starts from what the group has committed. A partition whose position is missing or no longer kept is not
delivered and named in `Batch.lost`, until somebody decides with `soc setup`; one that appeared later begins at its beginning.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc import logs
from soc.errors import SocError, Unavailable
from soc.log import Batch, Delivered, Position
from soc.log.kafka_client import (
    CommitFailedError,
    ConsumerRebalanceListener,
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetAndMetadata,
    OffsetOutOfRangeError,
    TopicPartition,
    open_consumer,
    said_no,
    stopped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from soc.config import Kafka

log = logs.get(__name__)
_ASK_SECONDS = 10.0
_COMMIT_ATTEMPTS = 6
_FRESH_MS = 1000
"""A partition's end counts as reached if the broker was asked for more at most this long before the read began."""
_STALL_LOOK, _STALL_SECONDS = 15.0, 60.0


class GroupFault(SocError):  # noqa: N818 (a state of the group, not a fault of the program)
    """This member cannot go on (fenced, refused, stuck): end the process, and let it be started again."""


@dataclass(slots=True)
class _Place:
    """What is known of one assigned partition."""

    beginning: int
    committed: tuple[int, str] | None
    lost: str = ""
    polled: int = 0
    polled_before: int = 0
    """Milliseconds: the answer before the last one; the last request was sent after it."""

    def poll(self, at: int | None) -> None:
        if at and at != self.polled:
            self.polled_before, self.polled = self.polled, at


@dataclass(slots=True)
class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc] # (aiokafka has no types)
    """Told by aiokafka; whatever a callback raised would be swallowed, so these only note."""

    epoch: int = 0
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002
        self.epoch += 1
        self.settled.clear()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:  # noqa: ARG002
        self.epoch += 1
        self.settled.set()


def why_lost(at: TopicPartition, committed: Mapping[TopicPartition, int], beginning: int, end: int) -> str:
    """Why reading cannot go on in a partition; empty if it can. `committed` is all that the group has of the topic."""
    if at in committed:
        if committed[at] < beginning:
            return f"offset {committed[at]} is no longer kept, the first one is {beginning}"
        if committed[at] > end:
            return f"offset {committed[at]} is beyond the end {end}: the topic was made anew"
        return ""
    known = [other.partition for other in committed if other.topic == at.topic]
    return "" if known and at.partition > max(known) else "the group has no committed offset"


class KafkaReader:
    """The seam Reader; `stride` moves the start of an assignment back to a multiple of it."""

    def __init__(self, consumer: Any, topics: Sequence[str], *, stride: int = 1) -> None:
        self._consumer = consumer
        self._topics = topics
        self._stride = stride
        self._assignment = _Assignment()
        self._placed = 0
        self._places: dict[TopicPartition, _Place] = {}
        self._paused = False
        self._idle = 0.0
        consumer.subscribe(topics, listener=self._assignment)

    @classmethod
    async def join(
        cls, kafka: Kafka, group: str, topics: Sequence[str], *, instance: str, stride: int = 1
    ) -> KafkaReader:
        """Waits for a broker as long as it takes; `instance` names this member over restarts."""
        return cls(await open_consumer(kafka, group, instance=instance), topics, stride=stride)

    async def read(self, limit: int, wait: float) -> Batch:
        """The first batch of a new assignment is empty.

        Raises:
            GroupFault: the process should end and be started again.
        """
        if not await self._is_settled(wait):
            return Batch(self._placed)
        if self._placed != self._assignment.epoch:
            await self._place(wait)
            return self._batch((), frozenset(), {})
        epoch, began = self._placed, int(time.time() * 1000)
        records = await self._fetch(limit, wait)
        if epoch != self._assignment.epoch:
            return Batch(epoch)
        behind = {at: await self._behind(at) for at in self._live}
        caught_up = frozenset(Position(*at) for at in self._live if self._is_fresh(at, began) and behind[at] == 0)
        await self._watch(wait, moved=bool(records) or self._paused or len(caught_up) == len(self._live))
        return self._batch(
            delivered(records), caught_up, {Position(*at): waiting or 0 for at, waiting in behind.items()}
        )

    async def commit(self, epoch: int, positions: Mapping[Position, int], metadata: str = "") -> bool:
        offsets = {TopicPartition(*at): OffsetAndMetadata(offset, metadata) for at, offset in positions.items()}
        for attempt in range(_COMMIT_ATTEMPTS):
            if epoch != self._assignment.epoch or epoch != self._placed:
                return False
            forward = {at: told for at, told in offsets.items() if self._is_forward(at, told.offset)}
            if not forward:
                return True
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    await self._consumer.commit(forward)
            except (CommitFailedError, IllegalStateError):
                return False
            except TimeoutError:
                log.warning("the commit takes long", attempt=attempt)
                continue
            except KafkaError as error:
                raise GroupFault(f"Kafka refused the commit: {error!r}") from error
            for at, told in forward.items():
                self._places[at].committed = (told.offset, told.metadata)
            return True
        raise GroupFault("Kafka took no commit; starting again")

    async def committed(self) -> Mapping[Position, tuple[int, str]]:
        return {Position(*at): place.committed for at, place in self._places.items() if place.committed}

    async def seek(self, positions: Mapping[Position, int]) -> None:
        for at, offset in positions.items():
            if (place := self._places.get(TopicPartition(*at))) and not place.lost and self._is_current:
                self._consumer.seek(TopicPartition(*at), max(offset, place.beginning))

    async def offsets_at(self, instant: int) -> Mapping[Position, int]:
        milliseconds = -(-instant // 1000)
        live = self._live
        try:
            found = await self._consumer.offsets_for_times(dict.fromkeys(live, milliseconds))
            ends = await self._consumer.end_offsets([at for at in live if found[at] is None])
        except KafkaError as error:
            raise said_no(error, "offsets by time") from error
        return {Position(*at): found[at].offset if found[at] else ends[at] for at in live}

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seam's)
        self._paused = paused
        if self._is_current:
            (self._consumer.pause if paused else self._consumer.resume)(*self._live)

    async def close(self) -> None:
        """A static member stays in the group until its session ends, so that its next start disturbs nobody."""
        await stopped(self._consumer)

    def partitions(self) -> int:
        """Of all topics together, over all members."""
        return sum(len(self._consumer.partitions_for_topic(topic) or ()) for topic in self._topics)

    @property
    def _live(self) -> list[TopicPartition]:
        return [at for at, place in self._places.items() if not place.lost]

    @property
    def _is_current(self) -> bool:
        return self._placed == self._assignment.epoch and self._assignment.settled.is_set()

    def _is_forward(self, at: TopicPartition, offset: int) -> bool:
        place = self._places.get(at)
        return bool(place and not place.lost and (place.committed is None or offset >= place.committed[0]))

    def _batch(
        self, messages: Sequence[Delivered], caught_up: frozenset[Position], behind: Mapping[Position, int]
    ) -> Batch:
        assigned = frozenset(Position(*at) for at in self._places)
        lost = {Position(*at): place.lost for at, place in self._places.items() if place.lost}
        return Batch(self._placed, messages, caught_up, assigned, lost, behind)

    async def _is_settled(self, wait: float) -> bool:
        """Whether there is an assignment; a rebalance may take long, and we must stay able to stop."""
        try:
            self._consumer._coordinator.check_errors()  # noqa: SLF001 (getmany would, but waits for ever before)
            async with asyncio.timeout(wait):
                await self._assignment.settled.wait()
        except TimeoutError:
            return False
        except KafkaError as error:
            raise GroupFault(f"Kafka refused this member: {error!r}") from error
        return True

    async def _place(self, wait: float) -> None:
        """Learn where to start in each partition of a new assignment, and start there."""
        epoch, assigned = self._assignment.epoch, sorted(self._consumer.assignment())
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                committed = await self._committed_by_group()
                beginnings = await self._consumer.beginning_offsets(assigned)
                ends = await self._consumer.end_offsets(assigned)
        except (TimeoutError, KafkaError) as error:
            log.warning("cannot learn the positions yet", error=repr(error))
            await asyncio.sleep(wait)
            return
        if epoch != self._assignment.epoch:
            return
        offsets = {at: told.offset for at, told in committed.items()}
        self._places = {}
        for at in assigned:
            told = committed.get(at)
            place = _Place(beginnings[at], (told.offset, told.metadata or "") if told else None)
            place.lost = why_lost(at, offsets, beginnings[at], ends[at])
            self._places[at] = place
            self._start(at, place)
        self._placed = epoch
        log.info("partitions assigned", epoch=epoch, partitions=[f"{at.topic}:{at.partition}" for at in assigned])

    def _start(self, at: TopicPartition, place: _Place) -> None:
        offset = place.committed[0] // self._stride * self._stride if place.committed else 0
        self._consumer.seek(at, max(place.beginning, offset))
        if place.lost or self._paused:
            self._consumer.pause(at)

    async def _committed_by_group(self) -> dict[TopicPartition, Any]:
        partitions = [
            TopicPartition(topic, number)
            for topic in self._topics
            for number in self._consumer.partitions_for_topic(topic) or ()
        ]
        # The public call leaves the metadata out.
        found: dict[TopicPartition, Any] = await self._consumer._coordinator.fetch_committed_offsets(partitions)  # noqa: SLF001
        return found

    async def _fetch(self, limit: int, wait: float) -> dict[TopicPartition, list[Any]]:
        """Never cancelled, it would lose what it had taken; `timeout_ms` bounds it."""
        try:
            found: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                timeout_ms=int(wait * 1000), max_records=limit
            )
        except NoOffsetForPartitionError:  # an answer of before the start was set
            return {}
        except OffsetOutOfRangeError as error:
            await self._lose(error.args[0])
            return {}
        except KafkaError as error:
            raise GroupFault(f"Kafka ended this member: {error!r}") from error
        return found

    async def _lose(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Where a broker says that it has not what comes next: a new leader may say so for a moment, and is asked again."""
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                beginnings = await self._consumer.beginning_offsets(list(offsets))
                ends = await self._consumer.end_offsets(list(offsets))
        except (TimeoutError, KafkaError) as error:
            log.warning("cannot learn yet what is kept", error=repr(error))
            return
        for at, offset in offsets.items():
            if self._is_current and at in self._places and not beginnings[at] <= offset <= ends[at]:
                self._places[at].lost = f"offset {offset} is no longer kept"
                self._consumer.pause(at)

    async def _behind(self, at: TopicPartition) -> int | None:
        """How many messages wait by the broker's last answer; None before the first one."""
        end = self._consumer.highwater(at)
        return None if end is None else max(0, end - await self._consumer.position(at))

    def _is_fresh(self, at: TopicPartition, began: int) -> bool:
        """Whether the broker's last answer is one to a question of just now.

        The answer alone is no proof: it may have lain in a socket for as long as this process was stopped.
        """
        place = self._places[at]
        place.poll(self._consumer.last_poll_timestamp(at))
        return place.polled_before >= began - _FRESH_MS

    async def _watch(self, waited: float, *, moved: bool) -> None:
        """Messages that wait while nothing moves mean that something inside is stuck."""
        self._idle = 0.0 if moved else self._idle + waited
        if self._idle < _STALL_LOOK:
            return
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                ends = await self._consumer.end_offsets(self._live)
                behind = [at for at in self._live if await self._consumer.position(at) < ends[at]]
        except (TimeoutError, KafkaError, Unavailable):
            behind = []
        if not behind:
            self._idle = 0.0
        elif self._idle > _STALL_SECONDS:
            raise GroupFault(f"no message of {behind} came within {_STALL_SECONDS:g} s although some wait")


def delivered(records: Mapping[TopicPartition, Sequence[Any]]) -> list[Delivered]:
    """aiokafka's records as ours; milliseconds become instants, and no value the empty one."""
    return [
        Delivered(at.topic, at.partition, each.offset, each.timestamp * 1000, each.key, each.value or b"")
        for at, partition in records.items()
        for each in partition
    ]
