"""Panes: an hour of one group's hits as a correlation over more than an hour remembers it, once nothing can be added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Raw, Struct, json

from soc.hit import Match

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.correlate.ledger import Row
    from soc.correlate.timeline import Entry
    from soc.sigma.correlation import Correlation


class Pane(Struct, frozen=True):
    """Follows from the hits of its slice, so every owner writes the same bytes; never changed once it is told."""

    correlation: str
    """Id and content hash."""
    group: tuple[str, ...]
    start: int
    expires: int
    """The clock from which no window needs it."""
    hits: list[Match]

    @property
    def key(self) -> bytes:
        """For a compacted topic."""
        return json.encode([self.correlation, self.group, self.start])

    @property
    def routing(self) -> bytes:
        """The key of the hits that it was made from: it belongs into the partition of the same number."""
        return json.encode([self.correlation, self.group])


encode = json.encode
_DECODER = json.Decoder(Pane)


def decode(value: bytes) -> Pane:
    """A pane from a message's value; msgspec.DecodeError if it is none."""
    return _DECODER.decode(value)


def hits_of(rows: Iterable[Row], correlation: Correlation, group: tuple[str, ...]) -> list[Match]:
    """Rows of a cut as hits: of most no more is kept than what windows count."""
    return [row if isinstance(row, Match) else _bare(*row, correlation, group) for row in rows]


def _bare(entry: Entry, evidence: bytes, correlation: Correlation, group: tuple[str, ...]) -> Match:
    return Match(
        correlation=correlation.key,
        group=group,
        time=entry.time,
        ref=entry.ref,
        arrived=entry.time,
        rule=correlation.rules[entry.number],
        number=entry.number,
        value="" if entry.load is None else str(entry.load),
        evidence=Raw(evidence),
    )
