"""first_seen: a value that its group has not had within the timespan before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.correlate.telling import Piece, Telling, Verdict
from soc.correlate.timeline import slice_end, slice_start

if TYPE_CHECKING:
    from soc.correlate.ledger import Row
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

VALUE, SLICE = 1_000, 400
"""Bytes that one of them takes, about."""
NEVER = -(1 << 62)


class _Seen:
    __slots__ = ("first", "last")

    def __init__(self, hit: Match) -> None:
        self.first = self.last = hit


class Novel:
    """The values of one group: open slices with the first and last hit of each, and when each was last seen before."""

    def __init__(self, correlation: Correlation) -> None:
        self._span, self._learning = correlation.timespan, correlation.learning
        self._open: dict[int, dict[str, _Seen]] = {}
        self._known: dict[str, int] = {}
        self._active: list[tuple[int, int]] = []
        """The first and the last time of each slice that is no longer open."""
        self._judged = NEVER
        self.weight = 0

    def add(self, hit: Match, _: Telling) -> int | None:
        """When to settle."""
        start = slice_start(hit.time, self._span)
        here = self._open.get(start)
        if here is None:
            here = self._open[start] = {}
            self.weight += SLICE
        seen = here.get(hit.value)
        if seen is None:
            here[hit.value] = _Seen(hit)
            self.weight += VALUE
        elif (hit.time, hit.ref) < (seen.first.time, seen.first.ref):
            seen.first = hit
        else:
            seen.last = max(seen.last, hit, key=lambda each: (each.time, each.ref))
            return None
        return hit.time

    def skip(self, limit: int) -> None:
        """What ends by then was judged before."""
        self._judged = limit

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge the first sightings of each slice up to then, in their order."""
        firsts = sorted(
            (seen.first.time, value)
            for here in self._open.values()
            for value, seen in here.items()
            if self._judged < seen.first.time <= limit
        )
        for time, value in firsts:
            hit = self._open[slice_start(time, self._span)][value].first
            if self._is_new(value, time):
                tell.verdicts.append(
                    Verdict(slice_start(time, self._span), 0, 1, time, time, (hit.ref,), (Piece.of(hit),), (value,))
                )
                if tell.chained:
                    tell.truths.append(hit)
        self._judged = max(self._judged, limit)

    def _is_new(self, value: str, time: int) -> bool:
        mine = slice_start(time, self._span)
        lasts = [here[value].last.time for start, here in self._open.items() if start < mine and value in here]
        if max([self._known.get(value, NEVER), *lasts]) > time - self._span:
            return False
        if not self._learning:
            return True
        spells = (*self._active, *(_spell(here) for start, here in self._open.items() if start <= mine))
        return any(first <= time - self._learning and last > time - self._span for first, last in spells)

    def expire(self, before: int) -> bool:
        """Forget what is older than the timespan; of slices that are over keep when each value was last seen."""
        for start in [start for start in self._open if slice_end(start, self._span) <= before + self._span]:
            here = self._open.pop(start)
            self._active.append(_spell(here))
            self.weight -= SLICE + VALUE * len(here)
            self._known |= {value: max(seen.last.time, self._known.get(value, NEVER)) for value, seen in here.items()}
        self._active = [spell for spell in self._active if spell[1] > before]
        self._known = {value: time for value, time in self._known.items() if time > before}
        return not self._open and not self._known

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there: each value's first and last sighting."""
        found = {
            (hit.time, hit.ref, value): hit
            for value, seen in self._open.get(start, {}).items()
            for hit in (seen.first, seen.last)
        }
        return [found[key] for key in sorted(found)]


def _spell(here: dict[str, _Seen]) -> tuple[int, int]:
    """From when to when something was seen in a slice."""
    return min(seen.first.time for seen in here.values()), max(seen.last.time for seen in here.values())
