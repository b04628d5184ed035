"""Rules that another one makes needless: whatever the one matches, the other matches too, as their trees prove.

Nearly linear: only those pairs are compared where a literal of the one implies a literal that the other rests on, and these are
found by pieces of their texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from soc.sigma.linting.guards import guard
from soc.sigma.linting.implication import implies, lowered
from soc.sigma.linting.normal import Every, Literal, Some, literals
from soc.sigma.predicates import Number, Regex, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.sigma.linting.normal import Form

_MOST_COMPARED = 100_000
_GRAM = 3


class _Spent(Exception):  # noqa: N818 (an end, not an error)
    """Too many comparisons."""


def follows(one: Form, other: Form) -> bool:
    """Whether every event for which the one is true is proven to be one for which the other is."""
    return Prover().follows(one, other)


class Prover:
    """Proves by the shape of forms; what it learns about a form is kept, so the forms must live as long as it does."""

    def __init__(self) -> None:
        self._left = 0
        self._fields: dict[int, dict[str, list[Literal]]] = {}

    def follows(self, one: Form, other: Form) -> bool:
        """See `follows`; False also where that would take too long."""
        self._left = _MOST_COMPARED
        try:
            return self._follows(one, other)
        except _Spent:
            return False

    def _follows(self, one: Form, other: Form) -> bool:
        if isinstance(other, Every):
            return all(self._follows(one, part) for part in other.parts)
        if isinstance(one, Some):
            return all(self._follows(part, other) for part in one.parts)
        if isinstance(one, Literal):
            return self._literal(one, other)
        if any(self._follows(part, other) for part in one.parts):
            return True
        return isinstance(other, Some) and any(
            self._follows(one, part) for part in other.parts if not isinstance(part, Literal)
        )

    def _literal(self, one: Literal, other: Literal | Some) -> bool:
        """A literal follows from one of its own field only."""
        if isinstance(other, Literal):
            return self._implies(one, other)
        if any(self._implies(one, each) for each in self._by_field(other).get(one.field, ())):
            return True
        return any(self._follows(one, part) for part in other.parts if not isinstance(part, Literal))

    def _by_field(self, some: Some) -> dict[str, list[Literal]]:
        known = self._fields.get(id(some))
        if known is None:
            known = self._fields[id(some)] = {}
            for part in some.parts:
                if isinstance(part, Literal):
                    known.setdefault(part.field, []).append(part)
        return known

    def _implies(self, one: Literal, other: Literal) -> bool:
        self._left -= 1
        if self._left < 0:
            raise _Spent
        if one.field != other.field or one.positive is not other.positive:
            return False
        if one.positive:
            return implies(one.predicate, other.predicate)
        return implies(other.predicate, one.predicate)


def implied(forms: Sequence[Form]) -> Iterator[tuple[int, list[int]]]:
    """The number of each form from which others follow, with the numbers of those."""
    index, prover = _Index(forms), Prover()
    for number, form in enumerate(forms):
        wider = [other for other in index.candidates(number, form) if prover.follows(form, forms[other])]
        if wider:
            yield number, wider


class _Index:
    """Forms by what they rest on."""

    def __init__(self, forms: Sequence[Form]) -> None:
        guards = [guard(form) for form in forms]
        grams = Counter(gram for literals_ in guards for each in literals_ for gram in _grams(each))
        self._keys: dict[tuple[str, Any], list[tuple[Literal, int]]] = defaultdict(list)
        self._anywhere = [number for number, literals_ in enumerate(guards) if not literals_]
        for number, literals_ in enumerate(guards):
            for literal in literals_:
                key = min(_grams(literal), key=lambda gram: (grams[gram], gram), default=_whole(literal))
                self._keys[literal.field, key].append((literal, number))

    def candidates(self, number: int, form: Form) -> list[int]:
        """The forms that may follow from a form: those with a guard that one of the literals of one of its branches implies."""
        found = set(self._anywhere)
        for literal in branch(form):
            for key in _offered(literal):
                for other, place in self._keys.get((literal.field, key), ()):
                    if place not in found and implies(literal.predicate, other.predicate):
                        found.add(place)
        return sorted(found - {number})


def branch(form: Form) -> Iterator[Literal]:
    """The positive literals of one way in which a form can be true: the shortest of each alternative."""
    if isinstance(form, Some):
        yield from branch(min(form.parts, key=_size))
    elif isinstance(form, Every):
        for part in form.parts:
            yield from branch(part)
    elif form.positive:
        yield form


def _size(form: Form) -> int:
    return 1 if isinstance(form, Literal) else sum(1 for _ in literals(form))


def _texts(literal: Literal) -> list[str]:
    predicate = literal.predicate
    if not isinstance(predicate, Text):
        return []
    return [part.lower() for part in lowered(predicate) if isinstance(part, str)]


def _grams(literal: Literal) -> list[str]:
    """Pieces of a text of which each is in any text that has it."""
    texts = _texts(literal)
    longest = max(texts, key=len, default="")
    if len(longest) <= _GRAM:
        return [longest] if longest else []
    return [longest[at : at + _GRAM] for at in range(len(longest) - _GRAM + 1)]


def _whole(literal: Literal) -> Any:
    """The key of what is no text."""
    predicate = literal.predicate
    if isinstance(predicate, Number):
        return ("number", predicate.value)
    return ("pattern", predicate.pattern) if isinstance(predicate, Regex) else None


def _offered(literal: Literal) -> set[Any]:
    """The keys of all that a literal may imply."""
    keys: set[Any] = {None, _whole(literal)}
    for text in _texts(literal):
        keys |= {text[at : at + size] for size in range(1, _GRAM + 1) for at in range(len(text) - size + 1)}
        if text.isdecimal() and len(text) < 16:
            keys.add(("number", int(text)))
    return keys
