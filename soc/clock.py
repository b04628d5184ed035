"""The wall clock, handed to the edges so that tests own it; the pure packages may not import this."""

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """The present as an instant (microseconds since 1970)."""


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1000


class FixedClock:
    """A clock that a test moves by hand."""

    def __init__(self, instant: int) -> None:
        self.instant = instant

    def now(self) -> int:
        return self.instant

    def advance(self, microseconds: int) -> None:
        self.instant += microseconds
