"""What the groups of a correlation are kept in, by its type and condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from soc.correlate.absence import Idle, Missing
from soc.correlate.counting import Counting
from soc.correlate.distinct import Distinct
from soc.correlate.novelty import Novel
from soc.correlate.numbers import WINDOWS
from soc.correlate.ordered import Ordered
from soc.correlate.settling import Numeric, Whole
from soc.correlate.sliding import Sliding

if TYPE_CHECKING:
    from soc.correlate.ledger import Row
    from soc.correlate.telling import Telling
    from soc.hit import Match
    from soc.sigma.correlation import Correlation


class Track(Protocol):
    """The hits of one group. All results follow from the set of hits, not from their order or repetitions."""

    @property
    def weight(self) -> int:
        """Bytes, about."""

    def add(self, hit: Match, tell: Telling) -> int | None:
        """Take a hit; the time from which on something is to be settled."""

    def skip(self, limit: int) -> None:
        """For a new one: what ends by then was judged before."""

    def settle(self, limit: int, tell: Telling) -> None:
        """Judge what ends by then, for all hits up to then are known."""

    def expire(self, before: int) -> bool:
        """Forget hits at or before; whether nothing is left."""

    def cut(self, start: int) -> list[Row]:
        """What a pane keeps of a slice."""


def track_of(correlation: Correlation) -> Track:
    """An empty one, as the type and the condition ask for."""
    own: dict[str, type[Novel | Idle | Missing]] = {"first_seen": Novel, "idle": Idle, "missing_after": Missing}
    kind = correlation.type
    if kind in own:
        return own[kind](correlation)
    if correlation.whole:
        return Whole(correlation)
    if kind in WINDOWS:
        return Numeric(correlation)
    if kind == "temporal_ordered":
        return Ordered(correlation)
    if kind == "event_count" and not correlation.level:
        return Counting(correlation)
    return Sliding(correlation) if correlation.chained else Distinct(correlation)
