"""The correlations in force: references resolved, chains put in order, and what each rule's matches feed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from soc.errors import Fault
from soc.finding import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from soc.sigma.correlation import Correlation
    from soc.sigma.rule import Rule

_DEEPEST = 8
"""Correlations of correlations of ...: each level waits for the one below."""


class Feed(NamedTuple):
    """What one rule's matches mean to one correlation: the fields that its hits take from the event."""

    correlation: Correlation
    number: int
    """The rule's place among the correlation's rules."""
    group: tuple[str, ...]
    value: tuple[str, ...]
    carried: tuple[tuple[str, str], ...]
    """Name in the correlation -> field of the event, for the correlations that count this one."""


@dataclass(frozen=True)
class Correlations:
    all: tuple[Correlation, ...] = ()
    """Those that are not off, lower levels first."""
    feeds: Mapping[str, tuple[Feed, ...]] = field(default_factory=dict)
    """By the id of a rule, or of a correlation that others count."""
    quiet: frozenset[str] = frozenset()
    """Ids of rules and correlations that are counted only: they make no findings of their own (`generate: false`)."""

    @property
    def horizon(self) -> int:
        """How far before the last clock the oldest hit can lie that state is rebuilt from."""
        return max((each.horizon for each in self.all), default=0)

    def named(self, key: str) -> Correlation | None:
        """By id and content hash."""
        return next((each for each in self.all if each.key == key), None)


def resolved(found: Sequence[Correlation], rules: Iterable[Rule]) -> tuple[Correlations, list[Fault]]:
    """The set of correlations over these rules; one with a fault is left out, and those that count it with it."""
    making = _Making(list(found), list(rules))
    ordered = making.ordered()
    live = [each for each in ordered if each.info.state != "off"]
    off = {each.info.id for each in ordered} - {each.info.id for each in live}
    carrying = _carrying(live)
    feeds: dict[str, list[Feed]] = {}
    for each in carrying:
        for number, rule in enumerate(each.rules):
            feeds.setdefault(rule, []).append(_feed(each, number, rule))
    loud = {rule for each in carrying if each.generate for rule in each.rules}
    quiet = frozenset(feeds) - loud
    making.faults += list(_silent(carrying, making.by_id, off))
    return Correlations(tuple(carrying), {id_: tuple(told) for id_, told in feeds.items()}, quiet), making.faults


class _Making:
    def __init__(self, found: list[Correlation], rules: list[Rule]) -> None:
        self.faults: list[Fault] = []
        self.by_id: dict[str, Rule | Correlation] = {rule.info.id: rule for rule in rules}
        self._names: dict[str, list[str]] = {}
        self._done: dict[str, Correlation | None] = {}
        self._found = {each.info.id: each for each in found}
        self.by_id |= self._found
        for known in self.by_id.values():
            if known.name:
                self._names.setdefault(known.name, []).append(known.info.id)

    def ordered(self) -> list[Correlation]:
        """Resolved, without the faulty ones, lower levels first."""
        made = [each for id_ in sorted(self._found) if (each := self._made(id_, ()))]
        return sorted(made, key=lambda each: (each.level, each.info.id))

    def _made(self, id_: str, above: tuple[str, ...]) -> Correlation | None:
        if id_ in self._done:
            return self._done[id_]
        each = self._found[id_]
        if id_ in above:
            circle = " -> ".join([*above[above.index(id_) :], id_])
            self._fault(each, "rules", f"counts itself: {circle}", "break the circle")
            self._done[id_] = None
            return None
        ids = {name: self._id_of(each, name) for name in each.rules}
        below = [self._made(rule, (*above, id_)) for rule in ids.values() if rule in self._found]
        if id_ not in self._done:
            self._done[id_] = self._joined(each, ids, below)
        return self._done[id_]

    def _joined(
        self, each: Correlation, ids: Mapping[str, str], below: Sequence[Correlation | None]
    ) -> Correlation | None:
        if not all(ids.values()):
            return None
        if not all(below):
            self._fault(each, "rules", "counts a correlation that has a fault", "mend that one")
            return None
        if len(set(ids.values())) < len(ids):
            self._fault(each, "rules", "names one rule twice, by id and by name", "remove one")
            return None
        levels = [1 + one.level for one in below if one]
        if max(levels, default=0) > _DEEPEST:
            self._fault(each, "rules", f"a chain of more than {_DEEPEST} correlations", "count rules directly")
            return None
        return self._settled(each, ids, [one for one in below if one], max(levels, default=0))

    def _settled(self, each: Correlation, ids: Mapping[str, str], below: list[Correlation], level: int) -> Correlation:
        aliases = {name: {ids[rule]: told for rule, told in fields.items()} for name, fields in each.aliases.items()}
        rules = tuple(ids[name] for name in each.rules)
        first = self.by_id[rules[0]].info.layer if not each.layered else each.info.layer
        info = each.info._replace(layer=first, version=digest(each.info.version, *rules)[:16])
        delay = max([each.lateness, *(one.settled for one in below)])
        return replace(each, rules=rules, aliases=aliases, info=info, level=level, delay=delay)

    def _id_of(self, each: Correlation, name: str) -> str:
        """The id of a reference; empty once something was reported."""
        if name in self.by_id:
            return name
        ids = self._names.get(name, [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            self._fault(
                each, "rules", f"{len(ids)} rules are named {name!r}", f"write the id: {' or '.join(sorted(ids))}"
            )
            return ""
        near = get_close_matches(name, [*self._names, *self.by_id], 1)
        fix = f"did you mean {near[0]!r}?" if near else "give the rule's id, or its `name`"
        self._fault(each, "rules", f"there is no rule {name!r}, or it has a fault", fix)
        return ""

    def _fault(self, each: Correlation, part: str, what: str, fix: str) -> None:
        self.faults.append(Fault(each.file, each.lines.get(part, each.line), what, fix))


def _carrying(ordered: Sequence[Correlation]) -> list[Correlation]:
    """Each with the fields that those above it need, found from the top down."""
    wanted: dict[str, set[str]] = {each.info.id: set() for each in ordered}
    chained = {rule for each in ordered for rule in each.rules if rule in wanted}
    for each in reversed(ordered):
        for rule in each.rules:
            if rule in wanted:
                own = {*each.group_by, *each.condition.fields, *wanted[each.info.id]}
                wanted[rule] |= {each.field_of(name, rule) for name in own}
    return [
        replace(each, carried=tuple(sorted(wanted[each.info.id])), chained=each.info.id in chained) for each in ordered
    ]


def _feed(each: Correlation, number: int, rule: str) -> Feed:
    def fields(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(each.field_of(name, rule) for name in names)

    carried = tuple(zip(each.carried, fields(each.carried), strict=True))
    return Feed(each, number, fields(each.group_by), fields(each.condition.fields), carried)


def _silent(ordered: Iterable[Correlation], by_id: Mapping[str, Rule | Correlation], off: set[str]) -> Iterator[Fault]:
    """Correlations that count what is switched off never tell anything, without a word."""
    for each in ordered:
        for rule in each.rules:
            if rule in off or by_id[rule].info.state == "off":
                what = f"counts {rule}, which is switched off"
                yield Fault(each.file, each.lines.get("rules", each.line), what, "switch it on", "warning")
