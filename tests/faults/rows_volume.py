"""Many keys: one correlation that floods must not harm the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from soc import telemetry
from soc.clock import SystemClock
from soc.log import Message
from soc.log.kafka import KafkaLog
from tests.faults.judge import stored
from tests.faults.load import TOPIC
from tests.faults.world import line_of
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

_AT_ONCE = 2_000
_GIGABYTE = 1 << 30


async def f19(plant: Plant, scale: Scale, result: Result) -> None:
    """Far more groups than a correlation may remember, nine of ten hits on one of them, among the usual load."""
    keys = scale.of(quick=250_000, usual=500_000, full=1_000_000)
    result.wanted = 1
    log = await KafkaLog.open(plant.site.kafka, [TOPIC])
    watching = asyncio.create_task(_most_memory(plant), name="memory")
    try:
        for first in range(0, keys, _AT_ONCE):
            now = SystemClock().now()
            lines = [line_of(now, 10_000 + number, "flood")[1] for number in range(first, first + _AT_ONCE)]
            await log.append(TOPIC, [Message(line) for line in lines])
            await until(lambda: _keeps_up(plant), 120, "detect keeps up")
        now = SystemClock().now()
        for _ in range(keys // 100):
            await log.append(TOPIC, [Message(line_of(now, 9_999, "flood")[1])] * 9)
        result.faults = 1
    finally:
        await log.close()
    plant.strike()

    async def reported() -> bool:
        return stored(plant.elasticsearch.url).health["soc-health-correlation-evicted"] > 0

    await until(reported, 120, "evictions are reported")
    watching.cancel()
    most = max(
        await asyncio.gather(watching, return_exceptions=True), key=lambda told: isinstance(told, int), default=0
    )
    result.told.append(f"{keys} keys")
    if isinstance(most, int):
        result.told.append(f"memory {most >> 20} MB at most")


async def _keeps_up(plant: Plant) -> bool:
    return await plant.behind("soc-detect") < 50_000


async def _most_memory(plant: Plant) -> int:
    most = 0
    try:
        while True:
            most = max(most, *(worker.resident() for worker in plant.crew.workers))
            await asyncio.sleep(1)
    except asyncio.CancelledError:
        return most


async def latency(plant: Plant) -> tuple[float, float]:
    """p50 and p99 in seconds of live records from append to stored, since the role index was started."""
    path = plant.site.folder / "var" / "run" / "index-0.sock"
    _, text = await telemetry.ask(path, "/metrics")
    counts = dict(_buckets(text.decode(), "soc_end_to_end_seconds_bucket"))
    total = max(counts.values(), default=0)
    return tuple(
        min((edge for edge, count in counts.items() if count >= total * part), default=0.0) for part in (0.5, 0.99)
    )


def _buckets(text: str, name: str) -> list[tuple[float, float]]:
    found = []
    for line in text.splitlines():
        if line.startswith(name) and 'le="' in line:
            edge = line.partition('le="')[2].partition('"')[0]
            found.append((float(edge.replace("+Inf", "inf")), float(line.rpartition(" ")[2])))
    return found
