"""The product on one page: three pure functions that every mode runs. Records in, findings and alerts out.

    Record --detect--> Finding, Partial, DeadLetter     stateless: parse, enrich, match, pre-aggregate
    Partial --correlate--> Finding                      windows, closed by the clock that travels with the data
    Finding --index--> Finding, Alert                   what the store keeps

`service.py` moves the bytes between them: over Kafka, over SQLite, or in memory for `soc replay`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc import alerting, parse
from soc.alert import Alert
from soc.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from soc.anomaly import Detectors, Partial, Strides
    from soc.correlate import Windows
    from soc.enrich import Inventory
    from soc.event import Event
    from soc.record import Record
    from soc.sigma import RuleSet


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that people write and models learn, as it is in force for one batch."""

    rules: RuleSet
    detectors: Detectors
    inventory: Inventory

    @property
    def sha256(self) -> str:
        return self.rules.sha256


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
    events: list[Event] = field(default_factory=list)

    @property
    def records(self) -> int:
        return self.clean + self.alerting + len(self.dead_letters)


def detect(records: Iterable[Record], content: Content, strides: Strides) -> Detected:
    """Parse each record, match it against the rules, add it to the detectors' aggregates."""
    done = Detected()
    for record in records:
        try:
            event = parse.parse(record)
            found = [_finding(event, rule, content) for rule in content.rules.match(event)]
        except parse.Unparsable as refused:
            done.dead_letters.append(DeadLetter(record, "parse", refused.reason, refused.detail))
            continue
        except Exception as fault:  # noqa: BLE001 (no record may stop the others; it is kept with the reason)
            detail = f"{type(fault).__name__}: {fault}"
            done.dead_letters.append(DeadLetter(record, "detect", "parser_fault", detail))
            continue
        strides.add(event, len(found))
        done.events.append(event)
        done.findings += found
        if found:
            done.alerting += 1
        else:
            done.clean += 1
    done.partials = strides.partials()
    return done


def _finding(event: Event, rule: Any, content: Content) -> Finding:
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


def correlate(partials: Iterable[Partial], clocks: Mapping[str, int], windows: Windows) -> list[Finding]:
    """Fold partial aggregates into their windows, then close what the clock has passed.

    `clocks` says per raw partition how far it has been processed; the least of them is the present.
    """
    windows.fold(partials)
    return windows.advance(clocks)


def index(findings: Sequence[Finding]) -> tuple[list[Finding], list[Alert]]:
    """The findings without repetitions, and the alerts that they open."""
    unique = list({finding.id: finding for finding in findings}.values())
    alerts: dict[str, Alert] = {}
    for finding in unique:
        alert = alerting.alert_of(finding)
        if alert is not None:
            alerts.setdefault(alert.id, alert)
    return unique, list(alerts.values())
