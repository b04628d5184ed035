"""A group's hits with what is to be shown of them: what the folds share that look at windows hit by hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.correlate.telling import REFS, Shown, Verdict, chosen
from soc.correlate.timeline import Timeline
from soc.hit import Match

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from soc.correlate.timeline import Entry
    from soc.sigma.correlation import Correlation

ENTRY, HIT, BUCKET = 240, 900, 2_200
"""Bytes that one of them takes, about."""


class Ledger:
    def __init__(self, correlation: Correlation, most: int) -> None:
        self._correlation = correlation
        self.span = correlation.timespan
        self.chained = correlation.chained
        self.line = Timeline(self.span, most, lanes=len(correlation.rules) > 1)
        self.told: dict[int, int] = {}
        """By bucket the steps that have been told."""
        self._shown: dict[int, Shown] = {}

    @property
    def weight(self) -> int:
        """Bytes, about."""
        return (ENTRY + HIT * self.chained) * len(self.line) + BUCKET * len(self._shown)

    def add(self, hit: Match, number: int, load: Any) -> bool:
        """Whether it is new; a correlation that others count keeps its hits whole, in place of `load`."""
        if not self.line.add(hit.time, hit.ref, number, (load, hit) if self.chained else (load, None)):
            return False
        bucket = hit.time // self.span
        shown = self._shown.get(bucket)
        if shown is None:
            shown = self._shown[bucket] = Shown()
        shown.add(hit)
        return True

    def step(self, bucket: int) -> int:
        return self.told.get(bucket, 0)

    def verdict(
        self,
        bucket: int,
        count: Fraction | int,
        since: int,
        until: int,
        *,
        steps: Sequence[Entry] | None = None,
        values: tuple[str, ...] = (),
    ) -> Verdict:
        """About a window, (since, until], of a bucket, or about some of its entries; the next step of the bucket."""
        step = self.told[bucket] = self.step(bucket) + 1
        buckets = [self._shown.get(number) for number in range(since // self.span, until // self.span + 1)]
        found = self.line.between(since, until) if steps is None else steps
        return Verdict(
            start=bucket * self.span,
            step=step - 1,
            amount=count,
            since=found[0].time,
            until=found[-1].time,
            refs=tuple(dict.fromkeys(entry.ref for entry in found[:REFS])),
            evidence=chosen(buckets, since, until) if steps is None else tuple(map(self._hit, steps)),
            values=values,
            approximate=self.line.is_thinned(since, until),
        )

    def _hit(self, entry: Entry) -> Match:
        """Whole, where it is kept so."""
        shown = self._shown.get(entry.time // self.span)
        hits = shown.hits() if shown else []
        kept = next((hit for hit in hits if (hit.ref, hit.number) == (entry.ref, entry.number)), None)
        return entry.load[1] or kept or bare(entry, self._correlation, ())

    def expire(self, before: int) -> bool:
        """Forget what lies at or before an instant; whether nothing is left."""
        self.line.expire(before)
        for bucket in [bucket for bucket in self._shown if (bucket + 1) * self.span <= before]:
            del self._shown[bucket]
            self.told.pop(bucket, None)
        return not self.line

    def cut(self, start: int) -> list[Match | Entry]:
        """What a pane keeps of the slice that begins there."""
        whole = {(hit.ref, hit.number): hit for shown in self._shown.values() for hit in shown.hits()}
        found: list[Match | Entry] = []
        for entry in self.line.slice(start):
            hit = entry.load[1]
            found.append(hit or whole.get((entry.ref, entry.number)) or entry)
        return found


def bare(entry: Entry, correlation: Correlation, group: tuple[str, ...]) -> Match:
    """A hit of which no more is kept than what windows count."""
    load = entry.load[0] if isinstance(entry.load, tuple) else entry.load
    return Match(
        correlation=correlation.key,
        group=group,
        time=entry.time,
        ref=entry.ref,
        arrived=entry.time,
        rule=correlation.rules[entry.number],
        number=entry.number,
        value="" if load is None else str(load),
    )
