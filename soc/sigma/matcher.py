"""The fast way to what the plain evaluator says: values to classes, tuples of classes to finished results.

For every kind of event there is a plan: the fields that any of its rules reads. An event becomes the tuple of its values'
classes (`fields`), and what a tuple matches is found once. Only then are rules looked at, and only those of which a guard
holds (`compiled`). The cost of an event follows the fields that are read, not the number of rules.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import orjson

from soc.event import WindowsKind
from soc.literals import Literals
from soc.parse import ABSENT, EcsFields, windows
from soc.parse.format import flat_field
from soc.parse.frame import is_bounded, is_flat
from soc.sigma.compiled import decide_of, holds, ids_in, required, tables_of
from soc.sigma.costs import Cost, added
from soc.sigma.fields import Classes, Field, Memory
from soc.sigma.keywords import Keywords
from soc.sigma.predicates import FieldRef
from soc.sigma.values import EventReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from soc.event import Event, Kind
    from soc.parse.format import Format
    from soc.sigma.compiled import Decide, Tables
    from soc.sigma.logsources import Instance, Routes
    from soc.sigma.nodes import Item
    from soc.sigma.rule import Rule

    Key = tuple[int, ...]
    Found = tuple[Rule, ...]

PLANS = 4_096
INDEXES = 64
"""Of other log sources than Windows; kinds of events that meet the same rules share one."""
WEIGHT = 1_000_000
"""Predicate ids in all classes of an index together; beyond, everything learnt is forgotten at once."""
_FEW_TIMES = 8
REMEMBERED = 2_000_000
"""Classes in the tuples that all plans of an index remember together."""


class Index:
    """The conditions of some rules over the predicates of their fields, shared by the plans of all kinds that meet them."""

    def __init__(
        self,
        instances: Sequence[Instance],
        tables: Tables | None = None,
        databases: Mapping[str, bytes] | None = None,
    ) -> None:
        self.tables = tables = tables or tables_of(instances)
        known = databases or {}
        self.instances = instances
        self.conditions = tables.conditions
        self.classes = Classes()
        self._memory = Memory()
        self.fields = {
            name: Field(name, table, self.classes, self._memory, known.get(name, b""))
            for name, table in tables.fields.items()
        }
        self._keywords = tables.keywords
        self._keywords_of: dict[tuple[int, ...], Keywords] = {}
        self._required_of: dict[str, Mapping[int, frozenset[int]]] = {}
        self._decides: list[Decide | None] = [None] * len(instances)
        self._tried = [0] * len(instances)
        self._told = [0] * len(instances)
        """What `_tried` was when the costs were asked for last; since then some of these were tried."""
        self._lately: set[int] = set()
        self._results: list[dict[Key, Found]] = []
        """What plans remember."""
        self._remembered = 0
        self._guarded: dict[int, list[int]] = {}
        """Predicate -> instances that it guards."""
        for number, condition in enumerate(tables.conditions):
            for id_ in condition.guard or ():
                self._guarded.setdefault(id_, []).append(number)
        self._guards = frozenset(self._guarded)

    def keywords(self, ids: Iterable[int]) -> Keywords | None:
        """What looks for these keywords; kinds of events have few different sets of them."""
        asked = tuple(sorted(set(ids)))
        found = self._keywords_of.get(asked)
        if found is None and asked:
            found = self._keywords_of[asked] = Keywords({id_: self._keywords[id_] for id_ in asked}, self.classes)
        return found

    def decided(self, members: frozenset[int], unguarded: Sequence[int], held: frozenset[int]) -> Found:
        """The rules among the members that match where these predicates hold, in the order of their ids."""
        guarded = self._guarded
        tried = set(unguarded)
        for id_ in held & self._guards:
            tried.update(guarded[id_])
        found: dict[str, Rule] = {}
        self._lately |= tried
        for number in tried & members:
            decide = self._decides[number]
            self._tried[number] += 1
            if decide(held) if decide is not None else self._decided_first(number, held):
                rule = self.instances[number].rule
                found[rule.info.id] = rule
        return tuple(found[id_] for id_ in sorted(found)) if found else ()

    def _decided_first(self, number: int, held: frozenset[int]) -> bool:
        """Most rules are tried a few times only, and end at their first part: a function of their own pays later."""
        if self._tried[number] > _FEW_TIMES:
            self._decides[number] = decide_of(self.conditions[number].spec)
        return holds(self.conditions[number].spec, held)

    def held(self, constant: Mapping[str, Any]) -> frozenset[int]:
        """The ids that hold for values that are the same in all events of a kind."""
        known = [(self.fields[name], value) for name, value in constant.items() if name in self.fields]
        return frozenset[int]().union(*(field.held(value) for field, value in known))

    def possible(self, numbers: Sequence[int], constant: Iterable[str], held: frozenset[int]) -> tuple[int, ...]:
        """Those of the instances that can match where these fields are constant, and these ids hold for them."""
        for name in constant:
            needed = self._required(name)
            numbers = [number for number in numbers if number not in needed or not needed[number].isdisjoint(held)]
        return tuple(numbers)

    def _required(self, name: str) -> Mapping[int, frozenset[int]]:
        """Instance -> ids of a field of which one must hold."""
        found = self._required_of.get(name)
        if found is None:
            ids = self.fields[name].table.ids() if name in self.fields else frozenset()
            asking = (number for number, condition in enumerate(self.conditions) if name in condition.fields)
            told = {number: required(self.conditions[number].spec, ids) for number in asking}
            found = self._required_of[name] = {number: needed for number, needed in told.items() if needed}
        return found

    def costs(self) -> dict[str, Cost]:
        """Rule id -> what the rule cost since this was asked last; not of rules that cost nothing."""
        costs: dict[str, Cost] = {}
        for number in self._lately:
            if times := self._tried[number] - self._told[number]:
                self._told[number] += times
                added(costs, self.instances[number].rule.info.id, Cost(times, 0))
        self._lately.clear()
        looked = [field.looked() for field in self.fields.values()]
        looked += [keywords.looked() for keywords in self._keywords_of.values()]
        for sizes in looked:
            for id_, size in sizes.items():
                for rule_id in self._asking[id_]:
                    added(costs, rule_id, Cost(0, size))
        return costs

    @cached_property
    def _asking(self) -> Mapping[int, frozenset[str]]:
        """Predicates that look at values themselves -> rules that ask for them."""
        looking = {id_ for field in self.fields.values() for id_ in field.table.looking().values()}
        looking.update(self._keywords)
        asking: dict[int, set[str]] = {}
        for instance, condition in zip(self.instances, self.conditions, strict=True):
            for id_ in looking & ids_in(condition.spec):
                asking.setdefault(id_, set()).add(instance.rule.info.id)
        return {id_: frozenset(rules) for id_, rules in asking.items()}

    def results(self) -> dict[Key, Found]:
        """A memory for one plan."""
        self._results.append({})
        return self._results[-1]

    def learnt(self, key: Key) -> None:
        """Keep what is remembered within bounds."""
        self._remembered += len(key)
        if self._remembered > REMEMBERED or self.classes.weight > WEIGHT:
            self._remembered = 0
            for results in self._results:
                results.clear()
            self.classes.forget()
            self._memory.forget()

    def forget_plans(self) -> None:
        self._results.clear()
        self._remembered = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """What kinds of events that meet the same rules have in common, in one format."""

    index: Index
    members: frozenset[int]
    unguarded: Sequence[int]
    reads: Sequence[tuple[Field, Any]]
    """Fields with their accessors."""
    key: Callable[[Any], Key] | None
    """Of the document's `get`; where documents are flat."""
    keywords: Keywords | None
    specials: Sequence[tuple[int, Callable[[Mapping[str, Any]], bool | None], Item, Mapping[str, str]]]
    """Ids; what decides by the document alone, if it can; and otherwise."""


