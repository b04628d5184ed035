"""The role index: findings to the store, each with its alert; create-only, so that repetition changes nothing."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from soc import health, instant, logs, pipeline
from soc.alerting.exceptions import NONE
from soc.errors import DiskFull, Unavailable
from soc.log import DEAD_LETTERS, FINDINGS, Message
from soc.roles import housekeeping
from soc.roles.lag import Lag
from soc.roles.messages import finding_of
from soc.roles.workshop import BATCH, WAIT, Stopping, Workshop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.alert import Alert
    from soc.finding import Finding
    from soc.log import Batch, Reader
    from soc.stores import AlertStore, Verdicts
    from soc.workspace.exceptions import Standing

log = logs.get(__name__)
STORE_PATIENCE = 60.0
_KNOWN_ALERTS = 50_000


async def index(work: Workshop, store: AlertStore, exceptions: Standing | None = None) -> None:
    """Until the service stops. Without `exceptions` alerts are opened unmarked, and the role jobs marks them."""
    reader = await work.log.reader("soc-index", [FINDINGS])
    try:
        with suppress(Stopping):
            await _Indexing(work, reader, store, exceptions).run()
    finally:
        await reader.close()


class _Indexing:
    def __init__(self, work: Workshop, reader: Reader, store: AlertStore, exceptions: Standing | None) -> None:
        self._work = work
        self._reader = reader
        self._store = store
        self._exceptions = exceptions
        self._lag = Lag(work.metrics)
        self._known: dict[str, None] = {}
        """Alerts that were offered to the store before; those are not opened now."""

    async def run(self) -> None:
        work = self._work
        while not work.stopping.is_set():
            work.beat("index")
            batch = await self._reader.read(BATCH, WAIT)
            await work.report_lost(batch.lost)
            self._lag.of_messages(batch, work.clock.now())
            if batch.messages:
                await self._batch(batch)
            await work.flush_reports()
            await housekeeping.trim_findings(work, work.clock.now())
            await housekeeping.trim_dead_letters(work, work.clock.now())

    async def _batch(self, batch: Batch) -> None:
        read = [finding for message in batch.messages if (finding := finding_of(message.value))]
        hiding = await self._exceptions.at(self._work.clock.now()) if self._exceptions else NONE
        findings, alerts = pipeline.index(read, hiding)
        with self._work.timed("index"):
            await self._store_all(findings, alerts)
        _observe(self._work, findings)
        await self._reader.commit(batch.epoch, {message.position: message.offset + 1 for message in batch.messages})

    async def _store_all(self, findings: Sequence[Finding], alerts: Sequence[Alert]) -> None:
        """Until the store has taken or refused each; only what it could not take is offered again."""
        work, delay, waited = self._work, 0.5, 0.0
        while findings or alerts:
            retry, reason = await self._attempt(findings, alerts)
            findings = [finding for finding in findings if finding.id in retry]
            alerts = [alert for alert in alerts if alert.id in retry]
            if not retry:
                return
            if work.stopping.is_set():
                raise Stopping
            log.warning("the alert store cannot take documents now", waiting=len(retry), reason=reason)
            if waited >= STORE_PATIENCE:
                await work.report("soc-health-store-unreachable", "alert-store", reason)
            pause = random.uniform(0.1, delay)  # noqa: S311 (jitter, not a secret)
            await work.rest(pause, self._reader)
            waited, delay = waited + pause, min(delay * 2, 30.0)

    async def _attempt(self, findings: Sequence[Finding], alerts: Sequence[Alert]) -> tuple[set[str], str]:
        """Ids to be tried again, and why."""
        work = self._work
        try:
            verdicts = await self._store.create(findings, alerts, work.clock.now())
        except Unavailable as error:
            work.metrics.store_up.set(0)
            if isinstance(error, DiskFull):
                await work.report("soc-health-disk-full", "alert-store", str(error))
            return {finding.id for finding in findings} | {alert.id for alert in alerts}, str(error)
        work.metrics.store_up.set(1)
        self._count(verdicts, alerts)
        if verdicts.rejected:
            await self._set_aside(findings, verdicts.rejected)
        if verdicts.rejected or verdicts.reduced:
            reason = next(iter(verdicts.rejected.values()), "stored without the fields that the mapping refused")
            await work.report("soc-health-mapping-refused", "alert-store", reason)
        return set(verdicts.retry), verdicts.reason

    async def _set_aside(self, findings: Sequence[Finding], rejected: Mapping[str, str]) -> None:
        """What the store will never take is kept as a dead letter, whole."""
        letters = [
            {"stage": "index", "reason": "rejected", "detail": rejected[finding.id], "finding": finding.document}
            for finding in findings
            if finding.id in rejected
        ]
        await self._work.append(
            DEAD_LETTERS, [Message(msgspec.json.encode(letter)) for letter in letters], self._reader
        )

    def _count(self, verdicts: Verdicts, alerts: Sequence[Alert]) -> None:
        metrics = self._work.metrics
        metrics.stored.labels("created").inc(verdicts.created)
        metrics.stored.labels("duplicate").inc(verdicts.duplicates)
        metrics.stored.labels("reduced").inc(len(verdicts.reduced))
        metrics.stored.labels("retried").inc(len(verdicts.retry))
        metrics.stored.labels("rejected").inc(len(verdicts.rejected))
        unknown = [alert for alert in alerts if alert.id not in self._known and alert.id not in verdicts.retry]
        for alert in unknown[: verdicts.alerts]:  # the store says how many are new, not which
            metrics.alerts.labels(health.severity_name(alert.document)).inc()
        self._known |= dict.fromkeys(alert.id for alert in unknown)
        while len(self._known) > _KNOWN_ALERTS:
            del self._known[next(iter(self._known))]


def _observe(work: Workshop, findings: Sequence[Finding]) -> None:
    """How long findings of single live records took; windows wait by design, whole files are as old as they are."""
    now = work.clock.now()
    for finding in findings:
        soc = finding.document["soc"]
        is_whole = soc["ref"].startswith("file:") and soc["arrived"] == finding.document["@timestamp"]
        arrived = instant.parse_iso(soc["arrived"])
        if soc["kind"] == "rule" and arrived is not None and not is_whole:
            work.metrics.end_to_end.observe(max(0, now - arrived) / instant.SECOND)
