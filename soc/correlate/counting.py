"""event_count with lower bounds: true at once, told again at each doubling."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from soc.correlate.telling import REFS, Shown, Telling, Verdict, chosen
from soc.correlate.timeline import Timeline
from soc.hit import NOTHING

if TYPE_CHECKING:
    from soc.correlate.ledger import Row
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 1_000
ENTRY, BUCKET = 240, 600
"""Bytes that one of them takes, about."""


class _Peak:
    """What a bucket has come to, with what it shows: an upper bound on the greatest count in a window of it, and the steps told.

    A hit raises each window that holds it by one, so until the bound reaches the next step nothing is counted anew.
    """

    __slots__ = ("bound", "shown", "step")

    def __init__(self) -> None:
        self.bound = 0
        self.step = 0
        self.shown = Shown()


class Counting:
    """The hits of one group. For hit h the window is (h.time - timespan, h.time]; h's bucket is the one that becomes true."""

    def __init__(self, correlation: Correlation) -> None:
        need = correlation.condition.need
        assert need is not None
        self._span, self._need = correlation.timespan, need
        self._most = max(KEPT, 4 * need)
        self._line = Timeline(self._span, self._most)
        self._peaks: dict[int, _Peak] = {}
        self._chained = correlation.chained

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return ENTRY * len(self._line.times) + sum(BUCKET + peak.shown.weight for peak in self._peaks.values())

    def add(self, hit: Match, tell: Telling) -> None:
        time, line = hit.time, self._line
        times = line.times
        newest = not times or time >= times[-1]
        if not line.add(time, hit.ref, 0, hit if self._chained else None):
            return
        bucket = time // self._span
        peak = self._peaks.get(bucket)
        if peak is None:
            peak = self._peaks[bucket] = _Peak()
        peak.shown.add(hit)
        if newest:
            count = len(times) - bisect_right(times, time - self._span)
            if count > peak.bound:
                self._reached(bucket, peak, count, time, tell)
            if tell.chained:
                self._true_in(time, time + 1, tell)
        else:
            self._late(time, bucket, tell)

    def _late(self, time: int, bucket: int, tell: Telling) -> None:
        """A hit among others has a window of its own, and raises those of all that follow within the timespan."""
        self._reached(bucket, self._peaks[bucket], self._line.count(time - self._span, time), time, tell)
        for number in (bucket, bucket + 1):
            peak = self._peaks.get(number)
            if peak is None:
                continue
            peak.bound += 1
            if self._most >= self._need << peak.step <= peak.bound:
                start = number * self._span
                at, count = max(
                    self._line.peaks(start, start + self._span, self._span), key=lambda found: found[1], default=(0, 0)
                )
                peak.bound = count
                self._reached(number, peak, count, at, tell)
        if tell.chained:
            self._true_in(time, time + self._span, tell)

    def _reached(self, bucket: int, peak: _Peak, count: int, at: int, tell: Telling) -> None:
        peak.bound = max(peak.bound, count)
        while self._need << peak.step <= count and self._need << peak.step <= self._most:
            tell.verdicts.append(self._verdict(bucket, peak.step, count, at))
            peak.step += 1

    def _verdict(self, bucket: int, step: int, count: int, at: int) -> Verdict:
        since = at - self._span
        peaks = (self._peaks.get(bucket - 1), self._peaks.get(bucket))
        return Verdict(
            start=bucket * self._span,
            step=step,
            amount=count,
            since=self._line.after(since),
            until=at,
            refs=self._line.refs(since, at, REFS),
            evidence=chosen((peak.shown for peak in peaks if peak), since, at),
            approximate=self._line.is_thinned(since, at),
        )

    def _true_in(self, since: int, until: int, tell: Telling) -> None:
        """Every hit in [since, until) whose window holds enough."""
        true = {time for time, count in self._line.peaks(since, until, self._span) if count >= self._need}
        if true:
            tell.truths += [entry.load for entry in self._line.between(since - 1, until - 1) if entry.time in true]

    def skip(self, limit: int) -> None:
        """Nothing waits for the end of a window here."""

    def settle(self, limit: int, tell: Telling) -> None:
        """The same."""

    def expire(self, before: int) -> bool:
        """Forget what no window will reach; whether nothing is left."""
        self._line.expire(before)
        for bucket in [bucket for bucket in self._peaks if (bucket + 1) * self._span <= before]:
            del self._peaks[bucket]
        return not self._line

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        known = {piece.ref: piece.evidence for peak in self._peaks.values() for piece in peak.shown.pieces()}
        return [entry.load or (entry, known.get(entry.ref, bytes(NOTHING))) for entry in self._line.slice(start)]
