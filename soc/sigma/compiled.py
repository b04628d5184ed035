"""A rule's tree over predicate ids: what decides once the classes of an event's values are known, and what must hold for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc.sigma.nodes import All, Item, Named, Not
from soc.sigma.predicates import Exists, FieldRef, Null, OneOf, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.sigma.condition import Node
    from soc.sigma.predicates import Predicate

    Decide = Callable[[frozenset[int]], bool]
    IdOf = Callable[[str, Predicate], int]


class Guard(NamedTuple):
    """Ids of which one must hold wherever the rule matches; the lower the rank, the rarer that is."""

    rank: float
    ids: frozenset[int]


class Compiled(NamedTuple):
    decide: Decide
    guard: Guard | None
    """None: the rule is tried on every event of its kinds."""
    fields: frozenset[str]
    """Under the names that events have for them."""


KEYWORDS = ""
"""The field that stands for every value of an event."""


def compiled(node: Node, names: Mapping[str, str], id_of: IdOf, special: Callable[[Item], int]) -> Compiled:
    """`id_of` numbers a predicate on a field, `special` an item that looks at more than one field."""
    if isinstance(node, Item):
        return _item(node, names, id_of, special)
    if isinstance(node, Named):
        return compiled(node.node, names, id_of, special)
    if isinstance(node, Not):
        below = compiled(node.node, names, id_of, special)
        return Compiled(_not(below.decide), None, below.fields)
    parts = [compiled(each, names, id_of, special) for each in node.nodes]
    fields = frozenset[str]().union(*(part.fields for part in parts))
    decides = tuple(part.decide for part in parts)
    if isinstance(node, All):
        # The rarest first: most tries end there.
        ordered = sorted(parts, key=lambda part: part.guard.rank if part.guard else _NEVER_FIRST)
        return Compiled(_all(tuple(part.decide for part in ordered)), _rarest(parts), fields)
    return Compiled(_any(decides), _union(parts), fields)


_NEVER_FIRST = 1e9


def _rarest(parts: list[Compiled]) -> Guard | None:
    return min((part.guard for part in parts if part.guard), key=lambda guard: guard.rank, default=None)


def _union(parts: list[Compiled]) -> Guard | None:
    guards = [part.guard for part in parts]
    if not all(guards):
        return None
    known = [guard for guard in guards if guard]
    return Guard(sum(guard.rank for guard in known), frozenset[int]().union(*(guard.ids for guard in known)))


def _item(item: Item, names: Mapping[str, str], id_of: IdOf, special: Callable[[Item], int]) -> Compiled:
    if any(isinstance(form, FieldRef) for form in item.predicates):
        return _special(item, special)
    name = names.get(item.field, item.field) if item.field else KEYWORDS
    groups = [_group(predicate, name, id_of) for predicate in item.predicates]
    fields = frozenset({name})
    if item.every and len(groups) > 1:
        decide = _every(tuple(frozenset(ids) for ids, _ in groups))
        rank, ids = min(((rank, ids) for ids, rank in groups), key=lambda pair: pair[0])
        guard = Guard(rank, frozenset(ids))
    else:
        every_id = frozenset(id_ for ids, _ in groups for id_ in ids)
        decide = _meets(every_id)
        guard = Guard(sum(rank for _, rank in groups), every_id)
    return Compiled(_not(decide), None, fields) if item.negated else Compiled(decide, guard, fields)


def _special(item: Item, special: Callable[[Item], int]) -> Compiled:
    """Decided on the whole event, negation and all."""
    number = special(item)
    return Compiled(_meets(frozenset({number})), Guard(1.0, frozenset({number})), frozenset())


def _group(predicate: Predicate, name: str, id_of: IdOf) -> tuple[list[int], float]:
    forms = predicate.forms if isinstance(predicate, OneOf) else (predicate,)
    return [id_of(name, form) for form in forms], sum(_rank(form) for form in forms)


def _rank(predicate: Predicate) -> float:
    """How often it may hold, very roughly: long texts are rare, null and short parts are not."""
    if isinstance(predicate, Null | Exists):
        return 1_000.0
    if isinstance(predicate, Text):
        longest = max((len(part) for part in predicate.parts if isinstance(part, str)), default=0)
        return 1_000.0 if not longest else 20.0 / longest**2
    return 5.0


def _meets(ids: frozenset[int]) -> Decide:
    return lambda held: not ids.isdisjoint(held)


def _every(groups: tuple[frozenset[int], ...]) -> Decide:
    return lambda held: all(not ids.isdisjoint(held) for ids in groups)


def _not(decide: Decide) -> Decide:
    return lambda held: not decide(held)


def _all(decides: tuple[Decide, ...]) -> Decide:
    if len(decides) == 2:
        first, second = decides
        return lambda held: first(held) and second(held)
    return lambda held: all(decide(held) for decide in decides)


def _any(decides: tuple[Decide, ...]) -> Decide:
    return lambda held: any(decide(held) for decide in decides)
