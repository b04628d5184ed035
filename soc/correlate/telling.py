"""What the folds of hits tell: verdicts about windows, and the hits at which a correlation was true."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from soc.hit import Match

    _Item = tuple[tuple[int, str, int], Match]

REFS = 1_000
SHOWN = 10


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
    evidence: tuple[Match, ...]
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
        self._first: list[_Item] = []
        self._last: list[_Item] = []

    def __len__(self) -> int:
        return len(self._first) + len(self._last)

    def add(self, hit: Match) -> None:
        place = (hit.time, hit.ref, hit.number)
        first, last, item = self._first, self._last, (place, hit)
        newest = last or first
        if not newest or place > newest[-1][0]:  # nearly always
            if len(first) < SHOWN:
                first.append(item)
                return
            last.append(item)
            if len(last) > SHOWN:
                del last[0]
            return
        if any(each[0] == place for each in (*first, *last)):
            return
        if len(first) < SHOWN or place < first[-1][0]:
            insort(first, item, key=_place)
            if len(first) <= SHOWN:
                return
            item = first.pop()
        insort(last, item, key=_place)
        if len(last) > SHOWN:
            del last[0]

    def hits(self) -> list[Match]:
        return [hit for _, hit in (*self._first, *self._last)]


def _place(item: _Item) -> tuple[int, str, int]:
    return item[0]


def chosen(shown: Iterable[Shown | None], since: int, until: int) -> tuple[Match, ...]:
    """The evidence of a window, (since, until], out of what its buckets show."""
    hits = [hit for each in shown if each for hit in each.hits() if since < hit.time <= until]
    return tuple(hits if len(hits) <= 2 * SHOWN else hits[:SHOWN] + hits[-SHOWN:])
