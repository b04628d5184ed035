"""The role detect: records to findings, hits and dead letters."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc import hit, logs, set_aside
from soc.anomaly import Strides
from soc.log import DEAD_LETTERS, FINDINGS, HITS, Message
from soc.log.dead_letters import encode as encode_dead_letter
from soc.roles.dead_letter_rate import DeadLetterRate
from soc.roles.lag import Lag
from soc.roles.messages import message_of
from soc.roles.progress import Progress
from soc.roles.rule_budget import RuleBudget
from soc.roles.suspects import Suspects
from soc.roles.workshop import BATCH, WAIT, Stopping, Workshop

if TYPE_CHECKING:
    from pathlib import Path

    from soc.pipeline import Content, Detected
    from soc.sources import RecordBatch, Source

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule may cost, and the file that names those which cost more; None: nobody asks."""

    budget: RuleBudget = field(default_factory=lambda: RuleBudget(0))
    aside: Path | None = None


@dataclass(slots=True)
class _Shift:
    """The state of one worker between batches."""

    content: Content
    strides: Strides
    suspects: Suspects
    lag: Lag
    rate: DeadLetterRate = field(default_factory=DeadLetterRate)
    progress: Progress = field(default_factory=Progress)
    limits: Limits = field(default_factory=Limits)
    epoch: int = -1

    def begin(self, content: Content, epoch: int) -> None:
        """A new assignment counts from the start of its slices; other content goes on with those that it is in."""
        if epoch != self.epoch:
            self.epoch, self.progress = epoch, Progress()
            self.strides = Strides(content.detectors.scoring)
        elif content is not self.content:
            self.strides.use(content.detectors.scoring)
        self.content = content


async def detect(
    work: Workshop, source: Source, suspects: Suspects | None = None, limits: Limits | None = None
) -> None:
    """Until the service stops. A record is done when its outputs are durable."""
    content = work.content.current
    shift = _Shift(content, Strides(content.detectors.scoring), suspects or Suspects(None), Lag(work.metrics))
    shift.limits = limits or Limits()
    with suppress(Stopping):
        while not work.stopping.is_set():
            work.beat("detect")
            as_of = work.clock.now()
            batch = await source.read(BATCH, WAIT)
            await work.renew()
            await work.report_lost(batch.lost)
            for what, why in batch.troubled.items():
                await work.report("soc-health-source-unreadable", what, why)
            shift.begin(work.content.current, batch.epoch)
            await _work(work, source, shift, batch, as_of)


async def _work(work: Workshop, source: Source, shift: _Shift, batch: RecordBatch, as_of: int) -> None:
    """One batch, then what it has shown of the time, then its positions."""
    topics: Counter[tuple[str, str]] = Counter((record.source.topic, record.layer) for record in batch.records)
    work.metrics.take(topics)
    shift.lag.of_records(batch, work.clock.now())
    done = await _detected(work, source, shift, batch) if batch.records else None
    shift.progress.take(batch, as_of)
    if shift.progress.is_due(as_of):
        await _tick(work, source, shift.progress, as_of)
    if (batch.records or batch.finished) and not await source.done(batch):
        log.info("partitions were taken away, their records go to another worker", epoch=batch.epoch)
    if done:
        work.metrics.count(done)
        await _count_costs(work, shift, batch)
        await _watch_dead_letters(work, shift.rate, topics, done)


async def _detected(work: Workshop, source: Source, shift: _Shift, batch: RecordBatch) -> Detected:
    """What the records give, durable."""
    content, late = shift.content, shift.strides.late
    with work.timed("detect"):
        done = await asyncio.to_thread(shift.suspects.detect, batch.records, content, shift.strides)
    work.metrics.windows_late.inc(shift.strides.late - late)
    now = work.clock.now()
    letters = [Message(encode_dead_letter(letter, content.sha256, now)) for letter in done.dead_letters]
    told: list[hit.Match | hit.Partial] = [*done.hits, *done.partials]
    hits = [Message(hit.encode(each), each.key, each.arrived) for each in told]
    with work.timed("append"):
        await work.append(DEAD_LETTERS, letters, source)
        await work.append(HITS, hits, source)
        await work.append(FINDINGS, [message_of(finding) for finding in done.findings], source)
    return done


async def _tick(work: Workshop, source: Source, progress: Progress, as_of: int) -> None:
    """Tell every partition of the hits how far the raw partitions have come."""
    partitions = await work.patiently(lambda: work.log.partitions(HITS), f"asking for the partitions of {HITS}", source)
    tick = progress.tick(as_of)
    value = hit.encode(tick)
    await work.append(HITS, [Message(value, None, as_of, number) for number in range(partitions)], source)
    progress.told(tick)
    await work.flush_reports()


async def _count_costs(work: Workshop, shift: _Shift, batch: RecordBatch) -> None:
    """What rules cost lately; a rule over its budget is set aside, and everybody is told."""
    content, limits = shift.content, shift.limits
    costs = content.rules.costs()
    work.metrics.count_costs(costs)
    over = limits.budget.take(content.sha256, sum(len(record.raw) for record in batch.records), costs)
    if limits.aside is None:
        return
    for rule_id, told in over.items():
        rule = content.rules.named(rule_id)
        where = f"{rule.file}:{rule.line}" if rule else rule_id
        try:
            await asyncio.to_thread(set_aside.put, limits.aside, rule_id, told)
        except OSError as error:  # records go on being worked on; it is tried again when the budget is judged again
            log.error("cannot set a rule aside", rule=rule_id, error=str(error))
            continue
        detail = f"{where}: {told}; it is set aside until `soc rules resume {rule_id}`"
        await work.report("soc-health-rule-set-aside", rule_id, detail)


async def _watch_dead_letters(
    work: Workshop, rate: DeadLetterRate, topics: Counter[tuple[str, str]], done: Detected
) -> None:
    records: Counter[str] = Counter()
    for (topic, _), number in topics.items():
        records[topic] += number
    letters = Counter(letter.record.source.topic for letter in done.dead_letters)
    for topic, told in rate.take(work.clock.now(), records, letters).items():
        await work.report("soc-health-dead-letters", topic, told)
