"""The role jobs: rolls up what is new, reports restarts once, and waits for a store that is away."""

from __future__ import annotations

import asyncio
import json

import pytest

from soc import instant, jobs
from soc.alerting import Suppression
from soc.clock import FixedClock
from soc.config import Config
from soc.errors import Unavailable
from soc.metrics import Metrics
from soc.stores import Query, Verdicts
from soc.stores.memory import MemoryStore
from soc.workspace import Workspace
from tests.stores.invented import NOON, SCAN, alerts_of, finding, suppressed
from tests.waiting import until
from tests.workspace.conftest import CHEAP

NOW = 1_795_500_000_000_000


class Store(MemoryStore):
    def __init__(self, away: int = 0, full: int = 0) -> None:
        super().__init__()
        self.away, self.full = away, full
        self.rolled: list[int] = []
        self.expired: list[int] = []

    async def roll_up(self, since, suppressions=None, also=()) -> int:
        self.rolled.append(since)
        if self.away:
            self.away -= 1
            raise Unavailable("away")
        return await super().roll_up(since, suppressions, also)

    async def create(self, findings, alerts, ingested) -> Verdicts:
        if self.full:
            self.full -= 1
            return Verdicts(retry=[finding.id for finding in findings], reason="busy")
        return await super().create(findings, alerts, ingested)

    async def expire(self, before, *, samples=False) -> int:
        self.expired.append(before)
        return await super().expire(before, samples=samples)


@pytest.fixture
def config(tmp_path, monkeypatch) -> Config:
    monkeypatch.setattr(jobs, "ROLL_UP_EVERY", 0.005)
    (tmp_path / "run").mkdir()
    return Config(data_dir=tmp_path)


async def run(config, store, predicate, metrics=None, clock=None) -> None:
    stopping = asyncio.Event()
    task = asyncio.create_task(jobs.run(config, store, metrics or Metrics(), clock or FixedClock(NOW), stopping))
    try:
        await until(lambda: task.done() or predicate())
    finally:
        stopping.set()
        await task


def note(config, *lines: str) -> None:
    (config.data_dir / "run" / "restarts.jsonl").write_text("".join(f"{line}\n" for line in lines))


def restart(role: str) -> str:
    return json.dumps({"role": role, "detail": f"{role}: killed by signal 9", "at": NOW})


async def test_it_begins_with_everything_and_goes_on_a_little_before_where_it_was(config) -> None:
    store = Store()
    await run(config, store, lambda: len(store.rolled) >= 2)
    assert store.rolled[:2] == [0, NOW - jobs.OVERLAP]
    again = Store()
    await run(config, again, lambda: again.rolled)
    assert again.rolled[0] == NOW - jobs.OVERLAP


async def test_what_could_not_be_rolled_up_is_rolled_up_later(config) -> None:
    store = Store(away=3)
    await run(config, store, lambda: len(store.rolled) >= 5)
    assert store.rolled[:5] == [0, 0, 0, 0, NOW - jobs.OVERLAP]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rolled_up": "x"}'])
async def test_a_broken_mark_means_everything(config, text) -> None:
    (config.data_dir / "run" / "jobs.json").write_text(text)
    store = Store()
    await run(config, store, lambda: store.rolled)
    assert store.rolled[0] == 0


async def test_a_restart_is_reported_once_and_torn_lines_stop_nothing(config) -> None:
    note(config, restart("detect"), '{"role": "ind', restart("index"))
    store, metrics = Store(full=2), Metrics()
    await run(config, store, lambda: len(store.rolled) >= 6, metrics)
    found = await store.search(Query("finding", sort="rule.id"))
    assert sorted(one["service"]["name"] for one in found.documents) == ["detect", "index"]
    assert metrics.restarts.labels("detect")._value.get() == 1
    assert list((config.data_dir / "run").glob("restarts*")) == []


async def test_what_is_older_than_the_retention_is_deleted_hourly(config) -> None:
    store, clock = Store(), FixedClock(NOW)
    await run(config, store, lambda: len(store.rolled) >= 4, clock=clock)
    assert store.expired == [NOW - 12 * 31 * instant.DAY]


async def test_a_full_disk_does_not_end_the_role(config) -> None:
    (config.data_dir / "run" / "jobs.new").mkdir()  # where the mark is to be written
    store = Store()
    await run(config, store, lambda: len(store.rolled) >= 3)


async def hidden(store) -> list[str]:
    page = await store.search(Query(only_suppressed=True, sort="rule.id"))
    return [alert["rule"]["id"] for alert in page.documents]


async def test_what_an_exception_hides_is_marked_and_counted_and_comes_back_when_it_ends(config, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "COUNTED_EVERY", 0)
    store, metrics = Store(), Metrics()
    findings = [finding(), finding(SCAN)]
    await store.create(findings, alerts_of(findings), NOON)
    workspace = Workspace(config.data_dir, FixedClock(NOON), CHEAP)
    draft = Suppression("", "exception", "ann", "known", NOON - instant.DAY, NOON + instant.DAY, "port-scan")
    added = workspace.exceptions.add("ann", draft)

    def counted(number: int):
        return lambda: metrics.alerts_suppressed._value.get() == number and len(store.rolled) > 2

    await run(config, store, counted(1), metrics)
    assert await hidden(store) == ["port-scan"]
    workspace.exceptions.end("ann", added.id)
    workspace.close()
    await run(config, store, counted(0), metrics)
    assert await hidden(store) == []


async def test_marks_stay_while_nobody_knows_the_exceptions(config) -> None:
    store = Store()
    marked = suppressed(alerts_of([finding()])[0], "x-1")
    await store.create([finding()], [marked], NOW)
    await run(config, store, lambda: len(store.rolled) >= 2)
    (config.data_dir / "workspace.db").write_text("no database, however long one looks at it")
    again = len(store.rolled) + 2
    await run(config, store, lambda: len(store.rolled) >= again)
    assert await hidden(store) == ["ssh-guessing"]
