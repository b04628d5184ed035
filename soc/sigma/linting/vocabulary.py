"""Names that rules may use: fields and log sources that some event can have, and the nearest of them to one that none can."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from soc.event import Logsource

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from soc.sigma.logsources import Logsources

ANY = "*"
"""Of a part of a log source: the events themselves name it."""
_NEAR = 0.83
_NEAR_OPEN = 0.87
_LONG = 6
_NEAR_DOTTED = 0.86
_NEAR_ROOT = 0.92
_NEAR_SOURCE = 0.75
_SHOWN = 5
_SEPARATORS = re.compile(r"[^a-z0-9]")


class Known(NamedTuple):
    """The fields of a log source."""

    names: frozenset[str]
    whole: bool
    """Whether an event has no others, because its schema is fixed."""
    source: str
    """What has them, for people."""
    native: frozenset[str] = frozenset()
    """Of the names those of formats: there are others that we do not know, and such that differ in case only."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    system: frozenset[str] = frozenset()
    """What every Windows event has."""
    events: Mapping[str, Mapping[int, frozenset[str]]] = field(default_factory=dict)
    """Windows service -> event id -> all fields of such events."""
    more: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Windows service -> fields of its events, as far as we know them."""
    ecs: frozenset[str] = frozenset()
    native: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Format -> its own names that we know."""
    sources: Mapping[str, tuple[Logsource, ...]] = field(default_factory=dict)
    """Format -> the log sources that its events are of."""
    windows: frozenset[str] = frozenset()
    """The formats of Windows events, which are told apart by channel and event id instead."""

    def of(self, asked: Logsource, logsources: Logsources) -> Known:
        """The fields that a rule for a log source may name."""
        windows = self._windows(asked, logsources)
        if windows and windows.whole and asked.product:
            return windows._replace(names=windows.names | self.system)
        names = set(windows.names | self.system) if windows else set()
        native: set[str] = set()
        for format_, sources in self.sources.items() if any(asked) else ():
            for source in sources:
                if met(asked, source):
                    names |= logsources.names(asked, source).keys()
                    native |= self.native.get(format_, frozenset())
        return Known(frozenset(names | native), whole=False, source=str(asked), native=frozenset(native - names))

    def _windows(self, asked: Logsource, logsources: Logsources) -> Known | None:
        """The fields of Windows' events of a log source, without those that all have; None if there are none such."""
        if asked.product not in {"", "windows"}:
            return None
        if not asked.category:
            known = asked.service in logsources.channels
            return Known(self.more.get(asked.service, frozenset()), whole=False, source="") if known else None
        entries = [
            entry
            for entry in logsources.mapped
            if entry.inside and entry.logsource.category == asked.category and asked.service in {"", entry.inside}
        ]
        if not entries:
            return None
        names: set[str] = set()
        whole = True
        for entry in entries:
            schemas = [self.events.get(entry.inside, {}).get(number) for number in entry.event_ids or (-1,)]
            names |= set().union(entry.names, *(schema for schema in schemas if schema))
            if None in schemas:
                whole = False
                names |= self.more.get(entry.inside, frozenset())
        told = sorted(f"{entry.inside} {number}" for entry in entries for number in entry.event_ids)
        return Known(frozenset(names), whole, f"events {', '.join(dict.fromkeys(told))}")

    def near_field(self, name: str, known: Known) -> str:
        """The known field that may have been meant; '' if there is none."""
        if "." not in name:
            return near(name, known.names, _NEAR) if known.whole else _near_open(name, known)
        if name in self.ecs or name in known.names:
            return ""
        root = name.partition(".")[0].lower()
        mine = [each for each in self.ecs if each.partition(".")[0] == root]
        return near(name, mine, _NEAR_DOTTED) if mine else near(name, self.ecs, _NEAR_ROOT)

    def has_source(self, asked: Logsource, logsources: Logsources) -> bool:
        """Whether events of some format can be of a rule's log source."""
        if asked.product in {"", "windows"} and _has_windows(asked, logsources):
            return True
        return any(met(asked, source) for source in self._sources())

    def formats_of(self, asked: Logsource, logsources: Logsources) -> frozenset[str]:
        """The formats whose events can be of a log source; which channels of Windows those have is not known."""
        found = {name for name, sources in self.sources.items() if any(met(asked, source) for source in sources)}
        if asked.product in {"", "windows"} and _has_windows(asked, logsources):
            found |= self.windows
        return frozenset(found)

    def near_source(self, asked: Logsource, logsources: Logsources) -> str:
        """What to write instead of an unknown log source: one with one part spelt otherwise, or what its product has."""
        known = [*self._sources(), *_windows_sources(logsources)]
        for name in Logsource._fields:
            told = getattr(asked, name)
            others = {getattr(source, name) for source in known} - {"", ANY}
            if not told or told in others:
                continue
            for near_by in get_close_matches(told, sorted(others), 3, _NEAR_SOURCE):
                changed = asked._replace(**{name: near_by})
                if self.has_source(changed, logsources):
                    return f"did you mean `{_written(changed)}`?"
        found = {_written(each) for each in known if asked.product and each.product == asked.product}
        mine = sorted(found, key=lambda each: (-SequenceMatcher(None, each, _written(asked)).ratio(), each))
        more = ", ..." if len(mine) > _SHOWN else ""
        return f"known are {', '.join(f'`{each}`' for each in mine[:_SHOWN])}{more}" if mine else ""

    def _sources(self) -> list[Logsource]:
        return [source for sources in self.sources.values() for source in sources]


