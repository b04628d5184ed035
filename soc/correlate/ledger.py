"""A group's hits with what is to be shown of them: what the folds share that look at windows hit by hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.correlate.telling import REFS, Piece, Shown, Verdict, chosen
from soc.correlate.timeline import Timeline
from soc.hit import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from soc.correlate.timeline import Entry
    from soc.hit import Match
    from soc.sigma.correlation import Correlation

    Row = Match | tuple[Entry, bytes]

ENTRY, HIT, BUCKET = 240, 900, 600
"""Bytes that one of them takes, about."""


class Ledger:
    def __init__(self, correlation: Correlation, most: int) -> None:
        self.span = correlation.timespan
        self.chained = correlation.chained
        self.line = Timeline(self.span, most, lanes=len(correlation.rules) > 1)
        self.told: dict[int, int] = {}
        """By bucket the steps that have been told."""
        self._shown: dict[int, Shown] = {}

    @property
    def weight(self) -> int:
        """Bytes, about."""
        shown = sum(BUCKET + shown.weight for shown in self._shown.values())
        return (ENTRY + HIT * self.chained) * len(self.line) + shown

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
            evidence=chosen(buckets, since, until) if steps is None else tuple(map(self._piece, steps)),
            values=values,
            approximate=self.line.is_thinned(since, until),
        )

    def _piece(self, entry: Entry) -> Piece:
        shown = self._shown.get(entry.time // self.span)
        known = shown.pieces() if shown else []
        kept = next((piece for piece in known if (piece.ref, piece.number) == (entry.ref, entry.number)), None)
        return kept or Piece(entry.time, entry.ref, entry.number, bytes(NOTHING))

    def expire(self, before: int) -> bool:
        """Forget what lies at or before an instant; whether nothing is left."""
        self.line.expire(before)
        for bucket in [bucket for bucket in self._shown if (bucket + 1) * self.span <= before]:
            del self._shown[bucket]
            self.told.pop(bucket, None)
        return not self.line

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of the slice that begins there."""
        return rows(self.line.slice(start), self._shown.values())


def rows(entries: Iterable[Entry], shown: Iterable[Shown]) -> list[Row]:
    """Whole hits, or entries with what is shown of them."""
    known = {(piece.ref, piece.number): piece.evidence for each in shown for piece in each.pieces()}
    found: list[Row] = []
    for entry in entries:
        value, hit = entry.load
        found.append(hit or (entry._replace(load=value), known.get((entry.ref, entry.number), bytes(NOTHING))))
    return found
