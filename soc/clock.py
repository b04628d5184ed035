"""The wall clock, handed to the edges so that tests own it; the pure packages may not import this."""

import time
from collections.abc import Callable
from typing import Protocol

LARGEST_STEP = 1_000_000
"""What is corrected in smaller steps (NTP does) is followed."""
_EVEN = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    def now(self) -> int:
        """The present as an instant (microseconds since 1970)."""


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1000


class SteadyClock:
    """The wall clock, but for its jumps: since windows close by it, one that leaps an hour ahead would close them all.

    A process that was started before a jump goes on evenly, also if the jump was right; one started after it does not know.
    """

    def __init__(self, wall: Callable[[], int] | None = None, even: Callable[[], int] | None = None) -> None:
        self._wall = wall or SystemClock().now
        self._even = even or (lambda: time.clock_gettime_ns(_EVEN) // 1000)
        self._anchor = self._wall() - self._even()

    def now(self) -> int:
        even = self._even()
        wall = self._wall()
        if abs(wall - even - self._anchor) > LARGEST_STEP:
            return even + self._anchor
        self._anchor = wall - even
        return wall


class FixedClock:
    """A clock that a test moves by hand."""

    def __init__(self, instant: int) -> None:
        self.instant = instant

    def now(self) -> int:
        return self.instant

    def advance(self, microseconds: int) -> None:
        self.instant += microseconds
