"""Progress of long work: one line on a terminal, nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_EVERY = 0.5


class Progress:
    """A count that is shown on the standard error, if that is a terminal, at most twice a second."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_seen = sys.stderr.isatty()
        self._started = self._last = time.monotonic()
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, count: int) -> None:
        now = time.monotonic()
        if not self._is_seen or now - self._last < _EVERY:
            return
        self._last, self._shown = now, True
        rate = count / max(now - self._started, 1e-9)
        sys.stderr.write(f"\r{count} {self._what}, {rate:.0f} a second\x1b[K")
        sys.stderr.flush()
