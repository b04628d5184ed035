"""The loops that carry records, hits and findings between the pure functions of `pipeline`, the logs and the store.

Sequence everywhere: outputs durable first, positions afterwards. What is repeated after a crash has the same ids.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from soc import health, hit, instant, logs, pipeline
from soc.anomaly import Strides
from soc.correlate import Windows
from soc.errors import Unavailable
from soc.finding import Finding
from soc.log import DEAD_LETTERS, FINDINGS, HITS, Message
from soc.log.dead_letters import encode as encode_dead_letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from soc.alert import Alert
    from soc.clock import Clock
    from soc.loading import InForce
    from soc.log import Delivered, Log, Position, Reader
    from soc.metrics import Metrics
    from soc.sources import RecordBatch, Source
    from soc.stores import AlertStore

log = logs.get(__name__)
BATCH = 500
WAIT = 0.3
TICK = 5 * instant.SECOND
CLOCK_MARGIN = 2 * instant.SECOND
"""How far the clocks of a broker and its workers may differ before a tick says too much."""
STORE_PATIENCE = 60.0
_ENCODE = msgspec.json.encode
_DECODE = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every role works with."""

    log: Log
    content: InForce
    metrics: Metrics
    clock: Clock
    stopping: asyncio.Event

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.metrics.stage.labels(stage).observe(perf_counter() - start)

    async def report(self, check: str, subject: str, detail: str) -> None:
        """Send a health finding the way of all findings."""
        log.warning(health.CHECKS[check].name, subject=subject, detail=detail)
        await append_findings(self.log, [health.finding(check, subject, detail, self.clock.now())])


async def append_findings(to: Log, findings: Sequence[Finding]) -> None:
    messages = [Message(_ENCODE(f.document), (f.alert_id or f.id).encode()) for f in findings]
    if messages:
        await to.append(FINDINGS, messages)


async def append_patiently(work: Workshop, topic: str, messages: Sequence[Message]) -> None:
    """Append, again and again while the log cannot be written: nothing may be skipped."""
    wait = 0.5
    while messages:
        try:
            return await work.log.append(topic, messages)
        except Unavailable as error:
            log.warning("cannot append, trying again", topic=topic, error=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, 30.0)


async def detect(work: Workshop, source: Source) -> None:
    """Records to findings, hits and dead letters; a record is done when its outputs are durable."""
    epoch, strides = -1, Strides(work.content.current.detectors.scoring)
    ticked = 0
    await report_faults(work)
    while not work.stopping.is_set():
        as_of = work.clock.now()
        batch = await source.read(BATCH, WAIT)
        if refreshed := await asyncio.to_thread(work.content.refresh):
            strides = Strides(work.content.current.detectors.scoring)
        if refreshed is not None:
            work.metrics.reloads.labels("accepted" if refreshed else "rejected").inc()
            await report_faults(work)
        if batch.epoch != epoch:
            epoch, strides = batch.epoch, Strides(work.content.current.detectors.scoring)
        if batch.records:
            await _detect_batch(work, source, batch, strides)
        if as_of - ticked >= TICK:
            ticked = as_of
            await _tick(work, batch, as_of)


async def _detect_batch(work: Workshop, source: Source, batch: RecordBatch, strides: Strides) -> None:
    metrics, content = work.metrics, work.content.current
    metrics.in_flight.set(0)
    with work.timed("detect"):
        done = await asyncio.to_thread(pipeline.detect, batch.records, content, strides)
    with work.timed("append"):
        letters = [
            Message(encode_dead_letter(letter, content.sha256, work.clock.now())) for letter in done.dead_letters
        ]
        await append_patiently(work, DEAD_LETTERS, letters)
        hits = [Message(hit.encode(partial), partial.key, partial.arrived) for partial in done.partials]
        await append_patiently(work, HITS, hits)
        messages = [Message(_ENCODE(f.document), (f.alert_id or f.id).encode()) for f in done.findings]
        await append_patiently(work, FINDINGS, messages)
    if not await source.done(batch):
        log.info("partitions were taken away, their records go to another worker", epoch=batch.epoch)
    metrics.count(done, Counter((record.source.topic, record.layer) for record in batch.records))


