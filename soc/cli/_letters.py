"""Dead letters as the log holds them, read without moving any group's position, and what becomes of them today."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from soc import pipeline
from soc.anomaly import Strides
from soc.finding import Finding
from soc.log import DEAD_LETTERS, FINDINGS
from soc.log.dead_letters import Letter, decode
from soc.log.kafka_history import history as kafka_history
from soc.log.local_history import history as local_history
from soc.log.opening import open_log
from soc.log.sqlite import SqliteLog
from soc.record import Record
from soc.roles.messages import message_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from soc.config import Config
    from soc.log import Delivered, Log
    from soc.pipeline import Content

BATCH = 500


class Kept(NamedTuple):
    """One letter where it lies."""

    at: int
    """When it was refused; of a letter that does not say, when it was written."""
    partition: int
    offset: int
    """The place in `soc.deadletter`."""
    letter: Letter

    @property
    def place(self) -> str:
        return f"{self.partition}:{self.offset}"

    @property
    def source(self) -> str:
        """The topic of the record, with the name of its source if it has one."""
        told = self.letter.source
        return "/".join(part for part in (told.topic, told.name) if part) or "-"

    @property
    def identity(self) -> tuple[str, str]:
        """The same for a letter that a crash wrote twice."""
        finding = self.letter.finding
        return self.letter.stage, str(finding.get("soc", {}).get("id", "")) if finding else self.letter.ref


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters; an empty part asks for nothing."""

    source: str = ""
    """A topic, or the name of a source."""
    reason: str = ""
    since: int = 0
    ref: str = ""

    def has(self, kept: Kept) -> bool:
        letter = kept.letter
        return (
            self.source in {"", letter.source.topic, letter.source.name}
            and self.reason in {"", letter.reason}
            and self.ref in {"", letter.ref, kept.place}
            and kept.at >= self.since
        )


async def letters(config: Config, wanted: Wanted) -> AsyncGenerator[Kept, None]:
    """The wanted letters in the order in which they lie; of embedded mode also while the service runs."""
    async with aclosing(_messages(config)) as batches:
        async for messages in batches:
            for message in messages:
                kept = _kept(message)
                if wanted.has(kept):
                    yield kept


async def _messages(config: Config) -> AsyncGenerator[Sequence[Delivered], None]:
    if not config.embedded:
        async for messages in kafka_history(config.kafka, [DEAD_LETTERS]):
            yield messages
        return
    log = await open_log(config)
    try:
        assert isinstance(log, SqliteLog)
        async for messages in local_history(log, [DEAD_LETTERS]):
            yield messages
    finally:
        await log.close()


def _kept(message: Delivered) -> Kept:
    letter = decode(message.value)
    return Kept(letter.at or message.timestamp, message.partition, message.offset, letter)


@dataclass(slots=True)
class Outcome:
    """What became of letters that were worked off again; each is in exactly one of the first five."""

    clean: int = 0
    alerting: int = 0
    stored_again: int = 0
    """Findings that the store had refused, offered to it once more."""
    unreadable: int = 0
    """No letters of ours: nothing to work off."""
    failing: Counter[str] = field(default_factory=Counter)
    """Still refused, by reason."""
    findings: int = 0
    repeated: int = 0
    """Letters that a crash had written twice, left out."""

    @property
    def letters(self) -> int:
        return self.clean + self.alerting + self.stored_again + self.unreadable + self.failing.total()


async def replay(told: AsyncIterator[Kept], to: Log | None, content: Content) -> Outcome:
    """Work letters off with today's content; findings go to the log (to none: only look), as those of role detect do.

    They have the ids that they would have had, so that doing it twice changes nothing. There are no hits: partial
    aggregates are cumulative over a slice of the raw partition, and one of this record alone would replace the whole.
    """
    outcome = Outcome()
    seen: set[tuple[str, str]] = set()
    batch: list[Letter] = []
    async for kept in told:
        if kept.identity in seen:
            outcome.repeated += 1
            continue
        seen.add(kept.identity)
        batch.append(kept.letter)
        if len(batch) >= BATCH:
            await _work_off(batch, to, content, outcome)
            batch = []
    await _work_off(batch, to, content, outcome)
    return outcome


async def _work_off(batch: Sequence[Letter], to: Log | None, content: Content, outcome: Outcome) -> None:
    refused = [_finding(letter.finding) for letter in batch if letter.finding]
    records = [_record(letter) for letter in batch if letter.partition]
    done = await asyncio.to_thread(pipeline.detect, records, content, Strides([]))
    found = [*done.findings, *refused]
    if to is not None and found:
        await to.append(FINDINGS, [message_of(finding) for finding in found])
    outcome.clean += done.clean
    outcome.alerting += done.alerting
    outcome.findings += len(done.findings)
    outcome.stored_again += len(refused)
    outcome.unreadable += len(batch) - len(records) - len(refused)
    outcome.failing.update(letter.reason for letter in done.dead_letters)


def _record(letter: Letter) -> Record:
    return Record(
        letter.raw, letter.partition, letter.offset, letter.arrived, letter.source, letter.header, letter.peer
    )


def _finding(document: dict[str, object]) -> Finding:
    soc = document["soc"]
    assert isinstance(soc, dict)
    return Finding(soc["id"], soc["alert_id"], document)