def _shape(index: Index, format_: Format, numbers: Sequence[int], known: Collection[str]) -> Shape:
    """`known`: fields that need not be read."""
    conditions = [(number, index.conditions[number]) for number in numbers]
    names = dict.fromkeys(name for _, condition in conditions for name in condition.fields)
    fields = [index.fields[name] for name in names if name not in known]
    is_flat = format_.field is flat_field and not any("." in field.name for field in fields)
    return Shape(
        index,
        frozenset(numbers),
        [number for number, condition in conditions if condition.guard is None],
        [(field, format_.field(field.name)) for field in fields],
        _flat_key(fields) if is_flat else None,
        index.keywords(id_ for _, condition in conditions for id_ in condition.keywords),
        [
            (id_, _reference(item, names, is_flat=format_.field is flat_field), item, names)
            for number, condition in conditions
            for id_, item in condition.specials
            for names in (index.instances[number].names,)
        ],
    )


def _flat_key(fields: Sequence[Field]) -> Callable[[Any], Key]:
    """A function of the document's `get`, written out: one look-up of the value, one of its class, for each field."""
    scope: dict[str, Any] = {"A": ABSENT, **{f"m{number}": field.memo for number, field in enumerate(fields)}}
    parts = [f"m{number}[get({field.name!r}, A)]" for number, field in enumerate(fields)]
    source = f"lambda get: ({', '.join(parts)}{',' if parts else ''})"
    made: Callable[[Any], Key] = eval(source, scope)  # noqa: S307 (names of fields go in as literals)
    return made


