"""The open windows of all correlations in one partition of `soc.hits`: hits and ticks in, findings and hits for chains out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from soc.correlate.clocks import Clocks
from soc.correlate.fired import SEPARATOR, Fired
from soc.correlate.machine import Eviction, Machine
from soc.correlate.timeline import slice_start
from soc.finding import window_finding_id
from soc.hit import END, Match, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from soc.correlate.panes import Pane
    from soc.hit import Hit
    from soc.sigma.correlation import Correlation
    from soc.sigma.correlations import Correlations, Feed

BYTES = 512 << 20
"""For all correlations of a worker together; each has an equal part, so a noisy one harms itself only."""


class Told(NamedTuple):
    """What a step of time and data has brought; all of it is to be durable before positions move."""

    fired: list[Fired]
    """Findings; those of correlations that are counted only (`generate: false`) are left out."""
    hits: list[Match]
    """For `soc.hits`: what higher correlations count."""
    panes: list[Pane]
    evictions: list[Eviction]


class Correlator:
    """A fold: what it tells follows from the set of hits, however they are ordered, repeated or cut into batches."""

    def __init__(
        self, correlations: Correlations, closed_until: Mapping[int, int] | None = None, share: int = BYTES
    ) -> None:
        """`closed_until` are the `clocks` of the last commit; what they had closed is not told again.

        State is rebuilt by `restore` of the panes, then `take` and `advance` of the hits from `correlations.horizon` before
        the clocks on; what `advance` tells of hits below the committed offset was told then, and is dropped.
        """
        self._correlations = correlations
        closed = dict(closed_until or {})
        self._clocks = Clocks(closed)
        part = share // max(1, len(correlations.all))
        self._machines = {each.key: Machine(each, closed.get(each.level, 0), part) for each in correlations.all}
        self._levels = max((each.level for each in correlations.all), default=0)
        self._ended: dict[int, set[str]] = {}
        """Whole files by the level whose correlations have told all about them."""
        self.unknown = 0
        """Hits of correlations that are no longer in force."""

    @property
    def clocks(self) -> dict[int, int]:
        """By level, for a commit's metadata."""
        return {level: self._clocks.clock(level) for level in range(self._levels + 1)}

    @property
    def scopes(self) -> frozenset[str]:
        """The whole files with open windows, or half told to have ended: nothing but their end closes those, however long it takes."""
        return self._clocks.half_ended.union(*(machine.scopes for machine in self._machines.values()))

    @property
    def groups(self) -> dict[str, int]:
        """Open groups by correlation id."""
        return {machine.correlation.info.id: len(machine) for machine in self._machines.values()}

    @property
    def weight(self) -> int:
        """Bytes of all state, about."""
        return sum(machine.weight for machine in self._machines.values())

    @property
    def repeated(self) -> int:
        """Hits that came again after their windows were over."""
        return sum(machine.repeated for machine in self._machines.values())

    def restore(self, panes: Iterable[Pane]) -> None:
        """Before any hit: the panes of this partition, in any order, old ones included."""
        for pane in panes:
            machine = self._machines.get(pane.correlation)
            if machine is not None and pane.expires > self._clocks.clock(machine.correlation.level):
                machine.restore(pane)

    def take(self, hits: Iterable[Hit]) -> None:
        """Fold matches and ticks, in their order; partials are for windows of detectors."""
        machines = self._machines
        for hit in hits:
            if isinstance(hit, Match):
                machine = machines.get(hit.correlation)
                if machine is None:
                    self.unknown += 1
                elif not hit.scope or not self._clocks.is_over(machine.correlation.level, hit.scope):
                    machine.fold(hit)
            elif isinstance(hit, Tick):
                self._clocks.take(hit)

    def advance(self) -> Told:
        """Judge what the clocks have passed; all that is to be told since the last call."""
        for level in range(self._levels + 1):
            ending = self._clocks.ending(level)
            clock = self._clocks.clock(level)
            for machine in self._machines.values():
                if machine.correlation.level != level:
                    continue
                for scope in ending:
                    machine.end(scope)
                machine.advance(clock)
            self._ended.setdefault(level, set()).update(ending)
        return self._told()

    def ticks(self, teller: str, total: int) -> list[Tick]:
        """For all partitions of the hits, once the hits of the last `advance` are durable there: how far each level has come.

        `teller` is this partition (`soc.hits:3`), `total` how many of them there are. Empty where nothing is chained.
        """
        found = []
        for level in range(self._levels):
            ended, self._ended[level] = self._ended.get(level, set()), set()
            clock = self._clocks.clock(level)
            found.append(Tick({teller: clock}, dict.fromkeys(sorted(ended), END), total, level=level + 1))
        return found

    def _told(self) -> Told:
        told = Told([], [], [], [])
        for machine in self._machines.values():
            if machine.correlation.info.id not in self._correlations.quiet:
                told.fired.extend(machine.fired)
            for hit, key in machine.truths:
                told.hits.extend(self._chained(machine.correlation, hit, key))
            told.panes.extend(machine.panes)
            told.evictions.extend(machine.evictions)
            machine.fired, machine.truths, machine.panes, machine.evictions = [], [], [], []
        told.fired.sort(key=lambda fired: (fired.start, fired.info.id, fired.key, fired.step))
        return told

    def _chained(self, correlation: Correlation, hit: Match, key: tuple[tuple[str, str], ...]) -> Iterable[Match]:
        """A hit at which a correlation was true, for those that count it: one thing a bucket, however many hits it has."""
        start = hit.time - hit.time % correlation.timespan
        if correlation.type in {"first_seen", "idle"}:
            start = slice_start(hit.time, correlation.timespan)
        episode = window_finding_id(correlation.info.id, key, start, 0)
        for feed in self._correlations.feeds.get(correlation.info.id, ()):
            made = _made(feed, correlation, hit, episode)
            if made:
                yield made


def _made(feed: Feed, source: Correlation, hit: Match, episode: str) -> Match | None:
    """None if the event lacks a field by which the higher correlation groups or counts."""
    told = hit.carried
    if not all(told.get(name) for name in (*feed.group, *feed.value)):
        return None
    above = feed.correlation
    value = SEPARATOR.join(told[name] for name in feed.value)
    return Match(
        correlation=above.key,
        group=tuple(told[name] for name in feed.group),
        time=hit.time,
        ref=hit.ref,
        arrived=hit.arrived,
        rule=source.info.id,
        number=feed.number,
        value=episode if above.type == "event_count" else value,
        carried={name: told[field] for name, field in feed.carried if field in told},
        evidence=hit.evidence,
        scope=hit.scope,
        sample=hit.sample,
    )
