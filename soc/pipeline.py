"""The product on one page: three pure functions that every mode runs. Records in, findings and alerts out.

    Record --detect--> Finding, Hit, DeadLetter     stateless: parse, enrich, match, pre-aggregate
    Hit --correlate--> Finding, Hit, Pane           windows, closed by the clock that travels with the data
    Finding --index--> Finding, Alert               what the store keeps

`service.py` moves the bytes between them: over Kafka, over SQLite, or in memory for `soc replay`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc import alerting, anomaly, correlate as correlating, parse
from soc.alerting import exceptions
from soc.correlate import Correlator, Emitted, Windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.anomaly import Detectors, Strides, Unit
    from soc.correlate import Closed, Eviction, Fired, Pane, Told
    from soc.enrich import Inventory
    from soc.event import Event
    from soc.finding import Finding
    from soc.hit import Hit, Match, Partial
    from soc.record import Record
    from soc.sigma import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that people write and models learn, as it is in force for one batch."""

    rules: RuleSet
    detectors: Detectors
    inventory: Inventory
    sha256: str

    @property
    def horizon(self) -> int:
        """How far before the last clock the hits of an open window can lie."""
        return max(self.detectors.horizon, self.rules.correlations.horizon)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be understood, with its original bytes and everything needed to replay it."""

    record: Record
    stage: str
    reason: str
    """From parse.REASONS: a metric label."""
    detail: str


@dataclass(slots=True)
class Detected:
    """What became of a batch of records: `clean + alerting + len(dead_letters)` is the number of records."""

    clean: int = 0
    """Records that no rule matched, or only rules that are counted and alert nobody by themselves."""
    alerting: int = 0
    findings: list[Finding] = field(default_factory=list)
    partials: list[Partial] = field(default_factory=list)
    hits: list[Match] = field(default_factory=list)
    """For correlations."""
    missing: Counter[str] = field(default_factory=Counter)
    """Matches without a field that their correlation groups by or counts, by its id."""
    late: Counter[str] = field(default_factory=Counter)
    """Matches that came later than their correlation waits, by its id."""
    dead_letters: list[DeadLetter] = field(default_factory=list)
    formats: dict[str, int] = field(default_factory=dict)
    """Events by format."""
    matches: dict[str, int] = field(default_factory=dict)
    """Events by the rule that they match, findings or not."""

    @property
    def records(self) -> int:
        return self.clean + self.alerting + len(self.dead_letters)


def detect(records: Iterable[Record], content: Content, strides: Strides) -> Detected:
    """Parse each record, match it against the rules, tell correlations, add it to the detectors' aggregates."""
    done, quiet = Detected(), content.rules.correlations.quiet
    for record in records:
        try:
            event = parse.parse(record)
            rules = content.rules.match(event)
            found, emitted = _matched(event, rules, content) if rules else ([], None)
            strides.add(event)
        except parse.Unparsable as refused:
            done.dead_letters.append(DeadLetter(record, "parse", refused.reason, refused.detail))
            continue
        except Exception as fault:  # noqa: BLE001 (no record may stop the others; it is kept with the reason)
            detail = f"{type(fault).__name__}: {fault}"
            done.dead_letters.append(DeadLetter(record, "detect", "parser_fault", detail))
            continue
        name = event.format.name
        done.formats[name] = done.formats.get(name, 0) + 1
        for rule in rules:
            done.matches[rule.info.id] = done.matches.get(rule.info.id, 0) + 1
        done.findings += found
        if emitted is not None:
            done.hits += emitted.hits
            done.missing += emitted.missing
            done.late += emitted.late
        if all(rule.info.id in quiet for rule in rules):
            done.clean += 1
        else:
            done.alerting += 1
    done.partials = strides.partials()
    return done


def _matched(event: Event, rules: Sequence[Rule], content: Content) -> tuple[list[Finding], Emitted | None]:
    """The findings of an event, and what correlations are to know of it. Of a rule that is only counted there is none."""
    correlations, emitted = content.rules.correlations, Emitted()
    document: dict[str, Any] = {}
    found = []
    for rule in rules:
        why = content.rules.why(rule, event)
        # What is counted only may be most of all records (denied connections): its evidence lies in the hits.
        if rule.info.id not in correlations.quiet:
            document = document or content.inventory.enrich(parse.ecs(event))
            found.append(_finding(event, rule, document, why, content))
        if rule.info.id in correlations.feeds:
            correlating.hits_of(correlations, rule, event, content.rules.reader(rule, event), emitted, why)
    return found, emitted if emitted.hits or emitted.missing or emitted.late else None