def _reference(item: Item, names: Mapping[str, str], *, is_flat: bool) -> Callable[[Mapping[str, Any]], bool | None]:
    """What compares a field with another one; None where one of them is neither a text nor missing."""
    mine = names.get(item.field, item.field)
    (predicate, *more) = item.predicates
    if not is_flat or more or not isinstance(predicate, FieldRef) or "." in mine or "." in predicate.other:
        return lambda _: None

    def compares(native: Mapping[str, Any]) -> bool | None:
        value, other = native.get(mine), native.get(predicate.other)
        if value is None or other is None:
            return item.negated
        if type(value) is not str or type(other) is not str:
            return None
        return predicate.compares(value, other) is not item.negated

    return compares


class Plan:
    """How events of one format and kind are matched."""

    __slots__ = ("_constant", "_keywords", "_read", "_results", "_shape", "_specials", "_unsearched")

    def __init__(self, shape: Shape, constant: frozenset[int], searched: frozenset[int]) -> None:
        """`searched`: keywords that documents without any are told apart from before."""
        self._shape = shape
        words = shape.keywords
        self._unsearched = words if words is not None and not words.ids <= searched else None
        self._read, self._keywords, self._specials = shape.key, shape.keywords, shape.specials
        self._constant = constant
        """Ids that hold in all events of the kind."""
        self._results = shape.index.results()

    def match(self, event: Event) -> Found:
        try:
            key = self._read(event.native.get) if self._read is not None else self._key(event)
        except TypeError:  # a list or an object is no key of a memo
            key = self._key(event)
        if self._keywords is not None and (held := self._keywords.of(event)):
            key = (*key, held)
        for id_, compares, item, names in self._specials:
            told = compares(event.native)
            if item.holds(EventReader(event, names)) if told is None else told:
                key = (*key, -id_)
        found = self._results.get(key)
        return self._decide(key) if found is None else found

    def of_document(self, native: dict[str, Any], raw: bytes) -> Found | None:
        """What `match` finds in the event that is nothing but this document; None where that takes an event.

        `raw` is the document, in which none of the keywords that all events are searched for is found.
        """
        read = self._read
        if read is None:
            return None
        try:
            key = read(native.get)
        except TypeError:  # a list or an object is no key of a memo
            if not is_bounded(native, raw):
                return None
            key = self._key_of(native)
        words = self._unsearched
        if words is not None and (not words.is_sure or words.hits(raw)):
            if not is_bounded(native, raw):
                return None
            if class_ := words.in_document(native, raw):
                key = (*key, class_)
        if self._specials:
            references = self._references(native)
            if references is None:
                return None
            key = (*key, *references)
        found = self._results.get(key)
        return self._decide(key) if found is None else found

    def _references(self, native: Mapping[str, Any]) -> Key | None:
        """What compares fields of a flat document, as far as it holds; None where it takes an event to tell."""
        held = []
        for id_, compares, _, _ in self._specials:
            told = compares(native)
            if told is None:
                return None
            if told:
                held.append(-id_)
        return tuple(held)

    def _key_of(self, native: Mapping[str, Any]) -> Key:
        """Of a flat document, some of whose values are lists or objects."""
        values = [(field, native.get(field.name, ABSENT)) for field, _ in self._shape.reads]
        return tuple([field.class_of(value) for field, value in values])

    def _key(self, event: Event) -> Key:
        native = event.native
        told: EcsFields | None = None
        classes = []
        for field, accessor in self._shape.reads:
            value = accessor(native) if accessor else ABSENT
            if value is ABSENT and "." in field.name:
                if told is None:
                    told = EcsFields(event)
                value = told.get(field.name)
                if value is None:  # ECS documents have no nulls
                    value = ABSENT
            classes.append(field.class_of(value))
        return tuple(classes)

    def _decide(self, key: Key) -> Found:
        shape = self._shape
        sets = shape.index.classes.sets
        held = self._constant.union(*[sets[number] for number in key if number > 0])
        if shape.specials:
            held |= {-number for number in key if number < 0}
        found = self._results[key] = shape.index.decided(shape.members, shape.unguarded, held)
        shape.index.learnt(key)
        return found


def _lines_of(ends: Iterable[int], lines: Sequence[bytes]) -> Iterator[int]:
    """The numbers of the lines in which something ends, by its place in all of them joined."""
    starts: list[int] = []
    for end in ends:
        starts = starts or list(accumulate((len(line) + 1 for line in lines), initial=0))
        yield bisect_right(starts, end - 1) - 1


