"""The three roles over memory, with a fault at a chosen step: what outlives the process is kept, the rest starts again."""

from __future__ import annotations

import asyncio
import copy
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from soc import anomaly, instant, pipeline, roles, sigma
from soc.anomaly import Strides
from soc.anomaly.detector import read as read_detector
from soc.clock import FixedClock
from soc.correlate import Closed, Windows
from soc.enrich import Inventory
from soc.errors import Unavailable
from soc.finding import digest
from soc.hit import END, Tick
from soc.learn import train
from soc.log import FINDINGS, HITS
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.record import LogSource, Record
from soc.sources import RecordBatch
from soc.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from soc.log import Batch, Delivered, Log, Message, Reader
    from soc.pipeline import Content

START = 1_795_500_000_000_000  # 2026-11-24
STRIDE = 8
PARTITIONS = 3
WHOLE = "file:yesterday"
SOURCE = LogSource("logs.host")
GROUPS = {"soc-correlate": HITS, "soc-index": FINDINGS}

RULES = {
    "11111111-1111-4111-8111-111111111111": {"keywords": ["attack"], "condition": "keywords"},
    "22222222-2222-4222-8222-222222222222": {"one": {"message|contains": "root"}, "condition": "one"},
}
ATTACK, ROOT = RULES
CORRELATIONS = {
    # At once, again at each doubling, and counted by the last one.
    "many": {"type": "event_count", "rules": [ATTACK], "timespan": "2m", "condition": {"gte": 2}, "generate": True},
    "in-order": {"type": "temporal_ordered", "rules": [ATTACK, ROOT], "timespan": "5m"},
    # After the window.
    "few": {"type": "event_count", "rules": [ROOT], "timespan": "1m", "condition": {"lte": 2}},
    # Longer than an hour: panes.
    "long": {"type": "event_count", "rules": [ATTACK], "timespan": "2h", "condition": {"gte": 3}},
    "above": {"type": "event_count", "rules": ["many"], "timespan": "2m", "condition": {"lte": 3}, "generate": True},
}
"""Of the rules the second is counted only."""
DETECTOR = """
id: test-window
title: A host does much
title_vi: Máy chủ làm nhiều
entity: host.name
window: 1m
kind: [process.name]
features: [events, burst, kinds]
source: {topics: [logs.host]}
alert_p: 0.3
review_p: 1.0
"""


class Fixed:
    """Content that nobody changes."""

    def __init__(self, current: Content) -> None:
        self.current = current
        self.faults = self.rejected = ()

    def refresh(self) -> None:
        return None


def content_in(folder: Path) -> Content:
    """Two rules, correlations over them, and a detector that makes a finding of every window."""
    rules = folder / "rules"
    rules.mkdir()
    write_rules(rules, CORRELATIONS, "2m")
    ruleset = sigma.load([rules])
    assert (ruleset.faults, len(ruleset.rules)) == ((), len(RULES))
    assert (len(ruleset.correlations.all), ruleset.correlations.quiet) == (len(CORRELATIONS), {ROOT})
    detectors = folder / "detectors"
    detectors.mkdir()
    (detectors / "test-window.yml").write_text(DETECTOR)
    detector = read_detector(detectors / "test-window.yml")
    assert isinstance(detector, anomaly.Detector), detector
    train(detector, usual_windows(detector), folder / "models" / detector.id)
    loaded = anomaly.load([detectors], folder / "models")
    assert not loaded.faults
    return pipeline.Content(ruleset, loaded, Inventory(), digest(ruleset.sha256, loaded.sha256))


def write_rules(folder: Path, correlations: Mapping[str, Mapping[str, Any]], lateness: str) -> None:
    """The two rules, and correlations over them."""
    for id_, detection in RULES.items():
        rule = {
            "title": f"Rule {id_[0]}",
            "id": id_,
            "status": "test",
            "level": "high",
            "logsource": {"product": "linux"},
            "detection": detection,
        }
        (folder / f"{id_}.yml").write_text(yaml.safe_dump(rule))
    for id_, told in correlations.items():
        grouped = {**told, "group-by": ["host.name"]}
        document = {"title": id_, "id": id_, "correlation": grouped, "soc": {"lateness": lateness}}
        (folder / f"{id_}.yml").write_text(yaml.safe_dump(document))


