"""Rules as plain data: predicates as numbers, conditions over numbers, and for each field what finds its predicates.

Nothing in here depends on events. The data are numbers, texts and lists, so that `cache` can keep them; what decides is made
from them when it is first needed.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from soc.sigma.nodes import All, Item, Named, Not
from soc.sigma.predicates import Exists, FieldRef, Null, OneOf, Text
from soc.sigma.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from soc.sigma.condition import Node
    from soc.sigma.logsources import Instance
    from soc.sigma.predicates import Predicate

    Decide = Callable[[frozenset[int]], bool]
    Spec = Sequence[Any]
    """One of the words below, and what it is about: ids, or other specs."""

MEETS, EVERY, NOT, ALL, ANY_OF = "meets", "every", "not", "all", "any"
KEYWORDS = ""
"""The field that stands for every value of an event."""


class Condition(NamedTuple):
    """What one rule asks in one place."""

    spec: Spec
    guard: Sequence[int] | None
    """Ids of which one must hold wherever the rule matches; None: the rule is tried on every event of its kinds."""
    guarding: Sequence[str]
    """The fields that these ids are about."""
    fields: Sequence[str]
    """Under the names that events have for them."""
    keywords: Sequence[int]
    specials: Sequence[tuple[int, Item]]
    """What looks at more than one field is decided on the whole event."""


class Tables(NamedTuple):
    fields: Mapping[str, Table]
    keywords: Mapping[int, Predicate]
    conditions: Sequence[Condition]


def tables_of(instances: Sequence[Instance]) -> Tables:
    """The conditions of the instances, in their order, over the predicates of all of them."""
    compiler = _Compiler()
    conditions: list[Condition] = []
    for _, places in groupby(instances, lambda instance: id(instance.rule)):
        for instance in (known := list(places)):
            conditions.append(compiler.condition(instance.node, instance.names))
        known[0].rule.forget()
    keywords = compiler.ids.pop(KEYWORDS, {})
    fields = {name: Table.of(ids) for name, ids in compiler.ids.items()}
    return Tables(fields, {id_: predicate for predicate, id_ in keywords.items()}, conditions)


class _Part(NamedTuple):
    spec: Spec
    guard: Sequence[int] | None
    rank: float
    """Of the guard: the lower, the rarer it holds."""


class _Compiler:
    def __init__(self) -> None:
        self.ids: dict[str, dict[Predicate, int]] = {}
        """Numbers of all fields differ."""
        self._ranks: list[float] = [0.0]
        self._field_of: list[str] = [""]
        self._fields: dict[str, None] = {}
        self._keywords: list[int] = []
        self._specials: list[tuple[int, Item]] = []
        self._names: Mapping[str, str] = {}

    def condition(self, node: Node, names: Mapping[str, str]) -> Condition:
        self._fields, self._keywords, self._specials, self._names = {}, [], [], names
        part = self._part(node)
        guarding = dict.fromkeys(self._field_of[id_] for id_ in part.guard or ())
        return Condition(
            part.spec, part.guard, tuple(guarding), tuple(self._fields), tuple(self._keywords), tuple(self._specials)
        )

    def _part(self, node: Node) -> _Part:
        if isinstance(node, Item):
            return self._item(node)
        if isinstance(node, Named):
            return self._part(node.node)
        if isinstance(node, Not):
            return _Part((NOT, self._part(node.node).spec), None, 0.0)
        parts = [self._part(each) for each in node.nodes]
        if not isinstance(node, All):
            return _any_of(parts)
        # The rarest first: most tries end there.
        parts.sort(key=lambda part: _NEVER_FIRST if part.guard is None else part.rank)
        return _Part((ALL, *(part.spec for part in parts)), parts[0].guard, parts[0].rank)

    def _item(self, item: Item) -> _Part:
        if isinstance(item.predicates[0], FieldRef):
            return self._special(item)
        name = self._names.get(item.field, item.field) if item.field else KEYWORDS
        ids = self.ids.setdefault(name, {})
        groups = [
            [self._id(ids, form, name) for form in (each.forms if isinstance(each, OneOf) else (each,))]
            for each in item.predicates
        ]
        every_id = groups[0] if len(groups) == 1 else [id_ for group in groups for id_ in group]
        if name == KEYWORDS:
            self._keywords += every_id
        else:
            self._fields[name] = None
        part = self._every(groups) if item.every and len(groups) > 1 else self._one_of(every_id)
        return _Part((NOT, part.spec), None, 0.0) if item.negated else part

    def _one_of(self, ids: Sequence[int]) -> _Part:
        ranks = self._ranks
        return _Part((MEETS, *ids), ids, sum([ranks[id_] for id_ in ids]))

    def _every(self, groups: Sequence[Sequence[int]]) -> _Part:
        rarest = min((self._one_of(group) for group in groups), key=lambda part: part.rank)
        return _Part((EVERY, *groups), rarest.guard, rarest.rank)

    def _special(self, item: Item) -> _Part:
        """Decided on the whole event, negation and all."""
        id_ = self._fresh(1.0, KEYWORDS)
        self._specials.append((id_, item))
        return self._one_of((id_,))

    def _id(self, ids: dict[Predicate, int], predicate: Predicate, name: str) -> int:
        found = ids.get(predicate)
        if found is None:
            found = ids[predicate] = self._fresh(_rank(predicate), name)
        return found

    def _fresh(self, rank: float, name: str) -> int:
        self._ranks.append(rank)
        self._field_of.append(name)
        return len(self._ranks) - 1


_NEVER_FIRST = 1e9


def _any_of(parts: Sequence[_Part]) -> _Part:
    spec = (ANY_OF, *(part.spec for part in parts))
    guards = [part.guard for part in parts if part.guard is not None]
    if len(guards) < len(parts):
        return _Part(spec, None, 0.0)
    return _Part(spec, tuple({id_: None for guard in guards for id_ in guard}), sum(part.rank for part in parts))


def _rank(predicate: Predicate) -> float:
    """How often it may hold, very roughly: long texts are rare, null and short parts are not."""
    if isinstance(predicate, Text):
        longest = max((len(part) for part in predicate.parts if isinstance(part, str)), default=0)
        return 1_000.0 if not longest else 20.0 / longest**2
    return 1_000.0 if isinstance(predicate, Null | Exists) else 5.0


def holds(spec: Spec, held: frozenset[int]) -> bool:
    """What a spec says where these ids hold."""
    word, *about = spec
    if word == MEETS:
        return not held.isdisjoint(about)
    if word == EVERY:
        return all(not held.isdisjoint(group) for group in about)
    if word == NOT:
        return not holds(about[0], held)
    return (all if word == ALL else any)(holds(each, held) for each in about)


def ids_in(spec: Spec) -> set[int]:
    """All that a spec asks for."""
    word, *about = spec
    if word == MEETS:
        return set(about)
    return set[int]().union(*(about if word == EVERY else map(ids_in, about)))


def decide_of(spec: Spec) -> Decide:
    """The same as a function of the ids."""
    word, *about = spec
    if word == MEETS:
        return _meets(about)
    if word == EVERY:
        return _all_of([_meets(group) for group in about])
    below = [decide_of(each) for each in about]
    if word == NOT:
        (only,) = below
        return lambda held: not only(held)
    return _all_of(below) if word == ALL else _any_of_these(below)


def _meets(about: Sequence[int]) -> Decide:
    if len(about) == 1:
        (id_,) = about
        return lambda held: id_ in held
    ids = frozenset(about)
    return lambda held: not ids.isdisjoint(held)


# Loops written out: `all` and `any` over a generator take twice as long.
def _all_of(below: Sequence[Decide]) -> Decide:
    def decide(held: frozenset[int]) -> bool:
        for each in below:  # noqa: SIM110
            if not each(held):
                return False
        return True

    return decide


def _any_of_these(below: Sequence[Decide]) -> Decide:
    def decide(held: frozenset[int]) -> bool:
        for each in below:  # noqa: SIM110
            if each(held):
                return True
        return False

    return decide


def required(spec: Spec, among: frozenset[int]) -> frozenset[int]:
    """Ids among these of which one must hold wherever the spec does; empty if nothing of the kind is plain to see."""
    word, *about = spec
    if word == MEETS:
        return frozenset(about) if among.issuperset(about) else frozenset()
    if word not in {ALL, ANY_OF}:
        return frozenset()
    found = [required(each, among) for each in about]
    if word == ALL:
        return next((ids for ids in found if ids), frozenset())
    return frozenset[int]().union(*found) if all(found) else frozenset()
