"""Which events a rule can meet, and under which names it finds their fields: `rules/fields/*.yml`, which admins extend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.event import Logsource, WindowsKind
from soc.sigma.metadata import logsource_of
from soc.sigma.nodes import All, Item
from soc.sigma.predicates import Number, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from soc.event import Kind
    from soc.sigma.condition import Node
    from soc.sigma.rule import Rule
    from soc.sigma.yaml_files import Document, Path

    Report = Callable[[Path, str, str], None]

_NONE: Mapping[str, str] = {}


class Mapped(NamedTuple):
    """One entry of `logsources:`: a log source, how it is told apart inside a channel, and its fields' names."""

    logsource: Logsource
    inside: str
    """The Windows service in whose channels it is found; empty for its own."""
    event_ids: frozenset[int]
    """Empty: any."""
    conditions: tuple[Item, ...]
    names: Mapping[str, str]
    """Sigma name -> native or ECS name."""


@dataclass(frozen=True, eq=False)
class Instance:
    """A rule in one place: with that place's conditions and names."""

    rule: Rule
    conditions: tuple[Item, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def node(self) -> Node:
        return All((*self.conditions, self.rule.node)) if self.conditions else self.rule.node


@dataclass(frozen=True, slots=True)
class Logsources:
    channels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Windows service -> channels in lower case."""
    mapped: tuple[Mapped, ...] = ()

    def places(self, rule: Rule) -> list[tuple[str, frozenset[int], Instance]]:
        """The Windows channels and event ids of a rule; a channel of '' is every one."""
        asked = rule.logsource
        if asked.product not in {"", "windows"}:
            return []
        if not asked.category and not asked.service:
            return [("", frozenset(), Instance(rule))]
        if not asked.category:
            everywhere = Instance(rule)
            return [(channel, frozenset(), everywhere) for channel in sorted(self.channels.get(asked.service, ()))]
        found = []
        for entry in self.mapped:
            if entry.inside and entry.logsource.category == asked.category and asked.service in {"", entry.inside}:
                instance = Instance(rule, entry.conditions, entry.names)
                channels = sorted(self.channels.get(entry.inside, ()))
                found += [(channel, entry.event_ids, instance) for channel in channels]
        return found

    def names(self, asked: Logsource, told: Logsource) -> Mapping[str, str]:
        """The names of fields for a rule's log source on events of another kind than Windows."""
        found = [
            entry.names
            for entry in self.mapped
            if not entry.inside and _meets(entry.logsource, told) and _meets(entry.logsource, _overlaid(asked, told))
        ]
        if not found:
            return _NONE
        return found[0] if len(found) == 1 else {name: native for names in found for name, native in names.items()}


def _overlaid(asked: Logsource, told: Logsource) -> Logsource:
    return Logsource(*(mine or theirs for mine, theirs in zip(asked, told, strict=True)))


def _meets(asked: Logsource, told: Logsource) -> bool:
    """Whether every stated part is the same."""
    return all(not mine or mine == theirs for mine, theirs in zip(asked, told, strict=True))


class Routes:
    """The rules by the kind of event that they can meet."""

    _MOST_KINDS = 4096  # log sources may come from attackers' documents

    def __init__(self, rules: Iterable[Rule], logsources: Logsources) -> None:
        self._logsources = logsources
        self._rules: list[Rule] = []
        """Those that events of other systems than Windows can meet."""
        self._others: dict[Kind, tuple[Instance, ...]] = {}
        self._placed: dict[tuple[str, int], Instance] = {}
        self._known: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
        placed = []
        for rule in rules:
            placed += logsources.places(rule)
            if rule.logsource.product != "windows":
                self._rules.append(rule)
        self.windows = Channels(placed)

    def of(self, kind: Kind) -> tuple[Instance, ...]:
        """The rules that an event of a kind can meet, in the order of their ids."""
        if isinstance(kind, WindowsKind):
            return tuple(self.windows.instances[number] for number in self.windows.numbers(kind))
        found = self._others.get(kind)
        if found is None:
            if len(self._others) >= self._MOST_KINDS:
                self._others.clear()
            found = self._others[kind] = self._other(kind)
        return found

    def is_blind(self, rule: Rule) -> bool:
        """Whether no event can ever reach a rule for Windows."""
        return rule.logsource.product == "windows" and not self._logsources.places(rule)

    def _other(self, kind: tuple[Logsource, ...]) -> tuple[Instance, ...]:
        found: dict[str, Instance] = {}
        for rule in self._rules:
            for told in kind:
                if rule.info.id not in found and _meets(rule.logsource, told):
                    found[rule.info.id] = self._instance(rule, self._logsources.names(rule.logsource, told))
        return tuple(found[id_] for id_ in sorted(found))

    def _instance(self, rule: Rule, names: Mapping[str, str]) -> Instance:
        """One object for one rule under the same names, whatever kind of event asks."""
        names = self._known.setdefault(tuple(sorted(names.items())), names)
        return self._placed.setdefault((rule.info.id, id(names)), Instance(rule, (), names))


class Channels:
    """Windows: every rule in every place where it can be met, and which of them a channel and an event id meet."""

    def __init__(self, placed: Sequence[tuple[str, frozenset[int], Instance]]) -> None:
        """`placed`: channels ('' for every one), event ids (none for any) and what is met there."""
        numbers: dict[int, int] = {}
        self.instances: Sequence[Instance] = []
        for _, _, instance in placed:
            if id(instance) not in numbers:
                numbers[id(instance)] = len(numbers)
                self.instances.append(instance)
        self.places: dict[str, list[tuple[frozenset[int], int]]] = {"": []}
        """Channel -> event ids and numbers of instances."""
        for channel, event_ids, instance in placed:
            self.places.setdefault(channel, []).append((event_ids, numbers[id(instance)]))
        self._ids = {
            channel: frozenset[int]().union(*(ids for ids, _ in entries)) for channel, entries in self.places.items()
        }
        """Channel -> event ids of which some rule asks."""
        self._numbers: dict[tuple[str, int], tuple[int, ...]] = {}

    def numbers(self, kind: WindowsKind) -> tuple[int, ...]:
        """Of the instances that such events meet; the same object for kinds that meet the same."""
        channel = kind.channel if kind.channel in self._ids else ""
        event_id = kind.event_id if kind.event_id in self._ids[channel] else _NO_ID
        found = self._numbers.get((channel, event_id))
        if found is None:
            found = self._numbers[channel, event_id] = self._met(channel, event_id)
        return found

    def _met(self, channel: str, event_id: int) -> tuple[int, ...]:
        entries = self.places[channel] + self.places[""] if channel else self.places[""]
        return tuple(sorted({number for event_ids, number in entries if not event_ids or event_id in event_ids}))


_NO_ID = -1
"""Stands for every event id that no rule of the channel names."""


def read(document: Document, report: Report) -> Logsources:
    """A file of `rules/fields/`: `channels:` (Windows service -> channels) and `logsources:` (entries as `Mapped`)."""
    channels = {}
    told = document.value.get("channels") or {}
    for service, names in told.items() if isinstance(told, dict) else ():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            report(("channels", service), "channels are a list of names", "put each into quotes")
            continue
        channels[service.lower()] = frozenset(name.lower() for name in names)
    mapped = []
    for number, entry in enumerate(document.value.get("logsources") or ()):
        if isinstance(entry, dict):
            mapped.append(_entry(entry, ("logsources", number), report))
        else:
            report(("logsources", number), "an entry is a mapping", "see rules/fields/windows.yml")
    return Logsources(channels, tuple(mapped))


def _entry(entry: dict[str, Any], path: Path, report: Report) -> Mapped:
    inside = str(entry.get("inside") or "").lower()
    conditions = entry.get("conditions") or {}
    names = entry.get("fields") or {}
    if not isinstance(conditions, dict) or not isinstance(names, dict):
        report(path, "`conditions` and `fields` are mappings", "see rules/fields/windows.yml")
        conditions, names = {}, {}
    told = conditions.get("EventID", [])
    ids = told if isinstance(told, list) else [told]
    if not all(isinstance(value, int) for value in ids):
        report((*path, "conditions", "EventID"), "event ids are whole numbers", "write them without quotes")
    event_ids = frozenset(value for value in ids if isinstance(value, int))
    others = tuple(_condition(key, value) for key, value in conditions.items() if key != "EventID")
    logsource = logsource_of({name: entry.get(name) for name in Logsource._fields}, report)
    return Mapped(logsource, inside, event_ids, others, {key: str(value) for key, value in names.items()})


def _condition(key: str, value: Any) -> Item:
    values = value if isinstance(value, list) else [value]
    made = tuple(Text((each,)) if isinstance(each, str) else Number(each) for each in values)
    return Item(key, key, made)


def merged(parts: Iterable[Logsources]) -> Logsources:
    """Several files as one; a later file's channels of a service are added to those before."""
    channels: dict[str, frozenset[str]] = {}
    mapped: list[Mapped] = []
    for part in parts:
        for service, names in part.channels.items():
            channels[service] = channels.get(service, frozenset()) | names
        mapped += part.mapped
    return Logsources(channels, tuple(mapped))
