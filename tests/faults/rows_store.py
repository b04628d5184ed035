"""Faults of the alert store."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import httpx

from soc import instant
from soc.clock import SystemClock
from soc.config import Elasticsearch as Settings
from soc.stores import Change, Conflict
from soc.stores.elastic import ElasticStore
from tests.faults.judge import stored
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale


async def f10(plant: Plant, scale: Scale, result: Result) -> None:
    """Elasticsearch is killed in the middle of bulk requests."""
    result.wanted = scale.of(quick=1, usual=5, full=50)
    chance = random.Random(plant.seed)
    for _ in range(result.wanted):
        await asyncio.to_thread(plant.elasticsearch.restart)
        plant.strike()
        result.faults += 1
        await asyncio.sleep(chance.uniform(2, 6))


async def f11(plant: Plant, scale: Scale, result: Result) -> None:
    """Elasticsearch is away for long: detection goes on meanwhile."""
    result.wanted = 1
    await asyncio.to_thread(plant.elasticsearch.kill)
    await asyncio.sleep(scale.of(quick=30, usual=240, full=1800))

    async def detecting() -> bool:
        return await plant.behind("soc-detect", "soc-correlate") < plant.load.rate

    await until(detecting, 30, "detection goes on")
    result.told.append(f"{await plant.behind('soc-index')} findings waited")
    await asyncio.to_thread(plant.elasticsearch.start)
    plant.strike()
    result.faults += 1


async def f12(plant: Plant, scale: Scale, result: Result) -> None:
    """Refusals: all, some, another kind, and none although nothing is heard of it."""
    seconds, result.wanted = scale.of(quick=30, usual=45, full=300), 4
    store = plant.front
    for mode in ("429", "some", "503", "late"):
        before, store.mode = store.refused, mode
        await asyncio.sleep(seconds)
        result.told.append(f"{mode}: {store.refused - before} refused")
        result.faults += store.refused > before
    store.mode = "pass"
    plant.strike()
    result.told.append(f"one document was offered {store.most} times within a minute at most")
    if store.most > 31:
        result.wrong.append(f"{store.most - 1} retries of one document within a minute")


async def f13(plant: Plant, scale: Scale, result: Result) -> None:
    """A block that a full disk sets, a month's index deleted, and documents that the mapping refuses."""
    store, result.wanted = plant.front, 3
    await _blocked(plant, blocked=True)
    await asyncio.sleep(20)
    await _blocked(plant, blocked=False)
    result.faults += 1
    store.marked, store.mode = b"host-7 ", "conflict"
    await asyncio.sleep(15)
    store.mode = "pass"
    result.faults += store.refused > 0
    result.told.append(f"{store.refused} documents refused by their mapping")
    await _index_deleted(plant)
    result.faults += 1
    plant.strike()
    letters = plant.site.soc("deadletter", "list")
    if "rejected" in letters:
        result.wrong.append(f"dead letters: {letters[:200]}")


async def _blocked(plant: Plant, *, blocked: bool) -> None:
    async with httpx.AsyncClient(base_url=plant.elasticsearch.url, timeout=30) as client:
        told = {"index.blocks.read_only_allow_delete": True if blocked else None}
        (await client.put("/soc-*/_settings", json=told)).raise_for_status()


async def _index_deleted(plant: Plant) -> None:
    """Next month's, which has no document yet, and all of this month's while nobody has written any."""
    following = instant.month(SystemClock().now() + 31 * instant.DAY)
    async with httpx.AsyncClient(base_url=plant.elasticsearch.url, timeout=30) as client:
        (await client.delete(f"/soc-findings-{following}")).raise_for_status()

        async def back() -> bool:
            return (await client.head(f"/soc-findings-{following}")).status_code == 200

        await until(back, 20, "the role jobs makes the index again")


async def f14(plant: Plant, scale: Scale, result: Result) -> None:
    """The whole log is replayed into the store while people triage."""
    result.wanted = scale.of(quick=300, usual=1000, full=1000)
    await asyncio.sleep(15)
    plant.load.pause(True)
    await until(lambda: _quiet(plant), 60)
    store = ElasticStore.open(Settings(url=plant.elasticsearch.url))
    replaying = asyncio.create_task(_replayed(plant))
    try:
        alerts = sorted(stored(plant.elasticsearch.url).alerts)
        chance, notes = random.Random(plant.seed), dict[str, int]()
        while result.faults < result.wanted:
            id_ = chance.choice(alerts)
            await _edit(store, id_, "lan", f"note {result.faults}")
            notes[id_] = notes.get(id_, 0) + 1
            result.faults += 1
        await replaying
        await asyncio.sleep(5)
        after = stored(plant.elasticsearch.url).alerts
        wrong = [id_ for id_, count in notes.items() if after[id_]["triage"]["revision"] != count]
        touched = [id_ for id_ in after.keys() - notes.keys() if after[id_]["triage"].get("revision", 0)]
        if wrong or touched:
            result.wrong.append(f"triage of {len(wrong)} alerts lost, of {len(touched)} changed by the pipeline")
    finally:
        await asyncio.gather(replaying, return_exceptions=True)
        await store.close()
    plant.load.pause(False)
    plant.strike()


async def _quiet(plant: Plant) -> bool:
    return await plant.behind("soc-detect", "soc-index") == 0


async def _replayed(plant: Plant) -> None:
    for _ in range(2):
        await asyncio.to_thread(plant.site.soc, "replay", "--log", "--store", plant.elasticsearch.url)


async def _edit(store: Any, id_: str, actor: str, note: str) -> int:
    """A change as the console makes it: read, change at that revision, and again if somebody was faster."""
    while True:
        alert = await store.get("alert", id_)
        change = Change(actor, SystemClock().now(), status="in_progress", assignee=actor, note=note)
        try:
            return int((await store.triage(id_, change, alert["triage"]["revision"]))["triage"]["revision"])
        except Conflict:
            continue


async def f15(plant: Plant, scale: Scale, result: Result) -> None:
    """Two people edit one alert at the same time: each acknowledged change has a revision of its own."""
    result.wanted = scale.of(quick=200, usual=1000, full=10_000)
    store = ElasticStore.open(Settings(url=plant.elasticsearch.url))
    try:
        id_ = min(stored(plant.elasticsearch.url).alerts)
        both = await asyncio.gather(*(_edits(store, id_, actor, result.wanted // 2) for actor in ("lan", "minh")))
        acknowledged = sorted(revision for mine in both for revision in mine)
        result.faults = len(acknowledged)
        if acknowledged != list(range(1, result.wanted // 2 * 2 + 1)):
            result.wrong.append("an acknowledged change was lost, or two have one revision")
        last = await store.get("alert", id_)
        who = "lan" if both[0][-1] > both[1][-1] else "minh"
        if last["triage"]["assignee"] != who or last["triage"]["revision"] != acknowledged[-1]:
            result.wrong.append(f"the last acknowledged change is {who}'s, the alert says {last['triage']}")
    finally:
        await store.close()


async def _edits(store: Any, id_: str, actor: str, count: int) -> list[int]:
    return [await _edit(store, id_, actor, "") for _ in range(count)]
