"""What the folds of hits tell: verdicts about windows, and the hits at which a correlation was true."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from soc.hit import Match

    _Plain = tuple[int, str, int, bytes]

REFS = 1_000
SHOWN = 10
_PIECE = 450
"""Bytes that one takes, measured."""


class Piece(NamedTuple):
    """What is shown of a hit."""

    time: int
    ref: str
    number: int
    """The rule's place in the correlation."""
    evidence: bytes
    """JSON."""

    @classmethod
    def of(cls, hit: Match) -> Piece:
        return cls(hit.time, hit.ref, hit.number, bytes(hit.evidence))


class Verdict(NamedTuple):
    """That a condition has become true in a bucket, or that its count has doubled once more (`step`)."""

    start: int
    """Of the bucket."""
    step: int
    amount: Fraction | int
    """Hits, different values, rules, or what the numbers come to."""
    since: int
    until: int
    refs: tuple[str, ...]
    """The first ones."""
    evidence: tuple[Piece, ...]
    """The first and the last hits, or each step of a sequence."""
    values: tuple[str, ...] = ()
    """Of the field, where values are counted: the first ones."""
    approximate: bool = False
    """More was there than is kept: the count is a lower bound."""


@dataclass(slots=True)
class Telling:
    chained: bool = False
    """Others count this correlation, so they need every hit at which it is true."""
    verdicts: list[Verdict] = field(default_factory=list)
    truths: list[Match] = field(default_factory=list)


class Shown:
    """The first and the last hits of a bucket by (time, ref, rule): whatever their order and repetitions, the same ones."""

    __slots__ = ("_first", "_last")

    def __init__(self) -> None:
        self._first: list[_Plain] = []
        self._last: list[_Plain] = []

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return _PIECE * (len(self._first) + len(self._last))

    def add(self, hit: Match) -> None:
        item: _Plain = (hit.time, hit.ref, hit.number, bytes(hit.evidence))
        first, last = self._first, self._last
        newest = last or first
        if not newest or item > newest[-1]:  # nearly always
            if len(first) < SHOWN:
                first.append(item)
                return
            last.append(item)
            if len(last) > SHOWN:
                del last[0]
            return
        if any(each[:3] == item[:3] for each in (*first, *last)):
            return
        if len(first) < SHOWN or item < first[-1]:
            insort(first, item)
            if len(first) <= SHOWN:
                return
            item = first.pop()
        insort(last, item)
        if len(last) > SHOWN:
            del last[0]

    def items(self) -> list[_Plain]:
        return self._first + self._last

    def pieces(self) -> list[Piece]:
        return [Piece._make(item) for item in self.items()]


def chosen(shown: Iterable[Shown | None], since: int, until: int) -> tuple[Piece, ...]:
    """The evidence of a window, (since, until], out of what its buckets show."""
    found = [item for each in shown if each for item in each.items() if since < item[0] <= until]
    return tuple(map(Piece._make, found if len(found) <= 2 * SHOWN else found[:SHOWN] + found[-SHOWN:]))