def usual_windows(detector: anomaly.Detector) -> list[Closed]:
    """What hosts did in the past, as the windows that a model learns from."""
    strides, windows, name = Strides([detector]), Windows(), "file:past"
    source = SOURCE._replace(whole=True)
    lines = [line_of(START - instant.DAY + n * 7 * instant.SECOND, n % 3, f"job {n % 5}") for n in range(600)]
    for offset, (at, line) in enumerate(lines):
        strides.add(pipeline.parse.parse(Record(line, name, offset, at, source)))
    windows.take([*strides.partials(), Tick({}, {name: END}, 0, complete=True)])
    return windows.advance()


def line_of(at: int, host: int, text: str) -> tuple[int, bytes]:
    return at, f"<38>1 {instant.iso(at)} host-{host} cron 12 - - {text}".encode()


async def direct(function: Any, *arguments: Any) -> Any:
    """In place of asyncio.to_thread: without threads one seed always gives the same interleaving."""
    await asyncio.sleep(0)
    return function(*arguments)


@cache
def records_of(seed: int) -> Mapping[str, Sequence[Record]]:
    """A few minutes of three partitions: matches, ordinary lines, late ones, and bytes that nobody understands."""
    chance = random.Random(seed)
    found = {}
    for number in range(PARTITIONS):
        partition, records = f"logs.host:{number}", []
        arrived = START + chance.randrange(20) * instant.SECOND
        for offset in range(chance.randrange(8, 16)):
            arrived += chance.randrange(25) * instant.SECOND
            at = arrived - chance.choice((0, 0, 1, 30, 59, 61, 600, -30)) * instant.SECOND
            text = chance.choice(("attack", "attack as root", "job 1", "job 2", "job 3", "login of root"))
            raw = b"\xff\x00 bad" if chance.random() < 0.05 else line_of(at, chance.randrange(3), text)[1]
            stride = offset // STRIDE * STRIDE
            records.append(Record(raw, partition, offset, arrived, SOURCE, stride=stride))
        found[partition] = tuple(records)
    found[WHOLE] = tuple(whole_file(chance))
    return found


