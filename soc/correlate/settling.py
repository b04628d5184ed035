"""What is judged once, when all hits of a window are known: statistics of numbers, and conditions with an upper bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.correlate.ledger import Ledger
from soc.correlate.numbers import WINDOWS, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.correlate.ledger import Row
    from soc.correlate.numbers import Number
    from soc.correlate.telling import Telling
    from soc.correlate.timeline import Entry
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 10_000
NEVER = -(1 << 62)


class Numeric:
    """value_sum, value_avg, value_median, value_percentile with lower bounds: the window of each hit."""

    def __init__(self, correlation: Correlation) -> None:
        self._condition = correlation.condition
        self._window = WINDOWS[correlation.type]
        self._ledger = Ledger(correlation, KEPT)
        self._judged = NEVER
        """Windows that end at or before it are judged."""

    @property
    def weight(self) -> int:
        return self._ledger.weight

    def add(self, hit: Match, _: Telling) -> int | None:
        """When to settle."""
        number = number_of(hit.value)
        if number is None:
            return None
        return hit.time if self._ledger.add(hit, hit.number, number) else None

    def skip(self, limit: int) -> None:
        """What ends by then was judged before."""
        self._judged = limit

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge the windows that end by then, in their order."""
        ledger = self._ledger
        for time, count in self._statistics(self._judged, limit):
            if not self._condition.holds(count):
                continue
            bucket = time // ledger.span
            if not ledger.step(bucket):
                tell.verdicts.append(ledger.verdict(bucket, count, time - ledger.span, time))
            if tell.chained:
                tell.truths += [entry.load[1] for entry in ledger.line.between(time - 1, time)]
        self._judged = max(self._judged, limit)

    def _statistics(self, since: int, until: int) -> Iterator[tuple[int, Number]]:
        """For each time in (since, until] that has hits, what its window comes to."""
        span, entries = self._ledger.span, self._ledger.line.between(since - self._ledger.span, until)
        window = self._window(self._condition.percentile)
        begin = 0
        for place, entry in enumerate(entries):
            window.add(entry.load[0])
            if entry.time <= since or (place + 1 < len(entries) and entries[place + 1].time == entry.time):
                continue
            while entries[begin].time <= entry.time - span:
                window.remove(entries[begin].load[0])
                begin += 1
            yield entry.time, window.number()

    def expire(self, before: int) -> bool:
        """Forget what no window will reach; whether nothing is left."""
        return self._ledger.expire(before)

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return self._ledger.cut(start)


class Whole:
    """Any type with an upper bound: all of a bucket, once it is over. A bucket without a hit is nobody's."""

    def __init__(self, correlation: Correlation) -> None:
        self._type, self._condition = correlation.type, correlation.condition
        self._ledger = Ledger(correlation, KEPT)
        self._judged = NEVER
        """Buckets that end by then are judged."""

    @property
    def weight(self) -> int:
        return self._ledger.weight

    def add(self, hit: Match, _: Telling) -> int | None:
        """When to settle."""
        load: Any = number_of(hit.value) if self._type in WINDOWS else hit.value or hit.ref
        number = hit.number if self._type == "temporal" else 0
        if load is None or not self._ledger.add(hit, number, load):
            return None
        return hit.time // self._ledger.span * self._ledger.span + self._ledger.span - 1

    def skip(self, limit: int) -> None:
        """What ends by then was judged before."""
        self._judged = (limit + 1) // self._ledger.span * self._ledger.span - 1

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge the buckets that are over by then."""
        ledger = self._ledger
        over = (limit + 1) // ledger.span * ledger.span - 1
        by_bucket: dict[int, list[Entry]] = {}
        for entry in ledger.line.between(self._judged, over):
            by_bucket.setdefault(entry.time // ledger.span, []).append(entry)
        for bucket, entries in by_bucket.items():
            self._judge(bucket, entries, tell)
        self._judged = max(self._judged, over)

    def _judge(self, bucket: int, entries: Sequence[Entry], tell: Telling) -> None:
        ledger = self._ledger
        count, holds = self._count(entries)
        if not holds:
            return
        start = bucket * ledger.span
        tell.verdicts.append(ledger.verdict(bucket, count, start - 1, start + ledger.span - 1))
        if tell.chained:
            tell.truths.append(entries[-1].load[1])

    def _count(self, entries: Sequence[Entry]) -> tuple[Number, bool]:
        if self._type == "temporal":
            rules = {entry.number for entry in entries}
            return len(rules), self._condition.holds_for(rules)
        count: Number
        if self._type in WINDOWS:
            window = WINDOWS[self._type](self._condition.percentile)
            for entry in entries:
                window.add(entry.load[0])
            count = window.number()
        else:
            count = len({entry.load[0] for entry in entries})
        return count, self._condition.holds(count)

    def expire(self, before: int) -> bool:
        """Forget the buckets that are judged; whether nothing is left."""
        return self._ledger.expire(before)

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return self._ledger.cut(start)