async def _tick(work: Workshop, batch: RecordBatch, as_of: int) -> None:
    """Tell every partition of the hits how far the raw partitions have come."""
    tick = tick_of(batch, as_of)
    if tick.live or tick.whole:
        partitions = await work.log.partitions(HITS)
        value = hit.encode(tick)
        await append_patiently(work, HITS, [Message(value, None, as_of, partition) for partition in range(partitions)])


def tick_of(batch: RecordBatch, as_of: int) -> hit.Tick:
    """The tick after a batch: a caught-up partition stands at the present, another at its last record."""
    clocks = {record.partition: record.arrived for record in batch.records}
    whole = {record.partition for record in batch.records if record.source.whole} | batch.finished
    live = dict.fromkeys(batch.caught_up - whole, as_of - CLOCK_MARGIN)
    live |= {name: at for name, at in clocks.items() if name not in whole and name not in batch.caught_up}
    ended = dict.fromkeys(batch.finished, hit.END)
    return hit.Tick(live, ended, batch.total_partitions, complete=batch.complete)


async def report_faults(work: Workshop) -> None:
    content = work.content
    rules = content.current.rules
    refused = len(content.faults) + len(content.rejected)
    work.metrics.rules_in_force(
        content.current.sha256,
        [rule.info.state for rule in rules.rules],
        refused,
        [rule.info.id for rule in rules.rules if rule.own],
    )
    for file in sorted({fault.file for fault in (*content.faults, *content.rejected) if fault.severity == "error"}):
        first = next(fault for fault in (*content.rejected, *content.faults) if fault.file == file)
        await work.report("soc-health-rules-broken", file, str(first))


async def correlate(work: Workshop) -> None:
    """Hits to findings of windows; state is rebuilt by reading the log again from before the oldest open window."""
    reader = await work.log.reader("soc-correlate", [HITS])
    windows: dict[Position, Windows] = {}
    epoch = -1
    try:
        while not work.stopping.is_set():
            batch = await reader.read(BATCH, WAIT)
            if batch.epoch != epoch:
                epoch, windows = batch.epoch, await _rewind(work, reader)
                continue
            if batch.messages:
                await _correlate_batch(work, reader, epoch, batch.messages, windows)
    finally:
        await reader.close()


async def _rewind(work: Workshop, reader: Reader) -> dict[Position, Windows]:
    """Windows that know what had been closed, and the reader back where the oldest open one began."""
    windows: dict[Position, Windows] = {}
    committed = await reader.committed()
    horizon = work.content.current.detectors.horizon
    for position, (_, metadata) in committed.items():
        clock = int(metadata or 0)
        windows[position] = Windows(closed_until=clock)
        starts = await reader.offsets_at(max(0, clock - horizon))
        await reader.seek({position: min(starts.get(position, 0), committed[position][0])})
    return windows


async def _correlate_batch(
    work: Workshop, reader: Reader, epoch: int, messages: Sequence[Delivered], windows: dict[Position, Windows]
) -> None:
    by_position: dict[Position, list[Delivered]] = {}
    for message in messages:
        by_position.setdefault(message.position, []).append(message)
    findings: list[Finding] = []
    with work.timed("correlate"):
        for position, delivered in by_position.items():
            state = windows.setdefault(position, Windows())
            hits = [decoded for message in delivered if (decoded := _decoded(message))]
            findings += await asyncio.to_thread(pipeline.correlate, hits, state, work.content.current)
    await append_patiently(
        work, FINDINGS, [Message(_ENCODE(f.document), (f.alert_id or f.id).encode()) for f in findings]
    )
    work.metrics.windows_open.set(sum(len(state) for state in windows.values()))
    for position, delivered in by_position.items():
        await reader.commit(epoch, {position: delivered[-1].offset + 1}, str(windows[position].clock))


def _decoded(message: Delivered) -> hit.Hit | None:
    try:
        return hit.decode(message.value)
    except msgspec.DecodeError as error:
        log.error("not a hit", topic=message.topic, offset=message.offset, error=str(error))
        return None


