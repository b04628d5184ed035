"""What does not happen: `missing_after` (no answer within the timespan), `idle` (no hit for the timespan, or the one that ends that)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.correlate.ledger import Ledger
from soc.correlate.telling import Piece, Telling, Verdict
from soc.correlate.timeline import Timeline, slice_end, slice_start

if TYPE_CHECKING:
    from soc.correlate.ledger import Row
    from soc.correlate.timeline import Entry
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 10_000
HIT = 900
NEVER = -(1 << 62)


class Missing:
    """A hit of the first rule asks, one of any other answers, at the same time or within the timespan after it."""

    def __init__(self, correlation: Correlation) -> None:
        self._ledger = Ledger(correlation, KEPT)
        self._judged = NEVER

    @property
    def weight(self) -> int:
        return self._ledger.weight

    def add(self, hit: Match, _: Telling) -> int | None:
        """When to settle."""
        fresh = self._ledger.add(hit, hit.number, None)
        return hit.time + self._ledger.span if fresh and not hit.number else None

    def skip(self, limit: int) -> None:
        """What ends by then was judged before."""
        self._judged = limit - self._ledger.span

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge the questions whose time is over by then, in their order."""
        ledger = self._ledger
        over = limit - ledger.span
        for entry in ledger.line.between(self._judged, over):
            if entry.number or self._is_answered(entry):
                continue
            bucket = entry.time // ledger.span
            if not ledger.step(bucket):
                tell.verdicts.append(ledger.verdict(bucket, 1, entry.time - 1, entry.time, steps=[entry]))
            if tell.chained:
                tell.truths.append(entry.load[1])
        self._judged = max(self._judged, over)

    def _is_answered(self, asked: Entry) -> bool:
        after = self._ledger.line.between(asked.time - 1, asked.time + self._ledger.span)
        return any(entry.number and entry.ref != asked.ref for entry in after)

    def expire(self, before: int) -> bool:
        """Forget what is judged; whether nothing is left."""
        return self._ledger.expire(before)

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return self._ledger.cut(start)


class Idle:
    """The hits of one group, of each slice the first and the last: a longer gap cannot lie between those."""

    def __init__(self, correlation: Correlation) -> None:
        self._span, self._returning = correlation.timespan, correlation.returning
        self._memory = correlation.memory
        self._line = Timeline(self._span, 1)
        self._judged = NEVER

    @property
    def weight(self) -> int:
        return HIT * len(self._line)

    def add(self, hit: Match, _: Telling) -> int | None:
        """When to settle."""
        if not self._line.add(hit.time, hit.ref, 0, hit):
            return None
        return hit.time if self._returning else hit.time + self._span

    def skip(self, limit: int) -> None:
        """What ends by then was judged before."""
        self._judged = limit

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge the gaps that have come to the timespan by then."""
        entries = self._line.all()
        for entry, after in zip(entries, [*entries[1:], None], strict=True):
            if self._returning:
                away = after.time - entry.time if after else 0
                if after and self._judged < after.time <= limit and self._span < away < self._memory:
                    self._tell(after, entry, tell)
            elif self._judged < entry.time + self._span <= limit and (
                after is None or after.time > entry.time + self._span
            ):
                self._tell(entry, entry, tell)
        self._judged = max(self._judged, limit)

    def _tell(self, entry: Entry, last: Entry, tell: Telling) -> None:
        hit = entry.load
        start = slice_start(entry.time, self._span)
        tell.verdicts.append(Verdict(start, 0, 1, last.time, entry.time, (hit.ref,), (Piece.of(hit),)))
        if tell.chained:
            tell.truths.append(hit)

    def expire(self, before: int) -> bool:
        """Forget what is older, and of slices that are over all but the last hit."""
        self._line.expire(before)
        over = [time for time in self._line.times if self._is_over(time)]
        if over:
            self._line.expire(over[-1] - 1)
        return not self._line

    def _is_over(self, time: int) -> bool:
        return slice_end(slice_start(time, self._span), self._span) - 1 <= self._judged

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return [entry.load for entry in self._line.slice(start)]
