"""Deletes what the embedded log needs no more; Kafka does it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from soc import hit, instant, logs
from soc.errors import Unavailable
from soc.log import DEAD_LETTERS, FINDINGS, HITS, PANES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.roles.workshop import Workshop

log = logs.get(__name__)
EVERY = instant.MINUTE
FINDINGS_KEPT = instant.DAY
DEAD_LETTERS_KEPT = 90 * instant.DAY
_EVERYTHING = dict.fromkeys(range(1_000), 1 << 40)
"""Offsets beyond all, for whether somebody has read a dead letter does not matter."""


@runtime_checkable
class Trimmed(Protocol):
    """A log that keeps everything until it is told otherwise."""

    async def trim(self, topic: str, keep_after: int, below: Mapping[int, int] | None = None) -> int:
        """Delete what was appended before an instant and lies below the offsets given, or below what is done."""


async def trim_hits(work: Workshop, needed: Mapping[int, int], horizon: int, now: int) -> None:
    """Hits older than any window that is open; `needed` is by partition the first offset that is not done."""
    await _trim(work, HITS, now, horizon + hit.SLACK, needed)


async def trim_panes(work: Workshop, remembered: int, now: int) -> None:
    """Panes that no window reaches back to: one is told when its slice is over, so it is not older than its hits."""
    await _trim(work, PANES, now, remembered + hit.SLACK, _EVERYTHING)


async def trim_findings(work: Workshop, now: int) -> None:
    """Findings that are stored."""
    await _trim(work, FINDINGS, now, FINDINGS_KEPT, None)


async def trim_dead_letters(work: Workshop, now: int) -> None:
    await _trim(work, DEAD_LETTERS, now, DEAD_LETTERS_KEPT, _EVERYTHING)


async def _trim(work: Workshop, topic: str, now: int, kept: int, below: Mapping[int, int] | None) -> None:
    if abs(now - work.memory.trimmed.get(topic, 0)) < EVERY:
        return
    work.memory.trimmed[topic] = now
    if not isinstance(work.log, Trimmed):
        return
    try:
        deleted = await work.log.trim(topic, now - kept, below)
    except Unavailable as error:
        log.warning("cannot delete old messages", topic=topic, error=str(error))
        return
    if deleted:
        log.info("deleted old messages", topic=topic, messages=deleted)
