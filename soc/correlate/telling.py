"""What the folds of hits tell: verdicts about windows, and the hits at which a correlation was true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from soc.hit import Match

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
    evidence: tuple[dict[str, Any], ...]
    """Pieces of the first and the last hits, or of each step of a sequence."""
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
    """The first and the last hits of a bucket by (time, ref): whatever their order and repetitions, the same ones."""

    __slots__ = ("_first", "_last")

    def __init__(self) -> None:
        self._first: list[tuple[int, str, Match]] = []
        self._last: list[tuple[int, str, Match]] = []

    def __len__(self) -> int:
        return len(self._first) + len(self._last)

    def add(self, hit: Match) -> None:
        time, ref = hit.time, hit.ref
        last = self._last
        if len(last) == SHOWN and (time, ref) > last[-1][:2]:  # nearly always
            last.append((time, ref, hit))
            del last[0]
            return
        item = (time, ref, hit)
        if any(each[1] == ref and each[0] == time for each in (*self._first, *last)):
            return
        first = self._first
        if len(first) < SHOWN or item[:2] < first[-1][:2]:
            _insert(first, item)
            if len(first) <= SHOWN:
                return
            item = first.pop()
        _insert(last, item)
        if len(last) > SHOWN:
            del last[0]

    def hits(self) -> list[Match]:
        return [each[2] for each in (*self._first, *self._last)]


def _insert(items: list[tuple[int, str, Match]], item: tuple[int, str, Match]) -> None:
    place = len(items)
    while place and items[place - 1][:2] > item[:2]:
        place -= 1
    items.insert(place, item)


def pieces(shown: Iterable[Shown | None], since: int, until: int) -> tuple[dict[str, Any], ...]:
    """The evidence of a window, (since, until], out of what its buckets show."""
    hits = [hit for each in shown if each for hit in each.hits() if since < hit.time <= until]
    if len(hits) > 2 * SHOWN:
        hits = hits[:SHOWN] + hits[-SHOWN:]
    return tuple(piece(hit) for hit in hits)


def piece(hit: Match) -> dict[str, Any]:
    return {"ref": hit.ref, "rule": hit.rule, "time": instant.iso(hit.time), "event": hit.evidence}
