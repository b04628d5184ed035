"""What rules would have found in events that are over: hits with their values and times, and two versions of a rule compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant
from soc.parse import EcsFields, original

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from soc.event import Event, Kind
    from soc.sigma import Rule, RuleSet

WHO = ("host.name", "user.name", "source.ip")
"""Counted for every hit, whatever the rule asks for: who makes the noise."""
_MOST_VALUES = 10_000
"""Distinct values of one field that are counted, and hours that are: both come from logs."""
_MOST_KINDS = 4_096
_LONGEST_VALUE = 200
_LONGEST_SAMPLE = 4_096


class Sample(NamedTuple):
    """One event that a rule matched."""

    file: str
    offset: int
    """Where its bytes begin in the (unpacked) file."""
    time: int
    text: str
    why: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class Hits:
    """Of one rule."""

    count: int = 0
    reached: int = 0
    """Events of the rule's log source: those that it had to be asked for."""
    candidates: int = 0
    """How often its condition was decided; see `sigma.Cost`."""
    scanned: int = 0
    """Bytes that its own patterns looked at."""
    hours: Counter[str] = field(default_factory=Counter)
    """`2026-03-01 08` in the site's zone."""
    values: dict[str, Counter[str]] = field(default_factory=dict)
    """Of each field that decided, and of `WHO`."""
    samples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """Of two versions of a rule: by which of them how many events are matched."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)


SIDES = ("only_old", "only_new", "both")


class Backtest:
    """Takes events one by one; what it knows can be read at any time."""

    def __init__(self, rules: RuleSet, zone: tzinfo, *, old: RuleSet | None = None, most_samples: int = 3) -> None:
        """`old`: earlier versions, told apart by id, or one of one rule whatever its id."""
        self.rules, self.old = rules, old
        self.events = self.unparsed = self.bytes = 0
        self.first: int | None = None
        self.last: int | None = None
        self.hits = {rule.info.id: Hits() for rule in rules.rules}
        self._pairs = _pairs(rules, old)
        self.differences = {new: Difference() for new in self._pairs}
        self._zone = zone
        self._most = most_samples
        self._kinds: Counter[Kind] = Counter()

    def skip(self) -> None:
        """An event that cannot be parsed."""
        self.events += 1
        self.unparsed += 1

    def take(self, event: Event, file: str) -> None:
        self.events += 1
        self.bytes += len(event.record.raw)
        when = event.time
        self.first = when if self.first is None else min(self.first, when)
        self.last = when if self.last is None else max(self.last, when)
        self._kinds[event.format.kind(event.native)] += 1
        if len(self._kinds) > _MOST_KINDS:
            self.settle()
        matched = self.rules.match(event)
        for rule in matched:
            self._hit(rule, event, file)
        if self.old:
            self._compare(
                {rule.info.id for rule in matched}, {rule.info.id for rule in self.old.match(event)}, event, file
            )

    def settle(self) -> None:
        """Bring what rules cost up to date; kinds are counted first, since there are few of them."""
        for kind, count in self._kinds.items():
            for rule in self.rules.meeting(kind):
                self.hits[rule.info.id].reached += count
        self._kinds.clear()
        for rule_id, cost in self.rules.costs().items():
            self.hits[rule_id].candidates += cost.candidates
            self.hits[rule_id].scanned += cost.scanned

    def _hit(self, rule: Rule, event: Event, file: str) -> None:
        hits = self.hits[rule.info.id]
        hits.count += 1
        _count(hits.hours, instant.to_datetime(event.time).astimezone(self._zone).strftime("%Y-%m-%d %H"))
        why = self.rules.why(rule, event)
        for name, value in (*_told(why), *_who(event)):
            _count(hits.values.setdefault(name, Counter()), value[:_LONGEST_VALUE])
        if len(hits.samples) < self._most:
            hits.samples.append(_sample(event, file, why))

    def _compare(self, new: set[str], old: set[str], event: Event, file: str) -> None:
        for name, former in self._pairs.items():
            if name not in new and former not in old:
                continue
            side = "both" if name in new and former in old else "only_new" if name in new else "only_old"
            difference = self.differences[name]
            difference.counts[side] += 1
            kept = difference.samples.setdefault(side, [])
            if len(kept) < self._most:
                kept.append(_sample(event, file, self._why(name, former, side, event)))

    def _why(self, name: str, former: str, side: str, event: Event) -> tuple[Mapping[str, Any], ...]:
        """By the version that matches; the new one if both do."""
        rules, id_ = (self.old, former) if side == "only_old" else (self.rules, name)
        rule = rules.named(id_) if rules else None
        return rules.why(rule, event) if rules and rule else ()


def _pairs(rules: RuleSet, old: RuleSet | None) -> dict[str, str]:
    """Id of a new version -> id of the old one."""
    if old is None:
        return {}
    if len(rules.rules) == len(old.rules) == 1:
        return {rules.rules[0].info.id: old.rules[0].info.id}
    return {rule.info.id: rule.info.id for rule in rules.rules if old.named(rule.info.id)}


def _count(counter: Counter[str], value: str) -> None:
    if value in counter or len(counter) < _MOST_VALUES:
        counter[value] += 1


def _told(why: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each field once, with the value that decided."""
    told = {
        clause["field"].partition("|")[0]: clause["value"] for clause in why if clause["field"] and "value" in clause
    }
    yield from told.items()


def _who(event: Event) -> Iterator[tuple[str, str]]:
    fields = EcsFields(event)
    for name in WHO:
        value = fields.get(name)
        if value is not None and not isinstance(value, list | dict):
            yield name, str(value)


def _sample(event: Event, file: str, why: tuple[Mapping[str, Any], ...]) -> Sample:
    return Sample(file, event.record.offset, event.time, original(event.record)[:_LONGEST_SAMPLE], why)


def by_day(hours: Mapping[str, int]) -> dict[str, int]:
    """Hours as days."""
    days: Counter[str] = Counter()
    for hour, count in hours.items():
        days[hour[:10]] += count
    return dict(days)
