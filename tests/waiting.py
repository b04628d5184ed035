"""Waiting for a condition with a deadline, so that no test sleeps for a guessed time."""

from __future__ import annotations

import asyncio
import inspect
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE = 0.02


async def until(predicate: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """The first true answer of a plain or async predicate.

    Raises:
        AssertionError: it was still false after `seconds`; the message has the last answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = predicate()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or predicate}; last answer {answer!r}")
        await asyncio.sleep(_PAUSE)


def until_now(predicate: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """The same outside an event loop."""
    deadline = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or predicate}")
        time.sleep(_PAUSE)
