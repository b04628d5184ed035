"""F25: hours under load with faults at random; memory must not grow, and records must not wait."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import defaultdict

import click

from tests import services
from tests.faults.judge import Result, settle
from tests.faults.plant import Layout, Plant, plant
from tests.faults.report import line
from tests.faults.rows_volume import latency

RATE = 400
_EVERY = 10.0
_WARM = 0.2
"""Part of the run that is not judged: caches fill."""
_MEGABYTE = 1 << 20


async def run(minutes: float, seed: int) -> int:
    elasticsearch, result = services.Elasticsearch(), Result("F25", seed, wanted=1)
    with services.running(elasticsearch):
        async with plant(Layout(load={"rate": RATE}), seed, elasticsearch) as made:
            until = time.monotonic() + minutes * 60
            harm = asyncio.create_task(_harm(made, result, until), name="harm")
            samples = await _samples(made, until)
            await harm
            p50, p99 = await latency(made)
            await settle(made, result, 120)
    slopes = {name: slope(points[int(len(points) * _WARM) :]) for name, points in samples.items()}
    result.told += [
        f"{name}: {points[-1][1] / _MEGABYTE:.0f} MB, {slopes[name]:+.1f} MB/h" for name, points in samples.items()
    ]
    result.told.append(f"latency p50 at most {p50:g} s, p99 at most {p99:g} s since the role index began")
    result.seconds = minutes * 60
    click.echo(line(result))
    return 0 if result.verdict == "pass" else 1


async def _samples(made: Plant, until: float) -> dict[str, list[tuple[float, int]]]:
    """Seconds and bytes of each worker that was not started anew; a new one begins a new curve."""
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    while time.monotonic() < until:
        for worker in made.crew.workers:
            if size := worker.resident():
                found[f"{worker.name} ({worker.pid})"].append((time.monotonic(), size))
        await asyncio.sleep(_EVERY)
    return {name: points for name, points in found.items() if len(points) > 12}


async def _harm(made: Plant, result: Result, until: float) -> None:
    """The first worker of each role is left alone, so that its memory can be seen."""
    chance = random.Random(made.seed)
    while time.monotonic() < until - 60:
        await asyncio.sleep(chance.uniform(30, 120))
        act = chance.choice(("worker", "worker", "broker", "store"))
        if act == "worker":
            chance.choice([worker for worker in made.crew.workers if worker.slot]).signal(signal.SIGKILL)
        else:
            await asyncio.to_thread((made.kafka if act == "broker" else made.elasticsearch).restart)
        made.strike()
        result.faults += 1


def slope(points: list[tuple[float, int]]) -> float:
    """Megabytes an hour, by least squares."""
    if len(points) < 2:
        return 0.0
    middle = sum(at for at, _ in points) / len(points)
    mean = sum(size for _, size in points) / len(points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    return sum((at - middle) * (size - mean) for at, size in points) / spread * 3600 / _MEGABYTE