def whole_file(chance: random.Random) -> Iterator[Record]:
    """A file of yesterday that is read to its end: its records arrived when they happened."""
    at = START - instant.DAY
    for offset in range(chance.randrange(5, 14)):
        at += chance.randrange(20) * instant.SECOND
        raw = line_of(at, chance.randrange(3), chance.choice(("attack", "job 1", "job 2")))[1]
        source = SOURCE._replace(whole=True)
        yield Record(raw, WHOLE, offset, at, source, stride=offset // STRIDE * STRIDE)


class Stored(NamedTuple):
    findings: Mapping[str, Any]
    alerts: Mapping[str, Any]
    dead_letters: frozenset[str]


def oracle(records: Mapping[str, Sequence[Record]], content: Content) -> Stored:
    """One pass with the pure functions over everything, and a clock that ends after it."""
    strides, state = Strides(content.detectors.scoring), pipeline.Open.since(content)
    done = pipeline.detect([record for part in records.values() for record in part], content, strides)
    end = Tick(dict.fromkeys(records.keys() - {WHOLE}, END), {WHOLE: END}, PARTITIONS, complete=True)
    findings, hits = list(done.findings), [*done.hits, *done.partials, end]
    for _ in range(1 + max(each.level for each in content.rules.correlations.all)):
        told = pipeline.correlate(hits, state, content)
        findings += told.findings
        hits = [*told.hits, *state.correlator.ticks("soc.hits:0", 1)]
    unique, alerts = pipeline.index(findings)
    return Stored(
        {finding.id: _plain(finding.document) for finding in unique},
        {alert.id: alert.document["soc"]["bucket"] for alert in alerts},
        frozenset(letter.record.ref for letter in done.dead_letters),
    )


def _plain(document: Mapping[str, Any]) -> Any:
    """Without what depends on the moment: of a correlation also what was known of it when it was told."""
    copied = copy.deepcopy(dict(document))
    copied["event"].pop("ingested", None)
    if copied["soc"]["kind"] == "correlation":
        for name in ("why", "ref"):
            copied["soc"].pop(name)
    return copied


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Fault:
    """At the nth time that a step is reached, before or after it is done."""

    step: str
    nth: int
    after: bool
    kind: str
    """unavailable, exception or crash."""
    happened: bool = False

    def strike(self) -> None:
        self.happened = True
        if self.kind == "unavailable":
            raise Unavailable(f"fault at {self.step}")
        if self.kind == "crash":
            raise asyncio.CancelledError
        raise RuntimeError(f"fault at {self.step}")


@dataclass
class Steps:
    """Counts the steps of one run and strikes where it is told to."""

    fault: Fault | None = None
    reached: Counter[str] = field(default_factory=Counter)

    async def take(self, step: str, work: Any) -> Any:
        self.reached[step] += 1
        fault = self.fault
        strikes = fault is not None and fault.step == step and self.reached[step] == fault.nth
        if strikes and not fault.after:
            fault.strike()
        await asyncio.sleep(0)
        done = await work()
        if strikes:
            fault.strike()
        return done


@dataclass
class World:
    """What is durable: raw records, positions, the log, the store."""

    records: Mapping[str, Sequence[Record]]
    content: Content
    seed: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Whole files that are done."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        last = max(record.arrived for part in self.records.values() for record in part)
        # Half of the runs find a backlog that is there from the beginning.
        self.clock = FixedClock(START if self.seed % 2 else last + instant.MINUTE)
        self.log = MemoryLog(2, self.clock)
        self.store = MemoryStore()
        self.metrics = Metrics()
        self.epoch = 0
        self.early_commit = False

    async def run(self, steps: Steps) -> None:
        """One process, until nothing is left to do or a fault ends it."""
        self.epoch += 1
        self.log._groups.clear()  # membership does not outlive a process
        stopping = asyncio.Event()
        source = Shelf(self, steps)
        log = Watched(self.log, steps)
        work = roles.Workshop(log, Fixed(self.content), self.metrics, self.clock, stopping, _nap)
        tasks = [
            asyncio.create_task(roles.detect(work, source)),
            asyncio.create_task(roles.correlate(work)),
            asyncio.create_task(roles.index(work, Checked(self.store, steps))),
        ]
        for _ in range(20_000):
            if any(task.done() for task in tasks) or (source.idle and log.idle()):
                break
            await asyncio.sleep(0)
        else:
            raise AssertionError(f"the roles come to no end: {steps}")
        if any(task.done() for task in tasks):
            for task in tasks:
                task.cancel()
        stopping.set()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception) and not (steps.fault and steps.fault.happened):
                raise outcome

    async def to_the_end(self, *faults: Fault) -> Stored:
        """A run with each fault, and one more that finds what they have left."""
        for fault in faults:
            await self.run(Steps(fault))
        await self.run(Steps())
        return self.stored()

    def stored(self) -> Stored:
        documents = self.store._documents
        letters = [
            message for at, shelf in self.log.messages.items() if at.topic == "soc.deadletter" for message in shelf
        ]
        return Stored(
            {id_: _plain(one) for id_, one in documents["finding"].items() if one["soc"]["kind"] != "health"},
            {id_: one["soc"]["bucket"] for id_, one in documents["alert"].items() if one["soc"]["kind"] != "health"},
            frozenset(roles_ref(message.value) for message in letters),
        )


def roles_ref(value: bytes) -> str:
    from soc.log.dead_letters import decode

    return decode(value).ref


async def _nap(_seconds: float) -> None:
    await asyncio.sleep(0)


