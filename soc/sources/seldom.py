"""Warnings that others could cause as often as they like: one a minute of each kind, with how many there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant, logs

if TYPE_CHECKING:
    from soc.clock import Clock

log = logs.get(__name__)
_EVERY = instant.MINUTE


class Seldom:
    """What is said must come from a closed set: each is remembered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[str, int] = {}
        """When each was said last."""
        self._times: dict[str, int] = {}
        """How often it happened since."""

    def warn(self, what: str, **values: object) -> None:
        now = self._clock.now()
        times = self._times[what] = self._times.get(what, 0) + 1
        # A clock that was set back must not silence a warning until it has caught up.
        if what in self._told and 0 <= now - self._told[what] < _EVERY:
            return
        self._told[what], self._times[what] = now, 0
        log.warning(what, times=times, **values)
