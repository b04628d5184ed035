"""The whole pipeline once over given records, in one process: `soc replay`, the samples, and the oracle of the fault tests."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from soc import parse, pipeline
from soc.alerting.exceptions import NONE
from soc.anomaly import Repeated, Strides
from soc.correlate import Windows
from soc.errors import Unavailable
from soc.hit import END, Tick

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from soc.alerting import Suppressions
    from soc.anomaly import Detector
    from soc.correlate import Closed
    from soc.finding import Finding
    from soc.hit import Hit
    from soc.pipeline import Content, Detected
    from soc.record import Record
    from soc.stores import AlertStore

_STORED_AT_ONCE = 1_000
_COUNTED_AT_ONCE = 4_096
_ALL = "all files"
"""The scope of correlations over several whole files."""
_HERE = "here"
"""Who tells correlations of correlations how far time has come."""


@dataclass(slots=True)
class Reconciliation:
    """What became of every record: `records == clean + alerting + dead_letters`."""

    clean: int = 0
    alerting: int = 0
    dead_letters: int = 0
    findings: int = 0
    new_findings: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Dead letters by reason."""
    alerts: dict[str, set[str]] = field(default_factory=dict)
    """Alert ids by rule id."""
    names: dict[str, str] = field(default_factory=dict)
    """Titles by rule id."""

    @property
    def records(self) -> int:
        return self.clean + self.alerting + self.dead_letters

    def count(self, done: Detected) -> None:
        self.clean += done.clean
        self.alerting += done.alerting
        self.dead_letters += len(done.dead_letters)
        self.reasons.update(letter.reason for letter in done.dead_letters)


async def replay(
    batches: AsyncIterator[Sequence[Record]],
    content: Content,
    take: Callable[[Sequence[Finding]], object],
    *,
    until: int,
    together: bool = False,
    progress: Callable[[int], object] = lambda _records: None,
) -> Reconciliation:
    """Every record through detection and windows; `take` is given the findings, each once, awaited if it is a coroutine.

    Windows of whole files close at the file's end; those of other records as far as `until` has passed them. `together`:
    correlations see whole files as one, which ends when all have been read.
    """
    told, strides, state = Reconciliation(), Strides(content.detectors.scoring), _State(content, together)
    seen: set[str] = set()
    whole, live = "", set[str]()

    async def give(findings: Sequence[Finding]) -> None:
        fresh = list({finding.id: finding for finding in findings if finding.id not in seen}.values())
        seen.update(finding.id for finding in fresh)
        told.findings += len(fresh)
        for finding in fresh:
            rule = finding.document["rule"]
            told.names[rule["id"]] = rule["name"]
            if finding.alert_id:
                told.alerts.setdefault(rule["id"], set()).add(finding.alert_id)
        if fresh:
            taken = take(fresh)
            if asyncio.iscoroutine(taken):
                await taken

    async for batch in batches:
        for records in _by_partition(batch):
            partition = records[0].partition
            if whole and whole != partition:
                await give(state.end([whole]))
            whole = partition if records[0].source.whole else ""
            if not whole:
                live.add(partition)
            done = pipeline.detect(records, content, strides)
            told.count(done)
            await give(done.findings)
            await give(state.take(done))
        progress(told.records)
    await give(state.end([whole] if whole else [], dict.fromkeys(live, until), last=True))
    return told


class _State:
    """The windows of everything, in one process: what correlations tell each other goes no way over a log."""

    def __init__(self, content: Content, together: bool) -> None:  # noqa: FBT001 (what it is made with)
        self._content = content
        self._together = together
        self._open = pipeline.Open.since(content)
        self._levels = max((each.level for each in content.rules.correlations.all), default=0)

    def take(self, done: Detected) -> list[Finding]:
        """What hits and partials bring."""
        hits = [replace(hit, scope=_ALL) if hit.scope else hit for hit in done.hits] if self._together else done.hits
        return self._told([*hits, *done.partials])

    def end(self, whole: Sequence[str], live: Mapping[str, int] | None = None, *, last: bool = False) -> list[Finding]:
        """What the end of whole files closes, and the time that live partitions have come to."""
        ended = [*whole, _ALL] if self._together and last else whole
        return self._told([Tick(dict(live or {}), dict.fromkeys(ended, END), len(live or {}), complete=bool(live))])

    def _told(self, hits: Sequence[Hit]) -> list[Finding]:
        """Level by level: what a correlation tells those above it is theirs before time goes on."""
        findings: list[Finding] = []
        goes_on = any(isinstance(hit, Tick) for hit in hits)
        for _ in range(self._levels + 1):
            done = pipeline.correlate(hits, self._open, self._content)
            findings += done.findings
            hits = [*done.hits, *(self._open.correlator.ticks(_HERE, 1) if goes_on else ())]
            if not hits:
                break
        return findings


def _by_partition(records: Sequence[Record]) -> list[list[Record]]:
    found: list[list[Record]] = []
    for record in records:
        if found and found[-1][0].partition == record.partition:
            found[-1].append(record)
        else:
            found.append([record])
    return found


class Storing:
    """Takes findings for a store, in large pieces; `close` stores the rest and rolls the alerts up."""

    def __init__(self, store: AlertStore, now: int, suppressions: Suppressions | None = None) -> None:
        """`suppressions` hide alerts as in the running service; None leaves that to it."""
        self._store = store
        self._now = now
        self._suppressions = suppressions
        self._waiting: list[Finding] = []
        self.created = 0

    async def take(self, findings: Sequence[Finding]) -> None:
        self._waiting += findings
        if len(self._waiting) >= _STORED_AT_ONCE:
            await self._flush()

    async def close(self) -> None:
        """Raises errors.Unavailable if the store did not take all of it; a second replay adds what is missing."""
        await self._flush()
        await self._store.roll_up(self._now, self._suppressions)

    async def _flush(self) -> None:
        pending, self._waiting = self._waiting, []
        for _ in range(5):
            if not pending:
                return
            findings, alerts = pipeline.index(pending, self._suppressions or NONE)
            verdicts = await self._store.create(findings, alerts, self._now)
            self.created += verdicts.created
            again = set(verdicts.retry)
            pending = [finding for finding in findings if finding.id in again or finding.alert_id in again]
        raise Unavailable(
            f"the alert store did not take {len(pending)} findings: {verdicts.reason}; replay again later"
        )


def closed_windows(
    detector: Detector, records: Iterable[Record], progress: Callable[[int], object] = lambda _: None
) -> tuple[list[Closed], int]:
    """All windows of one detector over whole files, closed at their end, and how many records could not be parsed.

    What a model is trained from and what `soc score` scores.
    """
    strides, windows = Strides([detector]), Windows()
    repeated, ends = Repeated(strides), dict[str, int]()
    unread = 0
    for number, record in enumerate(records, 1):
        ends[record.partition] = END
        try:
            repeated.add(record)
        except parse.Unparsable:
            unread += 1
        if not number % _COUNTED_AT_ONCE:
            windows.take(strides.partials())
            progress(number)
    windows.take([*strides.partials(), Tick({}, ends, 0, complete=True)])
    return windows.advance(), unread
