"""Tumbling windows folded from partial aggregates; the result depends on the set of partials, not on their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant
from soc.hit import END, Hit, Partial, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable

LATENESS = instant.MINUTE
"""A record later than this by its own clock does not enter a window (detect decides that, per record)."""

_ENDED_KEPT = 1_000
"""Whole files whose end is remembered, so that what is told again after a crash opens nothing anew."""

Entity = tuple[tuple[str, str], ...]


class Closed(NamedTuple):
    """A window that nothing can be added to any more."""

    detector: str
    entity: Entity
    start: int
    end: int
    aggregates: tuple[dict[str, Any], ...]
    """One per stride that contributed, in the order of (partition, stride)."""
    arrived: int


@dataclass(slots=True)
class _Scope:
    """The windows and the clock of live records, or of one whole file."""

    closed_until: int
    windows: dict[tuple[str, Entity, int, int], dict[tuple[str, int], Partial]] = field(default_factory=dict)


class Windows:
    """The open windows of one partition of `soc.hits`."""

    def __init__(self, closed_until: int = 0) -> None:
        """`closed_until` is the clock of the last commit: windows that it closed were emitted then."""
        self._live = _Scope(closed_until)
        self._files: dict[str, _Scope] = {}
        self._clocks: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._ended: dict[str, None] = {}
        self._total = 1
        self.late = 0
        """Partials for windows that are closed already."""

    @property
    def clock(self) -> int:
        """The least progress over all live raw partitions; the last known while some have not reported."""
        if len(self._clocks) < self._total:
            return self._live.closed_until
        return max(self._live.closed_until, min(self._clocks.values(), default=0))

    def __len__(self) -> int:
        return len(self._live.windows) + sum(len(scope.windows) for scope in self._files.values())

    @property
    def files(self) -> frozenset[str]:
        """The whole files with open windows: nothing but their end closes those, however long it takes."""
        return frozenset(self._files)

    def take(self, hits: Iterable[Hit]) -> None:
        """Fold partials and ticks of raw partitions, in their order; matches are for correlations."""
        for hit in hits:
            if isinstance(hit, Tick):
                if not hit.level:
                    self._tick(hit)
            elif isinstance(hit, Partial):
                self._fold(hit)

    def _fold(self, partial: Partial) -> None:
        if partial.scope in self._ended:
            self.late += 1
            return
        scope = self._scope(partial.scope)
        if partial.end + LATENESS <= scope.closed_until:
            self.late += 1
            return
        slices = scope.windows.setdefault((partial.detector, partial.entity, partial.start, partial.end), {})
        place = (partial.partition, partial.stride)
        if place not in slices or slices[place].through < partial.through:
            slices[place] = partial

    def _tick(self, tick: Tick) -> None:
        """Take over how far the raw partitions have been processed; clocks never go back."""
        if tick.complete:
            self._clocks = {name: at for name, at in self._clocks.items() if name in tick.live}
        for name, at in tick.live.items():
            self._clocks[name] = max(at, self._clocks.get(name, 0))
        self._total = tick.total
        for name, at in tick.whole.items():
            self._ends[name] = max(at, self._ends.get(name, 0))

    def advance(self) -> list[Closed]:
        """Close what the clocks have passed, in the order of (end, detector, entity)."""
        closed = self._close(self._live, self.clock)
        for name in [name for name, at in self._ends.items() if at == END]:
            closed += self._close(self._scope(name), END)
            del self._files[name]
            del self._ends[name]
            self._ended[name] = None
            if len(self._ended) > _ENDED_KEPT:
                del self._ended[next(iter(self._ended))]
        return sorted(closed, key=lambda window: (window.end, window.detector, window.entity))

    def _scope(self, name: str) -> _Scope:
        if not name:
            return self._live
        return self._files.setdefault(name, _Scope(0))

    @staticmethod
    def _close(scope: _Scope, clock: int) -> list[Closed]:
        scope.closed_until = max(scope.closed_until, clock)
        due = [key for key in scope.windows if key[3] + LATENESS <= scope.closed_until]
        return [_closed(key, scope.windows.pop(key)) for key in due]


def _closed(key: tuple[str, Entity, int, int], slices: dict[tuple[str, int], Partial]) -> Closed:
    ordered = [slices[place] for place in sorted(slices)]
    arrived = max(partial.arrived for partial in ordered)
    return Closed(*key, aggregates=tuple(partial.aggregate for partial in ordered), arrived=arrived)
