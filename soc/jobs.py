"""The role `jobs`: rolls alerts up from their findings, marks what exceptions hide, deletes what is too old, reports restarts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING

import msgspec

from soc import health, instant, logs, pipeline
from soc.errors import Forbidden, SocError, Unavailable
from soc.stores import Query
from soc.workspace.exceptions import Standing
from soc.workspace.marking import Marking

if TYPE_CHECKING:
    from pathlib import Path

    from soc.alerting import Suppressions
    from soc.clock import Clock
    from soc.config import Config
    from soc.metrics import Metrics
    from soc.stores import AlertStore

log = logs.get(__name__)
ROLL_UP_EVERY = 2.0
COUNTED_EVERY = instant.MINUTE
OVERLAP = 10 * instant.SECOND
"""Findings become visible in the store a little after the time that they are stamped with."""


async def run(config: Config, store: AlertStore, metrics: Metrics, clock: Clock, stopping: asyncio.Event) -> None:
    """Until stopped. A store that cannot be reached is tried again the next time; nothing depends on the hour."""
    with contextlib.closing(Standing(config.data_dir)) as exceptions:
        await _run(config, store, Hiding(exceptions, config.data_dir, metrics), clock, stopping)


async def _run(config: Config, store: AlertStore, hiding: Hiding, clock: Clock, stopping: asyncio.Event) -> None:
    mark = Mark(config.data_dir / "run" / "jobs.json")
    swept = 0
    while not stopping.is_set():
        now = clock.now()
        try:
            await hiding.roll_up(store, mark.rolled_up)
            mark.move(now - OVERLAP)
            await hiding.count(store, now)
            await _report_restarts(config, store, hiding.metrics, now)
            if now - swept > instant.HOUR:
                await _hourly(config, store, now)
                swept = now
        except (Unavailable, Forbidden) as error:
            log.warning("the alert store did not take a job", error=str(error))
        except OSError as error:
            log.warning("a job cannot write its file", file=error.filename, error=error.strerror)
        try:
            await asyncio.wait_for(stopping.wait(), ROLL_UP_EVERY)
        except TimeoutError:
            continue


class Hiding:
    """The roll-up together with what exceptions hide, and how much that is."""

    def __init__(self, exceptions: Standing, data_dir: Path, metrics: Metrics) -> None:
        self.metrics = metrics
        self._exceptions = exceptions
        self._marking = Marking(data_dir / "run" / "exceptions.json")
        self._counted = 0

    async def roll_up(self, store: AlertStore, since: int) -> None:
        current = await self._current()
        again = [] if current is None else await self._marking.due(store, current)
        await store.roll_up(since, current, again)
        self._marking.done(len(again))

    async def _current(self) -> Suppressions | None:
        """None if nobody knows now: then all stays as it is marked."""
        try:
            return await asyncio.to_thread(self._exceptions.read)
        except SocError as error:
            log.warning("exceptions cannot be read, alerts stay as they are marked", error=str(error))
            return None

    async def count(self, store: AlertStore, now: int) -> None:
        if abs(now - self._counted) < COUNTED_EVERY:
            return
        self._counted = now
        told = await store.search(Query(only_suppressed=True, sort="soc.id", limit=1))
        self.metrics.alerts_suppressed.set(told.total)


class Restart(msgspec.Struct, frozen=True):
    """One line of `run/restarts.jsonl`, as the supervisor writes it."""

    role: str
    detail: str
    at: int


class Mark:
    """How far the roll-up has come, kept over restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        try:
            self.rolled_up = int(json.loads(path.read_text(encoding="ascii"))["rolled_up"])
        except (OSError, ValueError, KeyError, TypeError):
            self.rolled_up = 0

    def move(self, instant_: int) -> None:
        self.rolled_up = instant_
        if instant_ - self._written < instant.MINUTE:
            return
        self._written = instant_
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"rolled_up": instant_}), encoding="ascii")
        fresh.replace(self._path)


async def _hourly(config: Config, store: AlertStore, now: int) -> None:
    setup = getattr(store, "setup", None)  # Elasticsearch needs its next month's indices ahead
    if setup:
        await setup()
    deleted = await store.expire(now - config.retention.alerts_months * 31 * instant.DAY)
    if deleted:
        log.info("deleted what is older than the retention", documents=deleted)


async def _report_restarts(config: Config, store: AlertStore, metrics: Metrics, now: int) -> None:
    """What the supervisor wrote down becomes a health finding."""
    path = config.data_dir / "run" / "restarts.jsonl"
    taken = path.with_suffix(".taken")
    if not taken.exists():
        try:
            path.rename(taken)
        except FileNotFoundError:
            return
    restarts = _restarts(taken.read_bytes())
    findings = [health.finding("soc-health-role-restarted", told.role, told.detail, told.at) for told in restarts]
    unique, alerts = pipeline.index(findings)
    verdicts = await store.create(unique, alerts, now)
    if verdicts.retry:
        return
    for told in restarts:
        metrics.restarts.labels(told.role).inc()
    taken.unlink()


def _restarts(lines: bytes) -> list[Restart]:
    """The lines that are whole: the machine may have gone down while the supervisor wrote one."""
    found = []
    for line in lines.splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Restart))
        except msgspec.DecodeError:
            log.warning("a restart was noted in a broken line", line=line.decode("utf-8", "replace"))
    return found
