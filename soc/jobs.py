"""The role `jobs`: rolls alerts up from their findings, deletes what is too old, reports restarts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

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
        try:
            await asyncio.wait_for(stopping.wait(), ROLL_UP_EVERY)
        except TimeoutError:
            continue


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
    findings = []
    for line in taken.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        metrics.restarts.labels(told["role"]).inc()
        findings.append(health.finding("soc-health-role-restarted", told["role"], told["detail"], told["at"]))
    unique, alerts = pipeline.index(findings)
    await store.create(unique, alerts, now)
    taken.unlink()