def _windows_sources(logsources: Logsources) -> list[Logsource]:
    found = [Logsource("windows", "", service) for service in logsources.channels]
    return found + [Logsource("windows", entry.logsource.category, "") for entry in logsources.mapped if entry.inside]


def _written(source: Logsource) -> str:
    """As a rule writes it."""
    return ", ".join(f"{name}: {value}" for name, value in zip(source._fields, source, strict=True) if value)


def near(name: str, known: Collection[str], cutoff: float) -> str:
    """The nearest of some names, without regard to case first; '' if none is near."""
    by_case = {each.lower(): each for each in sorted(known)}
    found = by_case.get(name.lower())
    if found is not None:
        return "" if found == name else found
    close = get_close_matches(name.lower(), list(by_case), 1, cutoff) if len(name) > 3 else []
    return by_case[close[0]] if close else ""


def _near_open(name: str, known: Known) -> str:
    """Where there may be fields that we do not know only what is very near is a slip, and no other name for the same."""
    meant = near(name, known.names - known.native, _NEAR_OPEN)
    if not meant and len(name) >= _LONG:
        meant = near(name, known.native, _NEAR_OPEN)
        meant = "" if meant.lower() == name.lower() else meant
    one, other = (_SEPARATORS.sub("", each.lower()) for each in (name, meant))
    return "" if name.lower() != meant.lower() and one.rstrip("s") == other.rstrip("s") else meant


def met(asked: Logsource, told: Logsource) -> bool:
    """Whether an event of a log source can be what a rule asks for."""
    return all(not mine or theirs in {mine, ANY} for mine, theirs in zip(asked, told, strict=True))


def _has_windows(asked: Logsource, logsources: Logsources) -> bool:
    if asked.category:
        return any(
            entry.inside
            and entry.logsource.category == asked.category
            and asked.service in {"", entry.inside}
            and logsources.channels.get(entry.inside)
            for entry in logsources.mapped
        )
    if asked.service:
        return bool(logsources.channels.get(asked.service))
    return asked.product == "windows" or asked == Logsource()


def common(names: Iterable[tuple[Logsource, str, str]], least: int = 3) -> frozenset[tuple[Logsource, str]]:
    """Fields that several rules of one log source use: (log source, field, rule) -> (log source, field)."""
    users: dict[tuple[Logsource, str], set[str]] = {}
    for source, name, rule in names:
        users.setdefault((source, name), set()).add(rule)
    return frozenset(pair for pair, rules in users.items() if len(rules) >= least)