def _finding(
    event: Event, rule: Rule, document: dict[str, Any], why: tuple[dict[str, Any], ...], content: Content
) -> Finding:
    record, time = event.record, event.time
    return alerting.finding_of(
        rule.info,
        alerting.event_group(rule.info, document, time, record.arrived, record.ref),
        document,
        time=time,
        arrived=record.arrived,
        ref=record.ref,
        raw=record.raw,
        why=why,
        ruleset=content.sha256,
        sample=record.source.sample,
    )


@dataclass(frozen=True, slots=True)
class Open:
    """The open windows of one partition of the hits: of detectors, and of correlations."""

    windows: Windows
    correlator: Correlator

    @classmethod
    def since(cls, content: Content, clocks: Mapping[int, int] | None = None) -> Open:
        """Without hits; `clocks` are those of the last commit, by level."""
        told = clocks or {}
        return cls(Windows(closed_until=told.get(0, 0)), Correlator(content.rules.correlations, told))

    def take(self, hits: Sequence[Hit]) -> None:
        self.windows.take(hits)
        self.correlator.take(hits)

    def advance(self) -> tuple[list[Closed], Told]:
        """What the clocks have passed, and what has become true: each is told once."""
        return self.windows.advance(), self.correlator.advance()

    @property
    def scopes(self) -> frozenset[str]:
        """The whole files of which something is open."""
        return self.windows.files | self.correlator.scopes


@dataclass(slots=True)
class Correlated:
    """What a batch of hits has brought; all of it is to be durable before positions move."""

    findings: list[Finding] = field(default_factory=list)
    hits: list[Match] = field(default_factory=list)
    """For correlations that count others."""
    panes: list[Pane] = field(default_factory=list)
    evictions: list[Eviction] = field(default_factory=list)
    matches: dict[str, int] = field(default_factory=dict)
    """Findings by correlation."""
    scores: list[float] = field(default_factory=list)
    """Of the windows of detectors."""


def correlate(hits: Sequence[Hit], state: Open, content: Content) -> Correlated:
    """Fold hits into their windows, judge what the clocks in them have passed, score detectors' windows in one batch."""
    state.take(hits)
    return correlated(*state.advance(), content)


def correlated(closed: Sequence[Closed], told: Told, content: Content) -> Correlated:
    """Findings of what was told."""
    units = anomaly.score(closed, content.detectors)
    findings = [_anomaly(unit, content) for unit in units if unit.notable]
    findings += [_correlation(fired, content) for fired in told.fired]
    matches = Counter(fired.info.id for fired in told.fired)
    return Correlated(findings, told.hits, told.panes, told.evictions, matches, [unit.score for unit in units])


def _anomaly(unit: Unit, content: Content) -> Finding:
    """Most scored windows are not worth one."""
    return alerting.finding_of(
        unit.info,
        alerting.Group(unit.entity, unit.start),
        content.inventory.enrich(unit.document),
        time=unit.start,
        arrived=unit.arrived,
        ref=unit.ref,
        why=unit.why,
        ruleset=content.sha256,
        severity=unit.severity,
        sample=unit.sample,
    )


def _correlation(fired: Fired, content: Content) -> Finding:
    """The times in it are its bucket's, whatever the order of hits; the true ones are in `why`."""
    arithmetic, *shown = fired.why
    return alerting.finding_of(
        fired.info,
        alerting.Group(fired.key, fired.start),
        content.inventory.enrich(fired.document),
        time=fired.start,
        arrived=fired.start,
        ref=fired.ref,
        why=({**arithmetic, "text": alerting.in_words(arithmetic)}, *shown),
        step=fired.step,
        ruleset=content.sha256,
        sample=fired.sample,
    )


def index(
    findings: Sequence[Finding], suppressions: Suppressions = exceptions.NONE
) -> tuple[list[Finding], list[Alert]]:
    """The findings without repetitions, and the alerts that they open, marked where exceptions hide them."""
    unique = list({finding.id: finding for finding in findings}.values())
    alerts: dict[str, Alert] = {}
    for finding in unique:
        alert = alerting.alert_of(finding)
        if alert is not None:
            alerts.setdefault(alert.id, alert)
    if not suppressions.all:
        return unique, list(alerts.values())
    told: dict[str | None, list[dict[str, Any]]] = {}
    for finding in unique:
        told.setdefault(finding.alert_id, []).append(finding.document)
    return unique, [exceptions.opened(alert, told[id_], suppressions) for id_, alert in alerts.items()]