class Shelf:
    """The seam Source over records in memory; each is there once the clock has reached its arrival."""

    def __init__(self, world: World, steps: Steps) -> None:
        self._world = world
        self._steps = steps
        self._next = {name: world.positions.get(name, 0) // STRIDE * STRIDE for name in world.records}
        self._paused = False
        self._end: int | None = None
        """When every window of the records is over; known once all have been handed out."""
        self.idle = False

    async def read(self, limit: int, wait: float) -> RecordBatch:
        if self._paused:
            await asyncio.sleep(0)
            return RecordBatch(self._world.epoch)
        return await self._steps.take("source.read", self._read)

    async def _read(self) -> RecordBatch:
        world, chance = self._world, self._world.chance
        now = world.clock.now()
        names = chance.sample(sorted(world.records), chance.randrange(1, len(world.records) + 1))
        records = []
        for name in names:
            due = [record for record in world.records[name][self._next[name] :] if record.arrived <= now]
            taken = due[: chance.randrange(1, 12)]
            self._next[name] += len(taken)
            records += taken
        caught_up = frozenset(name for name in names if name != WHOLE and not self._due(name, now))
        told = WHOLE in world.ended or self._next[WHOLE] < len(world.records[WHOLE])
        finished = frozenset() if told else frozenset({WHOLE})
        positions = {name: list(run)[-1].offset + 1 for name, run in groupby(records, lambda record: record.partition)}
        if self._end is None and all(self._next[name] == len(part) for name, part in world.records.items()):
            self._end = now + 8 * instant.MINUTE
        self.idle = not records and not finished and self._end is not None and now >= self._end
        if not self.idle:
            world.clock.advance(chance.randrange(1, 25) * instant.SECOND)
        if world.early_commit:
            world.positions |= positions
        return RecordBatch(world.epoch, records, positions, caught_up, PARTITIONS, finished=finished)

    def _due(self, name: str, now: int) -> bool:
        rest = self._world.records[name][self._next[name] :]
        return bool(rest) and rest[0].arrived <= now

    async def done(self, batch: RecordBatch) -> bool:
        return await self._steps.take("source.done", lambda: self._done(batch))

    async def _done(self, batch: RecordBatch) -> bool:
        for name, end in (batch.positions or {}).items():
            self._world.positions[name] = max(end, self._world.positions.get(name, 0))
        self._world.ended |= batch.finished
        return True

    def pause(self, paused: bool) -> None:
        self._paused = paused

    async def close(self) -> None:
        pass


class Watched:
    """The seam Log with steps."""

    def __init__(self, log: Log, steps: Steps) -> None:
        self._log = log
        self._steps = steps
        self._readers: dict[str, WatchedReader] = {}

    async def append(self, topic: str, messages: Sequence[Message]) -> None:
        await self._steps.take(f"append {topic}", lambda: self._log.append(topic, messages))

    async def reader(self, group: str, topics: Sequence[str]) -> Reader:
        inner = await self._steps.take(f"join {group}", lambda: self._log.reader(group, topics))
        self._readers[group] = WatchedReader(inner, group, self._steps)
        return self._readers[group]

    async def partitions(self, topic: str) -> int:
        return await self._steps.take("partitions", lambda: self._log.partitions(topic))

    async def kept(self, topic: str, partitions: Collection[int]) -> AsyncIterator[Sequence[Delivered]]:
        async def all_() -> list[Sequence[Delivered]]:
            return [messages async for messages in self._log.kept(topic, partitions)]

        for messages in await self._steps.take(f"kept {topic}", all_):
            yield messages

    async def close(self) -> None:
        pass

    def idle(self) -> bool:
        """Whether every reader was handed out everything and came back for more."""
        return len(self._readers) == 2 and all(
            reader.waits and reader.read_to == self._ends(GROUPS[group]) for group, reader in self._readers.items()
        )

    def _ends(self, topic: str) -> dict[int, int]:
        return {at.partition: len(shelf) for at, shelf in self._log.messages.items() if at.topic == topic and shelf}


class WatchedReader:
    def __init__(self, inner: Reader, group: str, steps: Steps) -> None:
        self._inner = inner
        self._group = group
        self._steps = steps
        self.read_to: dict[int, int] = {}
        self.waits = False

    async def read(self, limit: int, wait: float) -> Batch:
        batch = await self._steps.take(f"read {self._group}", lambda: self._inner.read(limit, 0))
        self.waits = not batch.messages and len(batch.caught_up) == len(batch.assigned)
        for message in batch.messages:
            self.read_to[message.partition] = message.offset + 1
        for at in batch.caught_up:
            self.read_to.setdefault(at.partition, self._inner._next[at])
        self.read_to = {number: end for number, end in self.read_to.items() if end}
        return batch

    async def commit(self, epoch: int, positions: Any, metadata: str = "") -> bool:
        return await self._steps.take(f"commit {self._group}", lambda: self._inner.commit(epoch, positions, metadata))

    async def committed(self) -> Any:
        return await self._steps.take(f"committed {self._group}", self._inner.committed)

    async def seek(self, positions: Any) -> None:
        await self._steps.take(f"seek {self._group}", lambda: self._inner.seek(positions))

    async def offsets_at(self, at: int) -> Any:
        return await self._steps.take(f"offsets {self._group}", lambda: self._inner.offsets_at(at))

    def pause(self, paused: bool) -> None:
        self._inner.pause(paused)

    async def close(self) -> None:
        with suppress(RuntimeError):
            await self._inner.close()


class Checked:
    """The seam AlertStore with steps."""

    def __init__(self, store: MemoryStore, steps: Steps) -> None:
        self._store = store
        self._steps = steps

    async def create(self, findings: Any, alerts: Any, ingested: int) -> Any:
        return await self._steps.take("create", lambda: self._store.create(findings, alerts, ingested))
