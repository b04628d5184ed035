"""Faults of the service's own processes."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

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
