"""value_count and temporal with lower bounds: different values (or rules) in a window, true at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant
from soc.correlate.telling import REFS, SHOWN, Piece, Shown, Telling, Verdict, chosen
from soc.correlate.timeline import Entry, slice_end, slice_start
from soc.hit import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.correlate.ledger import Row
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 4_096
NEVER = -(1 << 62)
BUCKET, SEEN = 600, 350
_SPARE = 512
"""Values beyond what is kept before the surplus is taken out, so that it is not done for each."""


class Seen:
    """When a value was seen in a slice, first and last: all that any window can ask, for it covers a bucket's end or start."""

    __slots__ = ("first", "first_hit", "last", "last_hit")

    def __init__(self, time: int, hit: Match | str) -> None:
        self.first = self.last = time
        self.first_hit = self.last_hit = hit


class _Peak:
    """What a bucket has come to."""

    __slots__ = ("before", "bound", "latest", "rest", "step")

    def __init__(self) -> None:
        self.bound = 0
        """No window of the bucket holds more values."""
        self.step = 0
        self.latest = NEVER
        """The last of the values' first times."""
        self.before: dict[Any, int] = {}
        """Values of the bucket before that this one lacks, with their last times; good while there is `rest`."""
        self.rest: list[int] | None = None
        """Those times in order."""


class _Best(NamedTuple):
    values: int
    at: int


