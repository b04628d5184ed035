"""The product on one page: three pure functions that every mode runs. Records in, findings and alerts out.

    Record --detect--> Finding, Partial, DeadLetter     stateless: parse, enrich, match, pre-aggregate
    Partial --correlate--> Finding                      windows, closed by the clock that travels with the data
    Finding --index--> Finding, Alert                   what the store keeps

`service.py` moves the bytes between them: over Kafka, over SQLite, or in memory for `soc replay`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc import alerting, anomaly, parse
from soc.alerting import exceptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.anomaly import Detectors, Strides, Unit
    from soc.correlate import Windows
    from soc.enrich import Inventory
    from soc.event import Event
    from soc.finding import Finding
    from soc.hit import Hit, Partial
    from soc.record import Record
    from soc.sigma import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that people write and models learn, as it is in force for one batch."""

    rules: RuleSet
    detectors: Detectors
    inventory: Inventory
    sha256: str


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
    alerting: int = 0
    findings: list[Finding] = field(default_factory=list)
    partials: list[Partial] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    formats: dict[str, int] = field(default_factory=dict)
    """Events by format."""
    matches: dict[str, int] = field(default_factory=dict)
    """Findings by rule."""

    @property
    def records(self) -> int:
        return self.clean + self.alerting + len(self.dead_letters)


def detect(records: Iterable[Record], content: Content, strides: Strides) -> Detected:
    """Parse each record, match it against the rules, add it to the detectors' aggregates."""
    done = Detected()
    for record in records:
        try:
            event = parse.parse(record)
            rules = content.rules.match(event)
            found = [_finding(event, rule, content) for rule in rules]
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
        if found:
            done.alerting += 1
        else:
            done.clean += 1
    done.partials = strides.partials()
    return done


def _finding(event: Event, rule: Rule, content: Content) -> Finding:
    record, time = event.record, event.time
    document = content.inventory.enrich(parse.ecs(event))
    return alerting.finding_of(
        rule.info,
        alerting.event_group(rule.info, document, time, record.arrived, record.ref),
        document,
        time=time,
        arrived=record.arrived,
        ref=record.ref,
        raw=record.raw,
        why=content.rules.why(rule, event),
        ruleset=content.sha256,
        sample=record.source.sample,
    )


def correlate(hits: Iterable[Hit], windows: Windows, content: Content) -> list[Finding]:
    """Fold hits into their windows, close what the clock in them has passed, score the closed windows in one batch."""
    windows.take(hits)
    return findings_of(anomaly.score(windows.advance(), content.detectors), content)


def findings_of(scored: Iterable[Unit], content: Content) -> list[Finding]:
    """The findings of scored windows, of which most are not worth one."""
    return [
        alerting.finding_of(
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
        for unit in scored
        if unit.notable
    ]


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
