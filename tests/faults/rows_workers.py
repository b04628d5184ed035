"""Faults of the service's own processes."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from typing import TYPE_CHECKING

from soc.log import FINDINGS, HITS
from tests.faults.failing import RARE, STEPS
from tests.faults.gaps import Gaps
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale
    from tests.faults.workers import Worker

STATELESS = ("detect", "correlate", "index")


async def f1(plant: Plant, scale: Scale, result: Result) -> None:
    """kill -9 a random worker every few seconds."""
    chance = random.Random(plant.seed)
    result.wanted = scale.of(quick=20, usual=60, full=200)
    while result.faults < result.wanted:
        await asyncio.sleep(chance.uniform(3, 9) * scale.pace)
        living = [worker for worker in plant.crew.of(*STATELESS) if worker.lives]
        if living:
            chance.choice(living).signal(signal.SIGKILL)
            plant.strike()
            result.faults += 1


async def f2(plant: Plant, scale: Scale, result: Result) -> None:
    """kill -9 before and after every act of input and output, each role by itself."""
    rounds = scale.of(quick=1, usual=3, full=20)
    chance = random.Random(plant.seed)
    plans = {role: _points(role, rounds, chance) for role in STATELESS}
    result.wanted = sum(map(len, plans.values()))
    await asyncio.gather(*(_end_at(plant, role, points, result) for role, points in plans.items()))


async def f2_detect(plant: Plant, scale: Scale, result: Result) -> None:
    """Of these points those that lie between reading and the last output of detect."""
    points = [f"append {topic}:2:before" for topic in (HITS, FINDINGS)] * 2
    result.wanted = len(points)
    await _end_at(plant, "detect", points, result)


async def nothing(plant: Plant, scale: Scale, result: Result) -> None:
    """No fault but the plant's own."""
    await asyncio.sleep(20)


def _points(role: str, rounds: int, chance: random.Random) -> list[str]:
    steps = [step for step in STEPS[role] if step != "append soc.panes"]  # of an hour: the memory world has them
    points = [
        f"{step}:{1 if step in RARE else chance.randrange(1, 6)}:{when}"
        for _ in range(rounds)
        for step in steps
        for when in ("before", "after")
    ]
    chance.shuffle(points)
    return points


async def _end_at(plant: Plant, role: str, points: list[str], result: Result) -> None:
    """The first worker of a role is given one failpoint after the other."""
    worker = plant.crew.one(f"{role}-0")
    for number, point in enumerate(points):
        worker.extra = {**plant.layout.extra, "SOC_FAULT": point}
        if number == 0:
            worker.signal(signal.SIGKILL)
            await until(lambda: worker.lives, 10)
        try:
            await _ended(worker, 30)
        except AssertionError:
            result.told.append(f"{role} never came to {point}")
            worker.signal(signal.SIGKILL)
            continue
        finally:
            plant.strike()
        result.faults += 1
    worker.extra = dict(plant.layout.extra)


async def _ended(worker: Worker, seconds: float) -> None:
    process = worker.process
    await until(lambda: process is not worker.process or (process and process.poll() is not None), seconds)


async def f3(plant: Plant, scale: Scale, result: Result) -> None:
    """Freeze a worker for longer than its session; what it does afterwards is the work of a zombie."""
    result.wanted = scale.of(quick=3, usual=6, full=20)
    for number in range(result.wanted):
        worker = plant.crew.one(f"{STATELESS[number % 3]}-0")
        worker.signal(signal.SIGSTOP)
        await asyncio.sleep(9)
        worker.signal(signal.SIGCONT)
        plant.strike()
        result.faults += 1
        await asyncio.sleep(4)


async def f4(plant: Plant, scale: Scale, result: Result) -> None:
    """From one worker of each role to three and back."""
    result.wanted = scale.of(quick=4, usual=4, full=16)
    async with Gaps(plant).watching() as gaps:
        for number in range(result.wanted):
            await _staff(plant, 3 if number % 2 == 0 else 1)
            plant.strike()
            result.faults += 1
            await asyncio.sleep(20)
    gaps.judge(result, 15)
    await _staff(plant, 2)


