"""The role `jobs`: rolls alerts up from their findings, deletes what is too old, reports restarts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import msgspec

from soc import health, instant, logs, pipeline
from soc.errors import Forbidden, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from soc.clock import Clock
    from soc.config import Config
    from soc.metrics import Metrics
    from soc.stores import AlertStore

log = logs.get(__name__)
ROLL_UP_EVERY = 2.0
OVERLAP = 10 * instant.SECOND
"""Findings become visible in the store a little after the time that they are stamped with."""


async def run(config: Config, store: AlertStore, metrics: Metrics, clock: Clock, stopping: asyncio.Event) -> None:
    """Until stopped. A store that cannot be reached is tried again the next time; nothing depends on the hour."""
    mark = Mark(config.data_dir / "run" / "jobs.json")
    swept = 0
    while not stopping.is_set():
        now = clock.now()
        try:
            await store.roll_up(mark.rolled_up)
            mark.move(now - OVERLAP)
            await _report_restarts(config, store, metrics, now)
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
