"""What a rule rests on: the fewest and most telling literals of which one must hold wherever the rule matches."""

from __future__ import annotations

from string import ascii_letters, digits
from typing import TYPE_CHECKING

from soc.sigma.linting.implication import lowered
from soc.sigma.linting.normal import Literal, Some
from soc.sigma.needles import needles
from soc.sigma.predicates import Exists, Null, Regex, Text

if TYPE_CHECKING:
    from soc.sigma.linting.normal import Form

WHOLE = 1_000
"""The worth of a whole value: it is looked up, not searched."""
_RARE = 4
_USUAL = frozenset(f"{ascii_letters}{digits} .,:;-_/\\\"'=()")


def guard(form: Form) -> tuple[Literal, ...]:
    """Positive literals of which one holds wherever the form does; () if there are none, as under `not` alone."""
    if isinstance(form, Literal):
        return (form,) if form.positive else ()
    below = [guard(part) for part in form.parts]
    if isinstance(form, Some):
        return tuple(each for part in below for each in part) if all(below) else ()
    return max(below, key=_worth_of, default=())


def _worth_of(literals: tuple[Literal, ...]) -> tuple[int, int]:
    return min((worth(each) for each in literals), default=-1), -len(literals)


def worth(literal: Literal) -> int:
    """How much a literal narrows the events down: the length of the text that must be there."""
    predicate = literal.predicate
    if isinstance(predicate, Text):
        parts = lowered(predicate)
        if len(parts) == 1 and isinstance(parts[0], str):
            return WHOLE
        return max((_length(part) for part in parts if isinstance(part, str)), default=0)
    if isinstance(predicate, Regex):
        return min(map(_length, needles(predicate.pattern)), default=0)
    return 0 if isinstance(predicate, Null | Exists) else WHOLE


def _length(text: str) -> int:
    """Signs, and letters beyond ASCII, are so seldom in logs that one tells as much as several letters."""
    return sum(1 if char in _USUAL else _RARE for char in text)
