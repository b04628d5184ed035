"""Whether a form can be true at all: two of its literals that exclude each other in every branch are the proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from soc.sigma.linting.implication import excludes, implies, never_together
from soc.sigma.linting.normal import Every, Literal, Some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.sigma.linting.normal import Form

_MOST_COMPARED = 50_000
"""Comparisons of literals for one form; beyond that nothing is proven."""


class Conflict(NamedTuple):
    """Two literals that cannot both hold."""

    one: Literal
    other: Literal
    listed: bool = False
    """They can where the event has a list in the field; proven is only that no single value does it."""


class _Spent(Exception):  # noqa: N818 (an end, not an error)
    """Too many comparisons."""


@dataclass(slots=True)
class _Known:
    """What holds in the branch that is looked at."""

    single: frozenset[str]
    """Fields that never have lists."""
    lists: bool
    """Whether two values for one field count as a conflict, though a list could have both."""
    fields: dict[str, list[Literal]] = field(default_factory=dict)
    left: list[int] = field(default_factory=lambda: [_MOST_COMPARED])

    def branch(self) -> _Known:
        return _Known(self.single, self.lists, {name: list(told) for name, told in self.fields.items()}, self.left)

    def add(self, literal: Literal) -> Conflict | None:
        told = self.fields.setdefault(literal.field, [])
        for other in told:
            if found := self.conflict(other, literal):
                return found
        told.append(literal)
        return None

    def conflict(self, one: Literal, other: Literal) -> Conflict | None:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise _Spent
        mine, theirs = one.predicate, other.predicate
        if one.positive and other.positive:
            if never_together(mine, theirs):
                return Conflict(one, other)
            alone = one.field in self.single or (self.lists and one.field != "")
            return Conflict(one, other) if alone and excludes(mine, theirs) else None
        if one.positive is other.positive:
            return None
        asked, denied = (one, other) if one.positive else (other, one)
        return Conflict(asked, denied) if implies(asked.predicate, denied.predicate) else None


def conflict(form: Form, single: Iterable[str] = ()) -> Conflict | None:
    """The proof that a form is never true; None if there is none.

    `single` are fields that are known never to have several values.
    """
    known = frozenset(single)
    if found := _proof(form, _Known(known, lists=False)):
        return found
    found = _proof(form, _Known(known, lists=True))
    return found._replace(listed=True) if found else None


def always(form: Form) -> bool:
    """Whether the negation of a form (as `normal` makes it) is never true, whatever lists an event has."""
    return _proof(form, _Known(frozenset(), lists=False)) is not None


def _proof(form: Form, known: _Known) -> Conflict | None:
    try:
        return _refuted([form], known)
    except _Spent:
        return None


def _refuted(parts: Sequence[Form], known: _Known) -> Conflict | None:
    """Literals first, then alternatives: none of them may be left, and the last one left holds."""
    waiting: list[Some] = []
    for part in parts:
        for each in part.parts if isinstance(part, Every) else (part,):
            if isinstance(each, Some):
                waiting.append(each)
            elif isinstance(each, Literal) and (found := known.add(each)):
                return found
    while waiting:
        narrowed = _narrowed(waiting, known)
        if isinstance(narrowed, Conflict):
            return narrowed
        single = [parts[0] for parts in narrowed if len(parts) == 1]
        rest = [Some(tuple(parts)) for parts in narrowed if len(parts) > 1]
        if not single:
            return _apart(rest, known)
        if found := _refuted(single, known):
            return found
        waiting = rest
    return None


def _narrowed(waiting: Sequence[Some], known: _Known) -> list[list[Form]] | Conflict:
    """The branches of each that are possible; the conflict if there are none."""
    result = []
    for some in waiting:
        possible: list[Form] = []
        found: Conflict | None = None
        for branch in some.parts:
            against = _refuted([branch], known.branch())
            found = found or against
            if against is None:
                possible.append(branch)
        if not possible and found:
            return found
        result.append(possible)
    return result


def _apart(waiting: Sequence[Some], known: _Known) -> Conflict | None:
    """Two groups of alternatives of which no two can hold together."""
    for one, other in combinations(waiting, 2):
        found: Conflict | None = None
        for mine, theirs in product(one.parts, other.parts):
            found = _between(mine, theirs, known)
            if found is None:
                break
        if found:
            return found
    return None


def _between(one: Form, other: Form, known: _Known) -> Conflict | None:
    """The conflict of two branches, by the literals that stand in them."""
    pairs = product(_standing(one), _standing(other))
    found = (known.conflict(mine, theirs) for mine, theirs in pairs if mine.field == theirs.field)
    return next((each for each in found if each), None)


def _standing(form: Form) -> list[Literal]:
    if isinstance(form, Literal):
        return [form]
    return [part for part in form.parts if isinstance(part, Literal)] if isinstance(form, Every) else []
