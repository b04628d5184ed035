"""The open groups of a correlation, and when each is to be looked at again."""

from __future__ import annotations

from collections import OrderedDict
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soc.correlate.tracks import Track
    from soc.hit import Match


class Group:
    __slots__ = ("hits", "quantum", "sample", "since", "slice", "track", "until", "weight")

    def __init__(self, track: Track, hit: Match) -> None:
        self.track = track
        self.since = self.until = hit.time
        self.sample = hit.sample
        self.quantum = self.slice = -1
        self.hits = 0
        self.weight = 0


class Agenda:
    """Groups by when they are to be looked at."""

    def __init__(self) -> None:
        self._at: dict[int, set[tuple[str, ...]]] = {}
        self._heap: list[int] = []

    def put(self, time: int, group: tuple[str, ...]) -> None:
        groups = self._at.get(time)
        if groups is None:
            groups = self._at[time] = set()
            heappush(self._heap, time)
        groups.add(group)

    def until(self, time: int) -> list[tuple[int, list[tuple[str, ...]]]]:
        """What is due by then, in order, and no longer on the agenda."""
        found = []
        while self._heap and self._heap[0] <= time:
            at = heappop(self._heap)
            found.append((at, sorted(self._at.pop(at))))
        return found


class Scope:
    """The groups of live records, or of one whole file."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, ...], Group] = {}
        self.once: OrderedDict[tuple[str, ...], None] = OrderedDict()
        """Groups with one hit, the oldest first."""
        self.often: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self.visits, self.dues, self.seals = Agenda(), Agenda(), Agenda()