class Distinct:
    """The values of one group: by slice the first and the last time of each, so repetitions cost nothing.

    The number of values in a window grows only at a value's first time in a bucket, so its greatest is found there.
    """

    def __init__(self, correlation: Correlation) -> None:
        condition = correlation.condition
        assert condition.need is not None
        self._span, self._need = correlation.timespan, condition.need
        self._temporal = correlation.type == "temporal"
        self._condition = condition
        self._most = max(KEPT, condition.need)
        self._slices: dict[int, dict[Any, Seen]] = {}
        self._peaks: dict[int, _Peak] = {}
        self._shown: dict[int, Shown] = {}
        self._full = False
        self._seen_weight = 0

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return self._seen_weight + sum(shown.weight for shown in self._shown.values())

    def add(self, hit: Match, tell: Telling) -> None:
        time = hit.time
        start = slice_start(time, self._span)
        here = self._slices.get(start)
        if here is None:
            here = self._slices[start] = {}
            self._seen_weight += BUCKET
        value: Any = hit.number if self._temporal else hit.value or hit.ref
        seen = here.get(value)
        bucket = time // self._span
        if seen is None:
            known = self._span > instant.HOUR and self._is_known(bucket, value, time)
            here[value] = Seen(time, hit if self._temporal else hit.ref)
            self._seen_weight += SEEN
            self._show(bucket, hit)
            if not known:
                self._begun(bucket, value, time, tell)
            self._extended(bucket + 1, tell)
            if len(here) > 2 * self._most + _SPARE:
                self._thin(here)
        elif time > seen.last:
            seen.last, seen.last_hit = time, hit if self._temporal else hit.ref
            self._extended(bucket + 1, tell)
        elif time < seen.first:
            seen.first, seen.first_hit = time, hit if self._temporal else hit.ref
            self._begun(bucket, value, time, tell)

    def _is_known(self, bucket: int, value: Any, time: int) -> bool:
        """Whether another slice of the bucket had the value before."""
        return any(value in values and values[value].first <= time for _, values in self._slices_of(bucket))

    def _show(self, bucket: int, hit: Match) -> None:
        if self._temporal:
            return
        shown = self._shown.get(bucket)
        if shown is None:
            shown = self._shown[bucket] = Shown()
        shown.add(hit)

    def _begun(self, bucket: int, value: Any, time: int, tell: Telling) -> None:
        """A value's first time in a bucket is this now: a window of its own ends there, and later ones hold it."""
        peak = self._peaks.get(bucket)
        if peak is None:
            peak = self._peaks[bucket] = _Peak()
        newest = time >= peak.latest and self._condition.expression is None
        peak.latest = max(peak.latest, time)
        if self._need << peak.step > self._most:
            return
        if newest:
            count = self._newest(bucket, peak, value, time)
            peak.bound = max(peak.bound, count)
            self._reached(bucket, peak, _Best(count, time), tell)
            return
        peak.rest = None
        slices = (*self._slices_of(bucket - 1), *self._slices_of(bucket))
        peak.bound = max(peak.bound + 1, sum(len(values) for _, values in slices))
        self._judge(bucket, peak, tell)

    def _newest(self, bucket: int, peak: _Peak, value: Any, time: int) -> int:
        """The values in the window that ends at the last first time: all of the bucket, and of the one before the rest."""
        if peak.rest is None:
            firsts = self._firsts(bucket)
            peak.before = {value: last for value, last in self._lasts(bucket - 1).items() if value not in firsts}
            peak.rest = sorted(peak.before.values())
        elif value in peak.before:
            del peak.rest[bisect_left(peak.rest, peak.before.pop(value))]
        rest = len(peak.rest) - bisect_right(peak.rest, time - self._span)
        slices = self._slices_of(bucket)
        return rest + (len(slices[0][1]) if len(slices) == 1 else len(self._firsts(bucket)))

    def _extended(self, bucket: int, tell: Telling) -> None:
        """The bucket before has a value longer than it had: windows of this one hold one more, at most."""
        peak = self._peaks.get(bucket)
        if peak is not None:
            peak.rest = None
            peak.bound += 1
            self._judge(bucket, peak, tell)

    def _judge(self, bucket: int, peak: _Peak, tell: Telling) -> None:
        if self._most >= self._need << peak.step <= peak.bound:
            best = self._best(bucket)
            peak.bound = best.values
            self._reached(bucket, peak, best, tell)

    def _reached(self, bucket: int, peak: _Peak, best: _Best, tell: Telling) -> None:
        while self._need << peak.step <= min(best.values, self._most):
            tell.verdicts.append(self._verdict(bucket, peak.step, best))
            peak.step += 1

    def _slices_of(self, bucket: int) -> list[tuple[int, dict[Any, Seen]]]:
        start, end = bucket * self._span, (bucket + 1) * self._span
        if self._span <= instant.HOUR:  # a bucket is one slice
            return [(start, self._slices[start])] if start in self._slices else []
        return [(begin, values) for begin, values in self._slices.items() if start <= begin < end]

    def _firsts(self, bucket: int) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for _, values in self._slices_of(bucket):
            for value, seen in values.items():
                found[value] = min(seen.first, found.get(value, seen.first))
        return found

    def _lasts(self, bucket: int) -> dict[Any, int]:
        found: dict[Any, int] = {}
        for _, values in self._slices_of(bucket):
            for value, seen in values.items():
                found[value] = max(seen.last, found.get(value, seen.last))
        return found

    def _best(self, bucket: int) -> _Best:
        """The greatest number of values in a window of the bucket, and its end."""
        firsts, lasts = self._firsts(bucket), self._lasts(bucket - 1)
        if self._condition.expression is not None:
            return max(self._held(at, firsts, lasts) for at in firsts.values())
        begun = sorted(firsts.values())
        ended = sorted(last + self._span for last in lasts.values())
        twice = [
            (firsts[value], last + self._span)
            for value, last in lasts.items()
            if firsts.get(value, last + self._span) < last + self._span
        ]
        starts, stops = sorted(pair[0] for pair in twice), sorted(pair[1] for pair in twice)
        best = _Best(0, 0)
        for number, at in enumerate(begun, 1):
            before = len(ended) - bisect_right(ended, at)
            both = bisect_right(starts, at) - bisect_right(stops, at)
            best = max(best, _Best(number + before - both, at))
        return best

    def _held(self, at: int, firsts: Mapping[int, int], lasts: Mapping[int, int]) -> _Best:
        """For rules joined by an expression: 1 where it holds."""
        rules = {rule for rule, first in firsts.items() if first <= at}
        rules |= {rule for rule, last in lasts.items() if last > at - self._span}
        return _Best(int(self._condition.holds_for(rules)), at)

    def _verdict(self, bucket: int, step: int, best: _Best) -> Verdict:
        since, at = best.at - self._span, best.at
        found = self._sightings(bucket, since, at)
        refs = tuple(dict.fromkeys(hit if isinstance(hit, str) else hit.ref for _, _, hit in found[:REFS]))
        if self._temporal:
            evidence = tuple(Piece.of(hit) for _, _, hit in found if not isinstance(hit, str))
        else:
            evidence = chosen((self._shown.get(bucket - 1), self._shown.get(bucket)), since, at)
        return Verdict(
            start=bucket * self._span,
            step=step,
            amount=best.values,
            since=found[0][0],
            until=at,
            refs=refs,
            evidence=evidence,
            values=() if self._temporal else tuple(value for _, value, _ in found[: 2 * SHOWN]),
            approximate=best.values > self._most or self._full,
        )

    def _sightings(self, bucket: int, since: int, at: int) -> list[tuple[int, Any, Match | str]]:
        """One of each value in a window, in the order of time."""
        found: dict[Any, tuple[int, Any, Match | str]] = {}
        for _, values in (*self._slices_of(bucket), *self._slices_of(bucket - 1)):
            for value, seen in values.items():
                for time, hit in ((seen.first, seen.first_hit), (seen.last, seen.last_hit)):
                    if since < time <= at and time < found.get(value, (at + 1,))[0]:
                        found[value] = (time, value, hit)
        return sorted(found.values(), key=lambda each: (each[0], each[1]))

    def _thin(self, values: dict[Any, Seen]) -> None:
        """Keep the earliest and the latest: as with a timeline, any number up to `_most` is decided as by all."""
        self._full = True
        first = sorted(values, key=lambda value: (values[value].first, value))[: self._most]
        last = sorted(values, key=lambda value: (values[value].last, value))[-self._most :]
        for value in values.keys() - {*first, *last}:
            del values[value]
            self._seen_weight -= SEEN

    def skip(self, limit: int) -> None:
        """Nothing waits for the end of a window here."""

    def settle(self, limit: int, tell: Telling) -> None:
        """The same."""

    def expire(self, before: int) -> bool:
        """Forget what no window will reach; whether nothing is left."""
        for start in [start for start in self._slices if slice_end(start, self._span) <= before]:
            self._seen_weight -= BUCKET + SEEN * len(self._slices.pop(start))
        for bucket in [bucket for bucket in self._peaks if (bucket + 1) * self._span <= before]:
            del self._peaks[bucket]
            self._shown.pop(bucket, None)
        return not self._slices

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there: each value's first and last sighting."""
        return self._cut(self._slices.get(start, {}))

    def _cut(self, values: dict[Any, Seen]) -> list[Row]:
        known = {piece.ref: piece.evidence for shown in self._shown.values() for piece in shown.pieces()}
        found: dict[tuple[int, str, str], Row] = {}
        for value, seen in values.items():
            for time, hit in ((seen.first, seen.first_hit), (seen.last, seen.last_hit)):
                if isinstance(hit, str):
                    found[time, hit, value] = (Entry(time, hit, 0, value), known.get(hit, bytes(NOTHING)))
                else:
                    found[time, hit.ref, str(value)] = hit
        return [found[key] for key in sorted(found)]