async def index(work: Workshop, store: AlertStore) -> None:
    """Findings to the store, each with its alert; create-only, so that repetition changes nothing."""
    reader = await work.log.reader("soc-index", [FINDINGS])
    try:
        while not work.stopping.is_set():
            batch = await reader.read(BATCH, WAIT)
            if batch.messages:
                with work.timed("index"):
                    stored = await _index_batch(work, reader, store, batch.messages)
                if stored:
                    ends = {message.position: message.offset + 1 for message in batch.messages}
                    await reader.commit(batch.epoch, ends)
    finally:
        await reader.close()


async def _index_batch(work: Workshop, reader: Reader, store: AlertStore, messages: Sequence[Delivered]) -> bool:
    """Whether all of it is stored; False only when the service stops first."""
    findings, alerts = pipeline.index([finding for message in messages if (finding := finding_of(message.value))])
    delay, waited, told = 0.5, 0.0, False
    pending_findings, pending_alerts = findings, alerts
    while pending_findings or pending_alerts:
        retry, reason = await _attempt(work, store, pending_findings, pending_alerts)
        pending_findings = [finding for finding in pending_findings if finding.id in retry]
        pending_alerts = [alert for alert in pending_alerts if alert.id in retry]
        if not retry:
            break
        if work.stopping.is_set():
            return False
        log.warning("the alert store cannot take documents now", waiting=len(retry), reason=reason)
        if waited >= STORE_PATIENCE and not told:
            told = True
            await work.report("soc-health-store-unreachable", "alert-store", reason)
        reader.pause(True)
        pause = random.uniform(0, delay)  # noqa: S311 (jitter, not a secret)
        await reader.read(1, pause)  # stays a member of the group, delivers nothing
        reader.pause(False)
        waited, delay = waited + pause, min(delay * 2, 30.0)
    _observe(work, findings)
    return True


async def _attempt(
    work: Workshop, store: AlertStore, findings: Sequence[Finding], alerts: Sequence[Alert]
) -> tuple[set[str], str]:
    """Ids to be tried again, and why."""
    stored = work.metrics.stored
    try:
        verdicts = await store.create(findings, alerts, work.clock.now())
    except Unavailable as error:
        work.metrics.store_up.set(0)
        return {item.id for item in (*findings, *alerts)}, str(error)
    work.metrics.store_up.set(1)
    stored.labels("created").inc(verdicts.created)
    stored.labels("duplicate").inc(verdicts.duplicates)
    stored.labels("reduced").inc(len(verdicts.reduced))
    stored.labels("retried").inc(len(verdicts.retry))
    stored.labels("rejected").inc(len(verdicts.rejected))
    if verdicts.rejected:
        await _dead_findings(work, findings, verdicts.rejected)
    if verdicts.rejected or verdicts.reduced:
        reason = next(iter(verdicts.rejected.values()), "stored without the fields that the mapping refused")
        await work.report("soc-health-mapping-refused", "alert-store", reason)
    return set(verdicts.retry), verdicts.reason


async def _dead_findings(work: Workshop, findings: Sequence[Finding], rejected: Mapping[str, str]) -> None:
    """What the store will never take is kept as a dead letter, whole."""
    letters = [
        Message(_ENCODE({"stage": "index", "reason": "rejected", "detail": rejected[f.id], "finding": f.document}))
        for f in findings
        if f.id in rejected
    ]
    await append_patiently(work, DEAD_LETTERS, letters)


def _observe(work: Workshop, findings: Sequence[Finding]) -> None:
    now = work.clock.now()
    for finding in findings:
        arrived = instant.parse_iso(finding.document["soc"]["arrived"])
        if arrived is not None:
            work.metrics.end_to_end.observe(max(0, now - arrived) / instant.SECOND)
        work.metrics.alerts.labels(health.severity_name(finding.document)).inc()


def finding_of(value: bytes) -> Finding | None:
    """The finding in a message's value; None (and a line in our log) if it is none."""
    try:
        document = _DECODE(value)
        return Finding(document["soc"]["id"], document["soc"]["alert_id"], document)
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        log.error("not a finding", error=f"{type(error).__name__}: {error}")
        return None
