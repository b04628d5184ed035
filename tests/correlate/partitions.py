"""The log of hits with its partitions, workers that crash and take over, and what they have told: as the service does it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc import hit as hits
from soc.correlate import Correlator, panes
from soc.hit import END, Match, Tick

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from soc.hit import Hit
    from soc.sigma.correlations import Correlations


@dataclass
class Partition:
    correlations: Correlations
    name: str
    total: int
    log: list[tuple[int, bytes]] = field(default_factory=list)
    """Stamp and value."""
    panes: dict[bytes, bytes] = field(default_factory=dict)
    told: list[Any] = field(default_factory=list)
    next: int = 0
    committed: int = 0
    clocks: dict[int, int] = field(default_factory=dict)
    worker: Correlator = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.worker = Correlator(self.correlations)

    def append(self, hit: Hit) -> None:
        stamp = hit.arrived if isinstance(hit, Match) else max(hit.live.values(), default=0)
        self.log.append((stamp, hits.encode(hit)))

    def work(self, most: int) -> list[Match]:
        """One batch; what is told of it is durable, before or after a commit that never comes."""
        batch = [hits.decode(value) for _, value in self.log[self.next : self.next + most]]
        self.next += len(batch)
        self.worker.take(batch)
        told = self.worker.advance()
        self.told += told.fired
        for pane in told.panes:
            before = self.panes.setdefault(pane.key, panes.encode(pane))
            assert before == panes.encode(pane)
        return told.hits

    def ticks(self) -> list[Tick]:
        return self.worker.ticks(self.name, self.total)

    def commit(self) -> None:
        self.committed, self.clocks = self.next, self.worker.clocks

    def crash(self, share: float = 1.0) -> None:
        """Another worker takes over from the last commit; `share` of the replay horizon is read."""
        self.worker = Correlator(self.correlations, self.clocks)
        self.worker.restore(panes.decode(value) for value in self.panes.values())
        least = min(self.clocks.values(), default=0)
        since = least - int(self.correlations.horizon * share)
        start = next((offset for offset, (stamp, _) in enumerate(self.log) if stamp >= since), len(self.log))
        known = [hits.decode(value) for _, value in self.log[start : self.committed]]
        for place in range(0, len(known), 7):
            self.worker.take(known[place : place + 7])
            self.worker.advance()
        self.next = self.committed


def run(
    correlations: Correlations, source: Sequence[Hit], chance: Random, total: int = 1, share: float = 1.0
) -> set[Any]:
    """Everything told: (correlation, key, start of the bucket, step)."""
    world = [Partition(correlations, f"soc.hits:{number}", total) for number in range(total)]
    waiting: list[tuple[Partition | None, Hit]] = [(None, hit) for hit in source]

    def route(hit: Hit) -> None:
        for number, partition in enumerate(world):
            if isinstance(hit, Tick) or zlib.crc32(hit.key) % total == number:
                partition.append(hit)

    while waiting:
        for _ in range(min(len(waiting), chance.randint(1, 12))):
            route(waiting.pop(0)[1])
        for partition in world:
            _turn(partition, chance, route, share)
    for _ in range(4 * (1 + max((each.level for each in correlations.all), default=0)) + 4):
        for partition in world:
            while partition.next < len(partition.log):
                _turn(partition, chance, route, share, idle=True)
            for tick in partition.ticks():
                route(tick)
    assert all(partition.worker.weight == 0 or not _forgotten(partition) for partition in world)
    return {(each.info.id, each.key, each.start, each.step) for partition in world for each in partition.told}


def _turn(partition: Partition, chance: Random, route: Any, share: float, *, idle: bool = False) -> None:
    for hit in partition.work(chance.randint(1, 9)):
        route(hit)
    if idle:
        return
    if chance.random() < 0.3:
        for tick in partition.ticks():
            route(tick)
    if chance.random() < 0.3:
        partition.commit()
    if chance.random() < 0.3:
        partition.crash(share)


def _forgotten(partition: Partition) -> bool:
    """Whether everything should have been forgotten: the clocks are beyond all."""
    return min(partition.worker.clocks.values()) >= END // 2
