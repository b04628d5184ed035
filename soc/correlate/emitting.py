"""What `detect` tells correlations about a match: one hit for each that counts the rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Raw, json

from soc.correlate.fired import SEPARATOR
from soc.correlate.numbers import WINDOWS, number_of
from soc.hit import EARLY, Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.event import Event
    from soc.sigma import Rule
    from soc.sigma.correlations import Correlations, Feed

_TEXT = 512
_CLAUSE = 60
_CLAUSES = 3


class Reader(Protocol):
    """`sigma.EventReader`: an event under the names that a rule has for its fields."""

    def members(self, field: str) -> Sequence[Any] | None:
        """The values of a field, each with its `text`; None if the event does not have it."""


@dataclass(slots=True)
class Emitted:
    """The hits of a batch, and why matches made none, by correlation id."""

    hits: list[Match] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    """A field to group or count by was absent, or no number where one is needed."""
    late: Counter[str] = field(default_factory=Counter)
    """Later than the correlation waits for."""


def hits_of(
    correlations: Correlations,
    rule: Rule,
    event: Event,
    reader: Reader,
    emitted: Emitted,
    why: Iterable[dict[str, Any]] = (),
) -> None:
    """Add what a rule's match means to the correlations that count it; `why` are the clauses that decided.

    A pure function of the event: lateness is its arrival minus its time, so a backlog that is worked off later counts as
    if it had been then. Records of whole files are never late.
    """
    feeds = correlations.feeds.get(rule.info.id)
    if not feeds:
        return
    record, told = event.record, event.time
    time = min(told, record.arrived + EARLY)
    evidence: Raw | None = None
    for feed in feeds:
        correlation = feed.correlation
        if not record.source.whole and record.arrived - time > correlation.lateness:
            emitted.late[correlation.info.id] += 1
            continue
        parts = _parts(feed, reader)
        if parts is None:
            emitted.missing[correlation.info.id] += 1
            continue
        if evidence is None:
            evidence = _evidence(rule, event, why)
        emitted.hits.append(
            Match(
                correlation=correlation.key,
                group=parts[0],
                time=time,
                ref=record.ref,
                arrived=record.arrived,
                rule=rule.info.id,
                number=feed.number,
                value=parts[1],
                carried=_carried(feed, reader),
                evidence=evidence,
                scope=record.partition if record.source.whole else "",
                sample=record.source.sample,
            )
        )


def _parts(feed: Feed, reader: Reader) -> tuple[tuple[str, ...], str] | None:
    """The values to group by, and the value to count; None if one is absent."""
    group = [_text(reader, name) for name in feed.group]
    values = [_text(reader, name) for name in feed.value]
    if not all(group) or not all(values):
        return None
    value = SEPARATOR.join(values)
    if feed.correlation.type in WINDOWS and number_of(value) is None:
        return None
    return tuple(group), value


def _carried(feed: Feed, reader: Reader) -> dict[str, str]:
    read = {name: _text(reader, field) for name, field in feed.carried}
    return {name: text for name, text in read.items() if text}


def _text(reader: Reader, name: str) -> str:
    """The first value of a field, empty if there is none; bounded, for it becomes part of keys."""
    members = reader.members(name)
    return members[0].text[:_TEXT] if members else ""


def _evidence(rule: Rule, event: Event, why: Iterable[dict[str, Any]]) -> Raw:
    """At most 1 KB: the fields that decided, and the beginning of the record."""
    fields: dict[str, str] = {}
    for clause in why:
        if len(fields) == _CLAUSES:
            break
        if clause.get("field") and "value" in clause:
            fields[str(clause["field"])[:_CLAUSE]] = str(clause["value"])[:_CLAUSE]
    told = {
        "title": rule.info.name[: 2 * _CLAUSE],
        "fields": fields,
        "original": event.record.raw[:_TEXT].decode("utf-8", "ignore"),
    }
    return Raw(json.encode(told))
