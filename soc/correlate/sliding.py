"""value_count and temporal for those that others count: every hit is kept, for each one at which it is true is told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from soc.correlate.ledger import Ledger
from soc.correlate.telling import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.correlate.ledger import Row
    from soc.correlate.telling import Telling
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 4_096


class Sliding:
    """The hits of one group, each with its window."""

    def __init__(self, correlation: Correlation) -> None:
        need = correlation.condition.need
        assert need is not None
        self._need, self._condition = need, correlation.condition
        self._most = max(KEPT, need)
        self._temporal = correlation.type == "temporal"
        self._ledger = Ledger(correlation, self._most)

    @property
    def weight(self) -> int:
        return self._ledger.weight

    def add(self, hit: Match, tell: Telling) -> None:
        value = hit.number if self._temporal else hit.value or hit.ref
        if not self._ledger.add(hit, hit.number, value):
            return
        ledger = self._ledger
        true: set[int] = set()
        for time, count in self._counts(hit.time, hit.time + ledger.span):
            bucket = time // ledger.span
            while self._most >= self._need << ledger.step(bucket) <= count:
                since = time - ledger.span
                values = dict.fromkeys(str(entry.load[0]) for entry in ledger.line.between(since, time))
                shown = () if self._temporal else tuple(values)[: 2 * SHOWN]
                tell.verdicts.append(ledger.verdict(bucket, count, since, time, values=shown))
            if count >= self._need:
                true.add(time)
        tell.truths += [
            entry.load[1]
            for entry in ledger.line.between(hit.time - 1, hit.time + ledger.span - 1)
            if entry.time in true
        ]

    def _counts(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """For each time in [since, until) the different values in its window; for an expression 1 where it holds."""
        window: Counter[str | int] = Counter()
        entries = self._ledger.line.between(since - self._ledger.span, until - 1)
        begin = 0
        for place, entry in enumerate(entries):
            window[entry.load[0]] += 1
            if entry.time < since or (place + 1 < len(entries) and entries[place + 1].time == entry.time):
                continue
            while entries[begin].time <= entry.time - self._ledger.span:
                gone = entries[begin].load[0]
                window[gone] -= 1
                if not window[gone]:
                    del window[gone]
                begin += 1
            whole = self._condition.expression is None
            yield entry.time, len(window) if whole else int(self._condition.holds_for(window.keys()))  # type: ignore[arg-type]

    def skip(self, limit: int) -> None:
        """Nothing waits for the end of a window here."""

    def settle(self, limit: int, tell: Telling) -> None:
        """The same."""

    def expire(self, before: int) -> bool:
        """Forget what no window will reach; whether nothing is left."""
        return self._ledger.expire(before)

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return self._ledger.cut(start)