class Matcher:
    """All plans; learns as events come, within bounds."""

    def __init__(
        self, routes: Routes, tables: Tables | None = None, databases: Mapping[str, bytes] | None = None
    ) -> None:
        """`tables` and `databases`: of the same rules in the places of Windows, made before."""
        self._routes = routes
        self.windows = Index(routes.windows.instances, tables, databases)
        self._others: dict[tuple[int, ...], Index] = {}
        """By the identities of their instances, which `Routes` keeps alive."""
        self._plans: dict[str, dict[Any, Plan]] = {}
        """Format -> place of an event -> plan."""
        self._bare = self._plans.setdefault(windows.FLAT.name, {})
        self._shapes: dict[tuple[str, int, tuple[int, ...], tuple[str, ...]], Shape] = {}
        self._costs: dict[str, Cost] = {}
        """Of indexes that are gone."""

        common = self.windows.keywords(
            id_ for _, number in routes.windows.places[""] for id_ in self.windows.conditions[number].keywords
        )
        known = common if common is not None and common.is_sure else None
        self._searched = known.ids if known else frozenset[int]()
        """Keywords that every Windows event is searched for, as far as they show in raw bytes."""
        self._common = Literals(known.in_json if known else (), caseless=True, once=False)

    def match(self, event: Event) -> Found:
        """The rules that match, in the order of their ids."""
        format_ = event.format
        place = (format_.place or format_.kind)(event.native)
        try:
            plan = self._plans[format_.name][place]
        except KeyError:
            plan = self._plan(format_, place, format_.kind(event.native))
        return plan.match(event)

    def of_lines(self, block: bytes, lines: Sequence[bytes]) -> list[tuple[int, Found | None]]:
        """The lines of a block in which rules match, by number; None where only `match` tells what they are.

        A shortcut for much input of which little matches. It makes no `Event`, and knows flat Windows events only;
        everything else is for `match`.
        """
        found: dict[int, Found | None] = dict.fromkeys(_lines_of(self._common.everywhere(block), lines))
        plans, loads, is_bare = self._bare, orjson.loads, windows.is_bare
        for number, raw in enumerate(lines):
            try:
                native = loads(raw)
            except orjson.JSONDecodeError:
                found[number] = None
                continue
            rules: Found | None = None
            if type(native) is dict and number not in found:
                channel, event_id = native.get("Channel"), native.get("EventID")
                if type(event_id) is int and type(channel) is str and raw[:1] == b"{" and is_bare(native):
                    plan = plans.get((channel, event_id))
                    if plan is None:
                        place = channel, event_id
                        plan = self._plan(windows.FLAT, place, windows.kind_of(channel, event_id))
                    rules = plan.of_document(native, raw)
                    if rules == ():
                        continue
                    if rules and not is_flat(native, raw):
                        rules = None
            found[number] = rules
        return sorted(found.items())

    def costs(self) -> dict[str, Cost]:
        """Rule id -> what the rule cost since this was asked last."""
        costs, self._costs = self._costs, {}
        for index in (self.windows, *self._others.values()):
            for rule_id, cost in index.costs().items():
                added(costs, rule_id, cost)
        return costs

    def prepare(self) -> None:
        """Compile what finds the literals of Windows' fields."""
        for field in self.windows.fields.values():
            field.prepare()

    def databases(self) -> dict[str, bytes]:
        """Field of Windows -> what finds its literals, compiled."""
        dumped = {name: field.literals.dumped() for name, field in self.windows.fields.items()}
        return {name: data for name, data in dumped.items() if data}

    def _plan(self, format_: Format, place: Any, kind: Kind) -> Plan:
        if sum(map(len, self._plans.values())) >= PLANS:
            self._forget()
        index, numbers = self._index(kind)
        constant = dict(zip(format_.fixed, place, strict=True)) if len(place) == len(format_.fixed) else {}
        held = index.held(constant)
        numbers = index.possible(numbers, constant, held)
        told = (format_.name, id(index), numbers, tuple(constant))
        shape = self._shapes.get(told)
        if shape is None:
            shape = self._shapes[told] = _shape(index, format_, numbers, constant.keys())
        plan = Plan(shape, held, self._searched)
        self._plans.setdefault(format_.name, {})[place] = plan
        return plan

    def _index(self, kind: Kind) -> tuple[Index, tuple[int, ...]]:
        """What knows the rules that such events meet, and their numbers there."""
        if isinstance(kind, WindowsKind):
            return self.windows, self._routes.windows.numbers(kind)
        instances = self._routes.of(kind)
        mine = tuple(map(id, instances))
        index = self._others.get(mine)
        if index is None:
            if len(self._others) >= INDEXES:
                self._costs = self.costs()
                self._others.clear()
                self._forget()
            index = self._others[mine] = Index(instances)
        return index, tuple(range(len(instances)))

    def _forget(self) -> None:
        for plans in self._plans.values():
            plans.clear()
        self._shapes.clear()
        for index in (self.windows, *self._others.values()):
            index.forget_plans()
