"""The checks of `soc doctor`: each says what it found in lines, none can hang or end in a traceback."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from soc.errors import SocError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import TypeVar

    T = TypeVar("T")

Level = Literal["ok", "warn", "FAIL"]


class Result(NamedTuple):
    level: Level
    what: str
    detail: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.what}: {self.detail}" + (f"; {self.mend}" if self.mend else "")


async def run(checks: Mapping[str, Callable[[], Awaitable[Sequence[Result]]]], seconds: float) -> list[Result]:
    """All checks side by side, each for so many seconds at most; their results in the order of the checks."""
    told = await asyncio.gather(*(_bounded(what, check, seconds) for what, check in checks.items()))
    return [result for results in told for result in results]


async def _bounded(what: str, check: Callable[[], Awaitable[Sequence[Result]]], seconds: float) -> Sequence[Result]:
    try:
        async with asyncio.timeout(seconds):
            return await check()
    except TimeoutError:
        return [Result("FAIL", what, f"no answer within {seconds:g} s", "is it overloaded, or a firewall in between?")]
    except SocError as error:
        return [Result("FAIL", what, str(error))]
    except OSError as error:
        return [Result("FAIL", what, f"{error.filename or ''} {error.strerror or error}".strip())]
    except Exception as error:  # noqa: BLE001 (a check that is at fault itself must not hide the others)
        return [Result("FAIL", what, f"the check itself failed: {type(error).__name__}: {error}")]


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Run what blocks in a thread that nobody waits for: a dead network folder must not keep the command from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)  # type: ignore[arg-type] # there is an error or a value
        else:
            future.set_exception(error)

    def work() -> None:
        outcome: tuple[T | None, BaseException | None]
        try:
            outcome = (function(*arguments), None)
        except Exception as error:  # noqa: BLE001 (told to whoever waits)
            outcome = (None, error)
        with suppress(RuntimeError):  # the command has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, daemon=True, name="doctor").start()
    return await future


def clock(what: str, ahead: float, mend: str) -> Result:
    """A clock's difference to ours, in seconds."""
    told = f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) <= TOLERATED:
        return Result("ok", what, told)
    return Result("warn" if abs(ahead) <= INTOLERABLE else "FAIL", what, told, mend)


TOLERATED, INTOLERABLE = 2.0, 60.0
"""Ticks of the windows' clock allow for two seconds (roles); a minute costs records their windows."""
