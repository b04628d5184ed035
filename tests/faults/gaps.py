"""How long partitions of a group stand still while somebody else takes them over."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.gauge import Gauge
from tests.faults.plant import GROUPS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.faults.judge import Result
    from tests.faults.plant import Plant

_EVERY = 0.3
_COUNTS = 1.0


@dataclass
class Gaps:
    """A gap begins when messages wait and ends when the group's position moves."""

    plant: Plant
    found: list[float] = field(default_factory=list)
    _since: dict[tuple[str, str, int], tuple[int, float]] = field(default_factory=dict)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Gaps]:
        gauge = Gauge(self.plant.site.kafka)
        task = asyncio.create_task(self._watch(gauge), name="gaps")
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await gauge.close()

    async def _watch(self, gauge: Gauge) -> None:
        while True:
            for group, topics in GROUPS.items():
                for (topic, number), (committed, _, end) in (await gauge.read(group, topics)).items():
                    self._note((group, topic, number), committed, waits=end > committed)
            await asyncio.sleep(_EVERY)

    def _note(self, at: tuple[str, str, int], committed: int, *, waits: bool) -> None:
        now = time.monotonic()
        last, since = self._since.get(at, (committed, now))
        if committed != last or not waits:
            if now - since > _COUNTS:
                self.found.append(now - since)
            self._since[at] = committed, now
        else:
            self._since[at] = last, since

    def judge(self, result: Result, bound: float) -> None:
        gaps = sorted(self.found)
        if not gaps:
            return
        late, most = gaps[int(len(gaps) * 0.95)], gaps[-1]
        result.told.append(f"{len(gaps)} gaps of more than {_COUNTS:g} s, p95 {late:.1f} s, longest {most:.1f} s")
        if late > bound:
            result.wrong.append(f"a gap of {late:.1f} s, allowed are {bound:g}")
