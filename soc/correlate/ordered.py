"""temporal_ordered: rules that match one after the other, true at once at the hit that completes the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.correlate.ledger import Ledger
from soc.correlate.timeline import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.correlate.ledger import Row
    from soc.correlate.telling import Telling
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

KEPT = 1_000
_Chain = tuple[Entry, ...]


class Chains:
    """Of each length and last rule the sequences that began last, for they stay inside a window longest.

    Two with different last events are enough: an event that matches two rules may not follow itself.
    """

    def __init__(self, rules: int) -> None:
        self._rules = rules
        self._best: list[dict[int, tuple[_Chain, ...]]] = [{} for _ in range(rules + 1)]

    def add(self, entries: Iterable[Entry]) -> list[tuple[Entry, int, _Chain]]:
        """Take the entries of one instant; for each those sequences that it ends, by length.

        Within one instant nobody knows what came first, so any order will do.
        """
        told = []
        for entry in sorted(entries, key=lambda each: (each.number, each.ref)):
            for length in range(1, entry.number + 2):
                chain = self._ended(entry, length)
                if chain is None:
                    break
                others = [each for each in self._best[length].get(entry.number, ()) if each[-1].ref != entry.ref]
                best = sorted([chain, *others], key=lambda each: each[0].time, reverse=True)
                self._best[length][entry.number] = tuple(best[:2])
                told.append((entry, length, chain))
        return told

    def _ended(self, entry: Entry, length: int) -> _Chain | None:
        if length == 1:
            return (entry,)
        found = [
            chain
            for number, chains in self._best[length - 1].items()
            for chain in chains
            if number < entry.number and chain[-1].ref != entry.ref
        ]
        return (*max(found, key=lambda chain: chain[0].time), entry) if found else None

    def copy(self) -> Chains:
        made = Chains(self._rules)
        made._best = [dict(chains) for chains in self._best]
        return made


class Ordered:
    """The hits of one group. For hit h the window is (h.time - timespan, h.time], and h ends the sequence in it."""

    def __init__(self, correlation: Correlation) -> None:
        need = correlation.condition.need
        assert need is not None
        self._need, self._rules = need, len(correlation.rules)
        self._ledger = Ledger(correlation, KEPT)
        self._earlier: Chains | None = None
        """Before `_instant`, the last time that there are hits of; None until it is found anew."""
        self._instant = 0

    @property
    def weight(self) -> int:
        return self._ledger.weight

    def add(self, hit: Match, tell: Telling) -> None:
        line, time = self._ledger.line, hit.time
        latest = line.times[-1] if line.times else time
        if not self._ledger.add(hit, hit.number, None):
            return
        if time < latest:
            self._earlier = None
            self._scan(time, time + self._ledger.span, tell)
        elif self._earlier is None:
            self._scan(time, time + 1, tell)
        else:
            self._newest(time, tell)

    def _newest(self, time: int, tell: Telling) -> None:
        assert self._earlier is not None
        if time > self._instant:
            self._earlier.add(self._at(self._instant))
            self._instant = time
        self._tell(self._earlier.copy().add(self._at(time)), tell)

    def _at(self, time: int) -> list[Entry]:
        return self._ledger.line.between(time - 1, time)

    def _scan(self, since: int, until: int, tell: Telling) -> None:
        """Judge the hits in [since, until) anew."""
        chains, instants = Chains(self._rules), dict[int, list[Entry]]()
        for entry in self._ledger.line.between(since - self._ledger.span, until - 1):
            instants.setdefault(entry.time, []).append(entry)
        for time, entries in instants.items():
            if time == self._ledger.line.times[-1]:
                self._earlier, self._instant = chains.copy(), time
            found = chains.add(entries)
            if time >= since:
                self._tell(found, tell)

    def _tell(self, found: Iterable[tuple[Entry, int, _Chain]], tell: Telling) -> None:
        ledger = self._ledger
        for entry, length, chain in found:
            if chain[0].time <= entry.time - ledger.span or length < self._need:
                continue
            bucket = entry.time // ledger.span
            while length >= self._need << ledger.step(bucket):
                tell.verdicts.append(ledger.verdict(bucket, length, chain[0].time - 1, entry.time, steps=chain))
            if tell.chained:
                tell.truths.append(entry.load[1])

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
