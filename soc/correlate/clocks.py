"""How far time has come, as ticks in the data tell: one clock for rules' hits, one for each level of correlations above."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc.hit import END

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.hit import Tick

_ENDED_KEPT = 1_000
"""Whole files whose end is remembered, so that what is told again after a crash opens nothing anew."""


@dataclass(slots=True)
class _Level:
    closed_until: int = 0
    told: dict[str, int] = field(default_factory=dict)
    """Progress by raw partition; above level 0 by partition of the hits."""
    total: int = 1
    ending: dict[str, set[str]] = field(default_factory=dict)
    """Whole files, each with those who have told its end."""
    ended: dict[str, None] = field(default_factory=dict)

    @property
    def clock(self) -> int:
        """The least of all; the last known while some have not reported."""
        if len(self.told) < self.total:
            return self.closed_until
        return max(self.closed_until, min(self.told.values(), default=0))


class Clocks:
    def __init__(self, closed_until: Mapping[int, int]) -> None:
        """`closed_until` are the clocks of the last commit, by level."""
        self._levels = {level: _Level(at) for level, at in closed_until.items()}

    def clock(self, level: int) -> int:
        return self._level(level).clock

    def take(self, tick: Tick) -> None:
        """Take over what a tick tells; clocks never go back."""
        level = self._level(tick.level)
        level.closed_until = level.clock
        if tick.complete:
            level.told = {name: at for name, at in level.told.items() if name in tick.live}
        for name, at in tick.live.items():
            level.told[name] = max(at, level.told.get(name, 0))
        level.total = tick.total
        teller = next(iter(tick.live), "") if tick.level else ""
        for name, at in tick.whole.items():
            if at == END and name not in level.ended:
                level.ending.setdefault(name, set()).add(teller)

    def ending(self, level: int) -> list[str]:
        """Whole files that are over now: told once."""
        here = self._level(level)
        over = [name for name, tellers in here.ending.items() if not level or len(tellers) >= here.total]
        for name in over:
            del here.ending[name]
            here.ended[name] = None
            if len(here.ended) > _ENDED_KEPT:
                del here.ended[next(iter(here.ended))]
        return over

    @property
    def half_ended(self) -> frozenset[str]:
        """Whole files of which some, but not all, have told the end."""
        return frozenset(name for level in self._levels.values() for name in level.ending)

    def is_over(self, level: int, scope: str) -> bool:
        """Whether a whole file has ended before: what comes from it now is a repetition."""
        return bool(scope) and scope in self._level(level).ended

    def _level(self, level: int) -> _Level:
        if level not in self._levels:
            self._levels[level] = _Level()
        return self._levels[level]