async def _staff(plant: Plant, count: int) -> None:
    """So many workers of each role."""
    crew = plant.crew
    leaving = [worker for worker in crew.of(*STATELESS) if worker.slot >= count]
    await asyncio.gather(*(crew.dismiss(worker) for worker in leaving))
    crew.workers = [worker for worker in crew.workers if worker not in leaving]
    for role in STATELESS:
        for slot in set(range(count)) - {worker.slot for worker in crew.of(role)}:
            crew.hire(role, slot, plant.layout.extra)


async def f5(plant: Plant, scale: Scale, result: Result) -> None:
    """The event loop of each role stands still for longer than its session."""
    seconds, result.wanted = scale.of(quick=20, usual=40, full=40), 3
    workers = [plant.crew.one(f"{role}-0") for role in STATELESS]
    for worker in workers:
        worker.extra = {"SOC_BLOCK": str(seconds)}
        worker.kill()
    await asyncio.sleep(12)
    for worker in workers:
        worker.signal(signal.SIGUSR1)
        result.faults += 1
        await asyncio.sleep(1)
    await asyncio.sleep(seconds)
    plant.strike()
    began = time.monotonic()
    await until(lambda: _nothing_waits(plant), 60, "all have rejoined")
    rejoined = time.monotonic() - began
    result.told.append(f"rejoined within {rejoined:.1f} s")
    if rejoined > 15:
        result.wrong.append(f"rejoined only after {rejoined:.0f} s, allowed are 15")


async def _nothing_waits(plant: Plant) -> bool:
    return await plant.behind("soc-detect", "soc-index") < plant.load.rate


async def f24(plant: Plant, scale: Scale, result: Result) -> None:
    """A rolling restart in order, while the commits hold the state of an older version: numbers that are gone, and nothing."""
    result.wanted = scale.of(quick=6, usual=12, full=30)
    await older_state(plant)  # a pause of the harness's own: before gaps are measured
    await asyncio.sleep(15)
    async with Gaps(plant).watching() as gaps:
        while result.faults < result.wanted:
            for worker in plant.crew.of(*STATELESS):
                await plant.crew.dismiss(worker)
                worker.wanted = True
                await asyncio.sleep(3)
                plant.strike()
                result.faults += 1
    gaps.judge(result, 10)


async def older_state(plant: Plant) -> None:
    """The group's marks as a version before correlations wrote them, where nobody holds the partition at the moment."""
    plant.crew.held = True
    try:
        others = [worker for worker in plant.crew.of("correlate") if worker.lives]
        for worker in others:
            await plant.crew.dismiss(worker)
        await asyncio.sleep(7)  # static members stay until their session ends
        await plant.gauge.rewrite("soc-correlate", lambda metadata: metadata.partition(',"above"')[0].rstrip("}") + "}")
        for worker in others:
            worker.wanted = True
    finally:
        plant.crew.held = False


async def f26(plant: Plant, scale: Scale, result: Result) -> None:
    """Detect away for twice the lateness, then back; correlate is killed while the backlog is worked off."""
    result.wanted = 1 + scale.of(quick=4, usual=8, full=20)
    detectors = plant.crew.of("detect")
    for worker in detectors:
        await plant.crew.dismiss(worker)
    await asyncio.sleep(2 * plant.layout.lateness + 5)
    result.faults += 1
    for worker in detectors:
        worker.wanted = True
    chance = random.Random(plant.seed)
    while result.faults < result.wanted:
        await asyncio.sleep(chance.uniform(0.5, 2.5))
        chance.choice(plant.crew.of("correlate")).signal(signal.SIGKILL)
        result.faults += 1
    plant.strike()


async def f30(plant: Plant, scale: Scale, result: Result) -> None:
    """All workers and the broker are killed together."""
    result.wanted = scale.of(quick=1, usual=2, full=5)
    for _ in range(result.wanted):
        for worker in plant.crew.workers:
            worker.signal(signal.SIGKILL)
        await asyncio.to_thread(plant.kafka.restart)
        plant.strike()
        result.faults += 1
        await asyncio.sleep(15)
