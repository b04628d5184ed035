"""The fast way to what the plain evaluator says: values to classes, tuples of classes to finished results.

For every kind of event there is a plan: the fields that any of its rules reads. An event becomes the tuple of its values'
classes (`fields`), and what a tuple matches is found once. Only then are rules looked at, and only those of which a guard
holds (`compiled`). The cost of an event follows the fields that are read, not the number of rules.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from soc.event import WindowsKind
from soc.parse import ABSENT, EcsFields
from soc.parse.format import flat_field
from soc.sigma.compiled import KEYWORDS, Compiled, compiled
from soc.sigma.fields import Classes, Field
from soc.sigma.keywords import Keywords
from soc.sigma.values import EventReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from soc.event import Event, Kind
    from soc.parse.format import Format
    from soc.sigma.logsources import Instance, Routes
    from soc.sigma.nodes import Item

    Key = tuple[int, ...]
    Found = tuple[Instance, ...]

RESULTS = 20_000
"""Tuples that one plan remembers."""
PLANS = 4_096
WEIGHT = 1_000_000
"""Predicate ids in all classes together; beyond, everything learnt is forgotten at once."""


class Index:
    """Every rule's condition over the predicates of all fields, shared by all plans."""

    def __init__(self) -> None:
        self.classes = Classes()
        self.fields: dict[str, Field] = {}
        self._instances: list[Instance] = []
        self._conditions: list[Compiled] = []
        self._specials: list[tuple[tuple[int, Item], ...]] = []
        self._numbers: dict[int, int] = {}
        """Identity of an instance (`_instances` keeps it alive) -> its number."""
        self._guarded: dict[int, list[int]] = {}
        """Predicate -> instances that it guards."""
        self._fresh = count(1)
        self.keywords: Keywords | None = None

    def add(self, instance: Instance) -> int:
        """The number of a rule in one place."""
        number = self._numbers.get(id(instance))
        if number is not None:
            return number
        number = self._numbers[id(instance)] = len(self._instances)
        mine: list[tuple[int, Item]] = []

        def special(item: Item) -> int:
            mine.append((next(self._fresh), item))
            return mine[-1][0]

        made = compiled(instance.node, instance.names, self._id_of, special)
        self._instances.append(instance)
        self._conditions.append(made)
        self._specials.append(tuple(mine))
        for id_ in made.guard.ids if made.guard else ():
            self._guarded.setdefault(id_, []).append(number)
        return number

    def _id_of(self, name: str, predicate: Any) -> int:
        field = self.fields.get(name)
        if field is None:
            field = self.fields[name] = Field(name, self.classes)
        return field.id_of(predicate, lambda: next(self._fresh))

    def plan(self, format_: Format, kind: Kind, instances: Iterable[Instance]) -> Plan:
        numbers = [self.add(instance) for instance in instances]
        read = frozenset[str]().union(*(self._conditions[number].fields for number in numbers))
        if KEYWORDS in read and (self.keywords is None or self.keywords.is_stale):
            self.keywords = Keywords(self.fields[KEYWORDS])
        return Plan(
            self,
            format_,
            [self.fields[name] for name in sorted(read) if name != KEYWORDS],
            self.keywords if KEYWORDS in read else None,
            frozenset(numbers),
            [number for number in numbers if self._conditions[number].guard is None],
            [(self._instances[number].names, *each) for number in numbers for each in self._specials[number]],
            kind.event_id if isinstance(kind, WindowsKind) else None,
        )

    def decided(self, members: frozenset[int], unguarded: list[int], held: frozenset[int]) -> Found:
        """The rules of a plan that match where these predicates hold."""
        tried = set(unguarded)
        for id_ in held:
            tried.update(self._guarded.get(id_, ()))
        found: dict[str, Instance] = {}
        for number in sorted(tried & members):
            if self._conditions[number].decide(held):
                instance = self._instances[number]
                found.setdefault(instance.rule.info.id, instance)
        return tuple(found[id_] for id_ in sorted(found))


