"""How much each peer may send, so that none drowns the others."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from soc import instant

if TYPE_CHECKING:
    from soc.clock import Clock

_PEERS = 10_000
"""How many are remembered; whoever was silent for longest is forgotten first, and that costs nothing but the memory."""


class RateLimit:
    """A bucket a peer: a second's worth may come at once."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admitted(self, peer: str, count: int = 1) -> int:
        """How many of `count` messages of a peer may pass now."""
        now = self._clock.now()
        left, then = self._buckets.get(peer, (float(self._per_second), now))
        left = min(self._per_second, left + max(0, now - then) * self._per_second / instant.SECOND)
        passed = min(count, int(left))
        self._buckets[peer] = left - passed, now
        self._buckets.move_to_end(peer)
        if len(self._buckets) > _PEERS:
            self._buckets.popitem(last=False)
        return passed
