"""Faults of the broker."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from soc import instant
from soc.clock import SystemClock
from soc.log.kafka_client import ConfigResource, ConfigResourceType, open_admin, stopped
from tests.faults.judge import stored
from tests.faults.load import TOPIC
from tests.faults.plant import GROUPS
from tests.faults.rows_site import fill
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

_MEGABYTE = 1 << 20


async def f6(plant: Plant, scale: Scale, result: Result) -> None:
    """The broker is killed, and restarted in order."""
    result.wanted = scale.of(quick=2, usual=3, full=6)
    for number in range(result.wanted):
        await asyncio.to_thread(plant.kafka.restart if number % 2 == 0 else lambda: in_order(plant))
        plant.strike()
        result.faults += 1
        await asyncio.sleep(12)


def in_order(plant: Plant) -> None:
    """SIGTERM, so that the broker closes its files and says good-bye."""
    process = plant.kafka._process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    plant.kafka.restart()


async def f7(plant: Plant, scale: Scale, result: Result) -> None:
    """The broker stands still for 45 s, then it is gone for minutes; nobody's memory grows."""
    result.wanted = 2
    away = scale.of(quick=20, usual=40, full=300)
    before = {worker.name: worker.resident() for worker in plant.crew.of("detect", "correlate", "index")}
    plant.kafka.freeze()
    await asyncio.sleep(45)
    plant.kafka.thaw()
    plant.strike()
    result.faults += 1
    await asyncio.sleep(20)
    await asyncio.to_thread(plant.kafka.kill)
    await asyncio.sleep(away / 2)
    middle = _grown(plant, before)
    await asyncio.sleep(away / 2)
    grown = _grown(plant, before)
    await asyncio.to_thread(plant.kafka.start)
    plant.strike()
    result.faults += 1
    result.told.append(f"memory grew by {max(grown.values(), default=0) / _MEGABYTE:.0f} MB at most since before both")
    swelling = max((grown[name] - middle.get(name, 0) for name in grown), default=0) / _MEGABYTE
    if swelling > 20:
        result.wrong.append(f"memory grew by {swelling:.0f} MB while the broker was away")


def _grown(plant: Plant, before: dict[str, int]) -> dict[str, int]:
    return {name: plant.crew.one(name).resident() - size for name, size in before.items() if size}


async def f29(plant: Plant, scale: Scale, result: Result) -> None:
    """The broker is restarted again and again, also while groups load; positions never go back."""
    result.wanted = scale.of(quick=3, usual=5, full=20)
    chance = random.Random(plant.seed)
    held: dict[tuple[str, str, int], int] = {}
    for _ in range(result.wanted):
        await _remember(plant, held, result)
        await asyncio.to_thread(plant.kafka.restart)
        plant.strike()
        result.faults += 1
        await asyncio.sleep(chance.uniform(0, 6))
        chance.choice(plant.crew.of("detect", "correlate", "index")).signal(signal.SIGKILL)
    await asyncio.sleep(10)
    await _remember(plant, held, result)


async def _remember(plant: Plant, held: dict[tuple[str, str, int], int], result: Result) -> None:
    for group, topics in GROUPS.items():
        for (topic, number), (committed, _, _) in (await plant.gauge.read(group, topics)).items():
            at = (group, topic, number)
            if committed < held.get(at, 0):
                result.wrong.append(f"{at} went back from {held[at]} to {committed}")
            held[at] = committed


async def f9(plant: Plant, scale: Scale, result: Result) -> None:
    """Records that detect has not read are deleted: it says so, skips nothing by itself, and goes on once told where."""
    result.wanted = 1
    for worker in plant.crew.of("detect"):
        await plant.crew.dismiss(worker)
    await asyncio.sleep(5)
    admin = await open_admin(plant.site.kafka)
    try:
        told = await plant.gauge.read("soc-detect", (TOPIC,))
        committed, _, end = told[TOPIC, 0]
        await admin.delete_records({TopicPartition(TOPIC, 0): RecordsToDelete(before_offset=end)})
    finally:
        await stopped(admin)
    detectors = [worker for worker in plant.crew.workers if worker.role == "detect"]
    for worker in detectors:
        worker.wanted = True
    plant.strike()
    result.faults += 1

    async def reported() -> bool:
        found = await asyncio.to_thread(stored, plant.elasticsearch.url)
        return found.health["soc-health-offset-lost"] > 0

    await until(reported, 30, "the lost position is reported")
    await asyncio.sleep(5)
    after = (await plant.gauge.read("soc-detect", (TOPIC,)))[TOPIC, 0][0]
    if after != committed:
        result.wrong.append(f"the position moved by itself from {committed} to {after}")
    for worker in detectors:
        await plant.crew.dismiss(worker)
    await asyncio.sleep(7)
    await asyncio.to_thread(plant.site.soc, "setup", "--lost", "beginning")
    for worker in detectors:
        worker.wanted = True
    await begin_anew(plant)


async def begin_anew(plant: Plant) -> None:
    """From here on records are whole again; what they are judged with reaches less than 40 s back."""
    plant.since = instant.iso(SystemClock().now() + 40 * instant.SECOND)
    plant.strike()
    await asyncio.sleep(75)


async def f17(plant: Plant, scale: Scale, result: Result) -> None:
    """The broker takes no dead letters: the partition that holds one waits, nothing is skipped."""
    result.wanted = 1
    await _dead_letters(plant, "1")
    await asyncio.sleep(15)
    before = {at: told[0] for at, told in (await plant.gauge.read("soc-detect", (TOPIC,))).items()}
    await asyncio.sleep(scale.of(quick=10, usual=25, full=60))
    after = {at: told[0] for at, told in (await plant.gauge.read("soc-detect", (TOPIC,))).items()}
    if after != before:
        result.wrong.append(f"positions moved past dead letters that were not kept: {before} {after}")
    await _dead_letters(plant, str(8 << 20))
    plant.strike()
    result.faults += 1


async def _dead_letters(plant: Plant, largest: str) -> None:
    """How large one may be; that there are too few replicas cannot be played on one broker."""
    admin = await open_admin(plant.site.kafka)
    try:
        settings = {"max.message.bytes": largest}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "soc.deadletter", settings)])
    finally:
        await stopped(admin)


async def f22_broker(plant: Plant, scale: Scale, result: Result) -> None:
    """The broker's disk is full for a while; a broker that ended is started again once there is space."""
    result.wanted = 1
    filler = plant.kafka.folder / "filler"
    await asyncio.to_thread(fill, filler)
    await asyncio.sleep(20)
    filler.unlink()
    result.told.append("the broker " + ("ended" if plant.kafka.gone else "went on"))
    if plant.kafka.gone:
        await asyncio.to_thread(plant.kafka.restart)
    plant.strike()
    result.faults += 1
    await asyncio.sleep(5)


async def f27_topic(plant: Plant, scale: Scale, result: Result) -> None:
    """A raw topic is deleted and made anew: that is told, and every new line alerts once it is said where to go on."""
    result.wanted = 1
    admin = await open_admin(plant.site.kafka)
    try:
        await admin.delete_topics([TOPIC])
        await asyncio.sleep(3)
    finally:
        await stopped(admin)
    for worker in plant.crew.of("detect"):
        await plant.crew.dismiss(worker)
    await asyncio.sleep(7)
    await asyncio.to_thread(plant.site.soc, "setup", "--lost", "beginning")
    for worker in plant.crew.workers:
        worker.wanted = True
    result.faults += 1
    await begin_anew(plant)