class Plan:
    """How events of one format and kind are matched."""

    __slots__ = ("_index", "_keywords", "_members", "_reads", "_special", "_unguarded", "key", "results")

    def __init__(  # noqa: PLR0913, PLR0917 (the parts of a plan)
        self,
        index: Index,
        format_: Format,
        fields: list[Field],
        keywords: Keywords | None,
        members: frozenset[int],
        unguarded: list[int],
        special: list[tuple[Mapping[str, str], int, Item]],
        event_id: int | None,
    ) -> None:
        self._index = index
        self._keywords = keywords
        self._members = members
        self._unguarded = unguarded
        self._special = special
        self.results: dict[Key, Found] = {}
        is_flat = format_.field is flat_field and not any("." in field.name for field in fields)
        self.key: Callable[[Any], Key] | None = _flat_key(fields, event_id) if is_flat else None
        self._reads = [(field, format_.field(field.name)) for field in fields]

    def match(self, event: Event) -> Found:
        key = self._key(event)
        if self._keywords is not None:
            key = (*key, self._keywords.of(event))
        if self._special:
            key = (*key, *self._specials(event))
        found = self.results.get(key)
        if found is None:
            found = self._decide(key)
        return found

    def _key(self, event: Event) -> Key:
        if self.key is not None:
            try:
                return self.key(event.native.get)
            except TypeError:  # a list or an object is no key of a memo
                pass
        native = event.native
        told: EcsFields | None = None
        classes = []
        for field, accessor in self._reads:
            value = accessor(native) if accessor else ABSENT
            if value is ABSENT and "." in field.name:
                if told is None:
                    told = EcsFields(event)
                value = told.get(field.name)
                if value is None:  # ECS documents have no nulls
                    value = ABSENT
            classes.append(field.classify(value) if isinstance(value, list | tuple | dict) else field.memo[value])
        return tuple(classes)

    def _specials(self, event: Event) -> Iterable[int]:
        """The ids of references that hold, negative so that they are no classes."""
        readers: dict[int, EventReader] = {}
        for names, id_, item in self._special:
            reader = readers.get(id(names))
            if reader is None:
                reader = readers[id(names)] = EventReader(event, names)
            if item.holds(reader):
                yield -id_

    def _decide(self, key: Key) -> Found:
        sets = self._index.classes.sets
        held: set[int] = set()
        for number in key:
            if number < 0:
                held.add(-number)
            else:
                held |= sets[number]
        if len(self.results) >= RESULTS:
            self.results.clear()
        found = self.results[key] = self._index.decided(self._members, self._unguarded, frozenset(held))
        return found


def _flat_key(fields: list[Field], event_id: int | None) -> Callable[[Any], Key]:
    """A function of the document's `get`, written out: one look-up of the value, one of its class, for each field.

    The plan's own event id has one class where it is a number, and numbers are what a memo is slow with.
    """
    scope: dict[str, Any] = {"A": ABSENT, "type": type, "int": int}
    parts = []
    for number, field in enumerate(fields):
        scope[f"m{number}"] = field.memo
        part = f"m{number}[get({field.name!r}, A)]"
        if field.name == "EventID" and event_id is not None:
            scope["own"] = field.memo[event_id]
            part = f"(own if type(get('EventID')) is int else {part})"
        parts.append(part)
    source = f"lambda get: ({', '.join(parts)}{',' if parts else ''})"
    made: Callable[[Any], Key] = eval(source, scope)  # noqa: S307 (names of fields go in as literals)
    return made


class Matcher:
    """All plans; learns as events come, within bounds."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._start()

    def match(self, event: Event) -> Found:
        """The rules that match, each in the place where it does, in the order of their ids."""
        format_ = event.format
        place = (format_.name, format_.kind(event.native))
        plan = self._plans.get(place)
        if plan is None or self._index.classes.weight > WEIGHT:
            plan = self._plan(format_, place)
        return plan.match(event)

    def _start(self) -> None:
        self._index = Index()
        self._plans: dict[tuple[str, Kind], Plan] = {}
        for instance in self._routes.instances():
            self._index.add(instance)

    def _plan(self, format_: Format, place: tuple[str, Kind]) -> Plan:
        if self._index.classes.weight > WEIGHT:
            self._start()
        if len(self._plans) >= PLANS:
            self._plans.clear()
        plan = self._plans[place] = self._index.plan(format_, place[1], self._routes.of(place[1]))
        return plan
