"""Which events a rule can meet, and under which names it finds their fields: `rules/fields/*.yml`, which admins extend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.event import Logsource, WindowsKind
from soc.sigma.metadata import logsource_of
from soc.sigma.nodes import All, Item
from soc.sigma.predicates import Number, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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


@dataclass(frozen=True, slots=True)
class Instance:
    """A rule in one place: with that place's conditions and names."""

    rule: Rule
    node: Node
    names: Mapping[str, str] = field(default_factory=dict)


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
            return [("", frozenset(), Instance(rule, rule.node))]
        if not asked.category:
            return [
                (channel, frozenset(), Instance(rule, rule.node)) for channel in self.channels.get(asked.service, ())
            ]
        found = []
        for entry in self.mapped:
            if entry.inside and entry.logsource.category == asked.category and asked.service in {"", entry.inside}:
                node = All((*entry.conditions, rule.node)) if entry.conditions else rule.node
                instance = Instance(rule, node, entry.names)
                found += [(channel, entry.event_ids, instance) for channel in self.channels.get(entry.inside, ())]
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
    """The rules by the kind of event that they can meet; what a kind's rules are is found once."""

    _MOST_PLANS = 4096  # kinds come from attackers: channels and event ids are theirs to invent

    def __init__(self, rules: Iterable[Rule], logsources: Logsources) -> None:
        self._logsources = logsources
        self._others: list[Rule] = []
        self._channels: dict[str, list[tuple[frozenset[int], Instance]]] = {}
        self._plans: dict[Kind, tuple[Instance, ...]] = {}
        self._placed: dict[tuple[str, int], Instance] = {}
        self._known: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
        for rule in rules:
            for channel, event_ids, instance in logsources.places(rule):
                self._channels.setdefault(channel, []).append((event_ids, instance))
            if rule.logsource.product != "windows":
                self._others.append(rule)

    def of(self, kind: Kind) -> tuple[Instance, ...]:
        """The rules that an event of a kind can meet, in the order of their ids."""
        try:
            return self._plans[kind]
        except KeyError:
            if len(self._plans) >= self._MOST_PLANS:
                self._plans.clear()
            found = self._windows(kind) if isinstance(kind, WindowsKind) else self._other(kind)
            plan = self._plans[kind] = tuple(sorted(found, key=lambda instance: instance.rule.info.id))
            return plan

    def is_blind(self, rule: Rule) -> bool:
        """Whether no event can ever reach a rule for Windows."""
        return rule.logsource.product == "windows" and not self._logsources.places(rule)

    def _windows(self, kind: WindowsKind) -> list[Instance]:
        entries = (*self._channels.get(kind.channel, ()), *(self._channels.get("", ()) if kind.channel else ()))
        return [instance for event_ids, instance in entries if not event_ids or kind.event_id in event_ids]

    def _other(self, kind: tuple[Logsource, ...]) -> list[Instance]:
        found: dict[str, Instance] = {}
        for rule in self._others:
            for told in kind:
                if rule.info.id not in found and _meets(rule.logsource, told):
                    found[rule.info.id] = self._instance(rule, self._logsources.names(rule.logsource, told))
        return list(found.values())

    def _instance(self, rule: Rule, names: Mapping[str, str]) -> Instance:
        """One object for one rule under the same names, whatever kind of event asks."""
        names = self._known.setdefault(tuple(sorted(names.items())), names)
        return self._placed.setdefault((rule.info.id, id(names)), Instance(rule, rule.node, names))

    def instances(self) -> list[Instance]:
        """The rules in the places that are known beforehand: the channels of Windows."""
        return [instance for entries in self._channels.values() for _, instance in entries]


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
