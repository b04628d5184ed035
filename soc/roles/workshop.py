"""What every role works with: the log, the content in force, metrics, a clock; and patience while a server is away."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from soc import health, instant, logs
from soc.errors import DiskFull, Unavailable
from soc.log import FINDINGS
from soc.roles.messages import message_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from soc.clock import Clock
    from soc.finding import Finding
    from soc.loading import InForce
    from soc.log import Log, Message, Position
    from soc.metrics import Metrics

log = logs.get(__name__)
T = TypeVar("T")
BATCH = 500
WAIT = 0.3
_STEP = 1.0
"""Waiting is cut into steps of this length, so that it ends soon when the service stops."""
_RELOAD_EVERY = 2 * instant.SECOND
_MOST_WAITING = 200


class Stopping(Exception):  # noqa: N818 (an outcome, not a fault)
    """The service stops before an outage is over; what is not done is handed out again."""


class Member(Protocol):
    """What is read from: a Source or a Reader, which must be asked again and again to stay a member of its group."""

    async def read(self, limit: int, wait: float) -> object:
        """Delivers nothing while paused."""

    def pause(self, paused: bool) -> None:  # noqa: FBT001 (the seams')
        """Deliver nothing while paused."""


@dataclass(slots=True)
class Memory:
    """What the roles of one process keep in mind between batches."""

    reported: dict[str, int] = field(default_factory=dict)
    """Health findings sent, by id, with their time: each goes out once per subject and hour."""
    waiting: dict[str, Finding] = field(default_factory=dict)
    """Health findings that the log could not take yet."""
    looked: int | None = None
    """When the files of rules and detectors were looked at last."""
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    trimmed: dict[str, int] = field(default_factory=dict)
    """When the messages of a topic were trimmed last."""
    beats: dict[str, float] = field(default_factory=dict)
    """When each role was last seen moving, by a clock that only goes forward."""


@dataclass(frozen=True, slots=True)
class Workshop:
    log: Log
    content: InForce
    metrics: Metrics
    clock: Clock
    stopping: asyncio.Event
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    memory: Memory = field(default_factory=Memory)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.metrics.stage.labels(stage).observe(time.perf_counter() - start)

    def beat(self, role: str) -> None:
        """Show the watchdog that a role moves."""
        self.memory.beats[role] = time.monotonic()

    def stuck(self, seconds: float) -> list[str]:
        """The roles that have not moved for so long."""
        now = time.monotonic()
        return [role for role, beat in self.memory.beats.items() if now - beat > seconds]

    async def append(self, topic: str, messages: Sequence[Message], member: Member) -> None:
        """Append, again and again while the log cannot be written: nothing may be skipped.

        Raises:
            Stopping: the service stops first.
        """
        if messages:
            await self.patiently(lambda: self.log.append(topic, messages), f"appending to {topic}", member)
            await self.flush_reports()

    async def patiently(self, attempt: Callable[[], Awaitable[T]], what: str, member: Member) -> T:
        """The answer of an attempt that is repeated while something is unavailable; meanwhile nothing is read."""
        wait = 0.5
        while True:
            try:
                return await attempt()
            except Unavailable as error:
                log.warning("cannot go on, trying again", what=what, error=str(error))
                if isinstance(error, DiskFull):
                    await self.report("soc-health-disk-full", "log", str(error))
            await self.rest(random.uniform(wait / 2, wait), member)  # noqa: S311 (jitter, not a secret)
            if self.stopping.is_set():
                raise Stopping
            wait = min(wait * 2, 30.0)

    async def rest(self, seconds: float, member: Member) -> None:
        """Wait as a member that takes nothing; shorter when the service stops."""
        member.pause(True)
        try:
            while seconds > 0 and not self.stopping.is_set():
                for role in self.memory.beats:
                    self.beat(role)
                step = min(seconds, _STEP)
                await asyncio.gather(member.read(1, step), self.sleep(step))
                seconds -= step
        finally:
            member.pause(False)

    async def report(self, check: str, subject: str, detail: str) -> None:
        """Send a health finding the way of all findings, once per subject and hour; a log that is away gets it later."""
        now = self.clock.now()
        found = health.finding(check, subject, detail, now)
        reported = self.memory.reported
        if found.id in reported:
            return
        log.warning(health.CHECKS[check].name, subject=subject, detail=detail)
        for old in [id_ for id_, at in reported.items() if abs(now - at) > 2 * instant.HOUR]:
            del reported[old]
        reported[found.id] = now
        if len(self.memory.waiting) < _MOST_WAITING:
            self.memory.waiting[found.id] = found
        await self.flush_reports()

    async def report_lost(self, lost: Mapping[str, str] | Mapping[Position, str]) -> None:
        """Partitions that nobody reads because their position is gone."""
        for at, reason in lost.items():
            name = at if isinstance(at, str) else f"{at.topic}:{at.partition}"
            await self.report("soc-health-offset-lost", name, f"{name}: {reason}")

    async def flush_reports(self) -> None:
        """Send the health findings that wait; what cannot be sent now goes on waiting and stops nobody."""
        waiting = dict(self.memory.waiting)
        if not waiting:
            return
        try:
            await self.log.append(FINDINGS, [message_of(finding) for finding in waiting.values()])
        except Unavailable as error:
            log.warning("health findings wait for the log", waiting=len(waiting), error=str(error))
            return
        for id_ in waiting:
            self.memory.waiting.pop(id_, None)

    async def renew(self) -> None:
        """Look now and then whether rules or detectors were changed; a change is in force from the next batch on."""
        now = self.clock.now()
        async with self.memory.looking:
            looked = self.memory.looked
            if looked is not None and abs(now - looked) < _RELOAD_EVERY:
                return
            self.memory.looked = now
            refreshed = await asyncio.to_thread(self.content.refresh)
        if refreshed is not None:
            self.metrics.reloads.labels("accepted" if refreshed else "rejected").inc()
        if refreshed is not None or looked is None:
            await self._report_content()

    async def _report_content(self) -> None:
        content = self.content
        faults = [fault for fault in (*content.rejected, *content.faults) if fault.severity == "error"]
        rules = content.current.rules.rules
        self.metrics.rules_in_force(
            content.current.sha256,
            [rule.info.state for rule in rules],
            len(faults),
            [rule.info.id for rule in rules if rule.own],
        )
        for file in sorted({fault.file for fault in faults}):
            first = next(fault for fault in faults if fault.file == file)
            await self.report("soc-health-rules-broken", file, str(first))
