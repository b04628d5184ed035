"""What the roles do while a server is away: they wait, go on by themselves, and the queue shows it afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from soc import alerting, health, instant, roles, set_aside
from soc.alerting import Suppression
from soc.anomaly import Detectors
from soc.clock import FixedClock
from soc.enrich import Inventory
from soc.errors import DiskFull, Forbidden, Unavailable
from soc.finding import RuleInfo
from soc.health import CHECKS
from soc.log import DEAD_LETTERS, FINDINGS, HITS, Message, Position
from soc.log.dead_letters import decode
from soc.log.memory import MemoryLog
from soc.metrics import Metrics
from soc.pipeline import Content
from soc.record import LogSource, Record
from soc.roles import rule_budget
from soc.roles.messages import finding_of, message_of
from soc.sigma import RuleSet
from soc.sources import RecordBatch
from soc.stores import Query, Verdicts
from soc.stores.memory import MemoryStore
from soc.workspace import Workspace
from soc.workspace.exceptions import Standing
from tests.faults.world import Fixed
from tests.sigma.rules import ID, event_of, load_rule
from tests.stores.invented import SCAN, finding
from tests.waiting import until
from tests.workspace.conftest import CHEAP

NOW = 1_795_500_000_000_000
SOURCE = LogSource("logs.host")


class Impatient:
    """A reader that never waits for messages, so that outages are short."""

    def __init__(self, inner) -> None:
        self._inner = inner

    async def read(self, limit, wait):
        await asyncio.sleep(0)
        return await self._inner.read(limit, 0)

    def __getattr__(self, name):
        return getattr(self._inner, name)


class Log(MemoryLog):
    """A log that answers with these errors first."""

    def __init__(self, clock, **troubles) -> None:
        super().__init__(2, clock)
        self.troubles = troubles

    async def append(self, topic, messages) -> None:
        waiting = self.troubles.get(topic.rpartition(".")[2], [])
        if waiting:
            raise waiting.pop(0)
        await super().append(topic, messages)

    async def reader(self, group, topics):
        return Impatient(await super().reader(group, topics))

    def found(self, topic: str) -> list[bytes]:
        return [message.value for at, shelf in self.messages.items() if at.topic == topic for message in shelf]

    def checks(self) -> list[tuple[str, str]]:
        found = [finding_of(value).document for value in self.found(FINDINGS)]
        return [(one["rule"]["id"], one["service"]["name"]) for one in found if one["soc"]["kind"] == "health"]


class Source:
    """Hands out given batches, and notes what is asked of it."""

    def __init__(self, *batches: RecordBatch) -> None:
        self.batches = list(batches)
        self.finished: list[RecordBatch] = []
        self.asked: list[str] = []
        self.paused = False

    async def read(self, limit, wait) -> RecordBatch:
        await asyncio.sleep(0)
        self.asked.append("paused" if self.paused else "read")
        return RecordBatch(1) if self.paused or not self.batches else self.batches.pop(0)

    async def done(self, batch) -> bool:
        self.finished.append(batch)
        return True

    def pause(self, paused) -> None:
        self.paused = paused

    async def close(self) -> None:
        pass


async def nap(_seconds) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def workshop(log, clock) -> roles.Workshop:
    content = Content(RuleSet(), Detectors(), Inventory(), "s")
    return roles.Workshop(log, Fixed(content), Metrics(), clock, asyncio.Event(), nap)


async def until_done(work, role, predicate) -> None:
    task = asyncio.create_task(role)
    try:
        await until(lambda: task.done() or predicate())
    finally:
        work.stopping.set()
    await task


def batch(*raws: bytes, **told) -> RecordBatch:
    records = [Record(raw, "logs.host:0", offset, NOW, SOURCE) for offset, raw in enumerate(raws)]
    return RecordBatch(1, records, {"logs.host:0": len(raws)}, **told)


def value(work, name, **labels) -> float:
    return work.metrics.registry.get_sample_value(name, labels)


async def test_while_the_log_is_away_the_source_is_paused_yet_asked_and_nothing_is_done_too_early(clock) -> None:
    log = Log(clock, deadletter=[Unavailable("away")] * 5)
    source, work = Source(batch(b"\x00", b"fine")), workshop(log, clock)
    await until_done(work, roles.detect(work, source), lambda: source.finished)
    assert source.asked.count("paused") >= 5
    assert not source.paused
    assert [decode(one).raw for one in log.found(DEAD_LETTERS)] == [b"\x00"]
    assert len(source.finished) == 1


async def test_a_service_that_stops_during_an_outage_leaves_its_batch_undone(clock) -> None:
    log = Log(clock, deadletter=[Unavailable("away")] * 10**6)
    source, work = Source(batch(b"\x00")), workshop(log, clock)
    await until_done(work, roles.detect(work, source), lambda: source.asked.count("paused") > 3)
    assert source.finished == []
    assert value(work, "soc_records_consumed_total", topic="logs.host", layer="host") == 1
    assert value(work, "soc_records_in_flight") == 1


async def test_consumed_records_are_those_accounted_for_and_those_in_flight_at_any_moment(clock) -> None:
    log = Log(clock, deadletter=[Unavailable("away")] * 20)
    source, work = Source(batch(b"a", b"b"), batch(b"\x00", b"c"), batch(b"d")), workshop(log, clock)
    task = asyncio.create_task(roles.detect(work, source))
    seen = set()
    while len(source.finished) < 3:
        metrics = work.metrics
        consumed = metrics.consumed.labels("logs.host", "host")._value.get()
        outcomes = [metrics.records.labels(name)._value.get() for name in ("clean", "alerting", "dead_letter")]
        flying = metrics.in_flight._value.get()
        assert consumed == sum(outcomes) + flying
        seen.add((consumed, flying))
        await asyncio.sleep(0)
    work.stopping.set()
    await task
    assert (4, 2) in seen
    assert value(work, "soc_records_in_flight") == 0


async def test_a_full_disk_is_reported_once_there_is_space_again(clock) -> None:
    log = Log(clock, deadletter=[DiskFull("pipeline.db: full")] * 3, findings=[DiskFull("pipeline.db: full")] * 2)
    source, work = Source(batch(b"\x00")), workshop(log, clock)
    await until_done(work, roles.detect(work, source), lambda: source.finished and log.checks())
    assert log.checks() == [("soc-health-disk-full", "log")]


async def test_a_health_finding_waits_for_a_log_that_is_away_and_stops_nobody(clock) -> None:
    log = Log(clock, findings=[Unavailable("away")])
    work = workshop(log, clock)
    await work.report("soc-health-role-restarted", "detect", "killed")
    assert log.checks() == []
    await work.flush_reports()
    assert log.checks() == [("soc-health-role-restarted", "detect")]


async def test_a_health_finding_is_sent_once_per_subject_and_hour(clock) -> None:
    log = Log(clock)
    work = workshop(log, clock)
    for _ in range(3):
        await work.report("soc-health-offset-lost", "logs.host:0", "gone")
        await work.report("soc-health-offset-lost", "logs.host:1", "gone")
    clock.advance(instant.HOUR)
    await work.report("soc-health-offset-lost", "logs.host:0", "gone")
    assert log.checks().count(("soc-health-offset-lost", "logs.host:0")) == 2
    assert log.checks().count(("soc-health-offset-lost", "logs.host:1")) == 1


async def test_a_partition_without_a_position_is_reported_by_name(clock) -> None:
    log = Log(clock)
    source, work = Source(RecordBatch(1, lost={"logs.app:3": "offset 7 is no longer kept"})), workshop(log, clock)
    await until_done(work, roles.detect(work, source), log.checks)
    assert log.checks() == [("soc-health-offset-lost", "logs.app:3")]


async def test_a_source_that_cannot_be_read_is_reported_with_how_to_mend_it(clock) -> None:
    log = Log(clock)
    source, work = (
        Source(RecordBatch(1, troubled={"/var/log/auth.log": "permission denied; chmod"})),
        workshop(log, clock),
    )
    await until_done(work, roles.detect(work, source), log.checks)
    assert log.checks() == [("soc-health-source-unreadable", "/var/log/auth.log")]


async def test_many_dead_letters_are_reported_by_topic(clock) -> None:
    log = Log(clock)
    source, work = Source(batch(*[b"\x00"] * 120)), workshop(log, clock)
    await until_done(work, roles.detect(work, source), log.checks)
    assert log.checks() == [("soc-health-dead-letters", "logs.host")]


async def test_a_rule_over_its_budget_is_set_aside_and_reported(clock, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(rule_budget, "LEAST", 100)
    log, aside = Log(clock), tmp_path / "set_aside.yml"
    rules = load_rule(tmp_path, {"s": {"CommandLine|re": "[0-9]{3,}x"}, "condition": "s"})
    events = [event_of({"CommandLine": f"{number} " + 2_000 * "a"}).record.raw for number in range(9)]
    work = replace(workshop(log, clock), content=Fixed(Content(rules, Detectors(), Inventory(), "s")))
    limits = roles.Limits(roles.RuleBudget(0.5), aside)
    await until_done(work, roles.detect(work, Source(batch(*events)), None, limits), log.checks)
    assert log.checks() == [("soc-health-rule-set-aside", ID)]
    assert list(set_aside.read(aside, [])) == [ID]


async def test_a_fault_of_the_reader_ends_the_role(clock) -> None:
    class Fenced(Source):
        async def read(self, limit, wait):
            raise Forbidden("fenced")

    work = workshop(Log(clock), clock)
    with pytest.raises(Forbidden, match="fenced"):
        await roles.detect(work, Fenced())


async def test_the_end_of_a_whole_file_is_told_before_the_file_is_done(clock) -> None:
    log = Log(clock, hits=[Unavailable("away")])
    source = Source(RecordBatch(1, finished=frozenset({"file:1"})))
    work = workshop(log, clock)
    await until_done(work, roles.detect(work, source), lambda: source.finished)
    assert all(b'"file:1":4611686018427387904' in one for one in log.found(HITS))
    assert len(log.found(HITS)) == 2


class Store(MemoryStore):
    """A store that answers with these first: errors or verdicts."""

    def __init__(self, *answers) -> None:
        super().__init__()
        self.answers = list(answers)
        self.offered: list[int] = []

    async def create(self, findings, alerts, ingested) -> Verdicts:
        self.offered.append(len(findings))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(findings)
        return await super().create(findings, alerts, ingested)

    async def kept(self) -> int:
        return (await self.search(Query("finding", sort="-@timestamp"))).total


def some(count: int) -> list[Message]:
    return [
        message_of(health.finding("soc-health-role-restarted", f"role-{number}", "x", NOW)) for number in range(count)
    ]


async def index(log, clock, store, predicate) -> roles.Workshop:
    work = workshop(log, clock)
    await until_done(work, roles.index(work, store), predicate)
    return work


def committed(log) -> dict[Position, int]:
    return {at: told[0] for at, told in log._positions.get("soc-index", {}).items()}


async def test_findings_wait_for_the_store_and_the_queue_shows_the_outage_afterwards(clock) -> None:
    log, store = Log(clock), Store(*[Unavailable("refused")] * 40)
    await log.append(FINDINGS, some(3))
    work = await index(log, clock, store, lambda: sum(committed(log).values()) >= 4)
    assert await store.kept() == 4
    assert log.checks()[-1] == ("soc-health-store-unreachable", "alert-store")
    assert value(work, "soc_store_up") == 1


async def test_what_an_exception_hides_never_shows_in_the_queue(clock, tmp_path) -> None:
    workspace = Workspace(tmp_path, clock, CHEAP)
    told = [finding(), finding(SCAN)]
    begins = clock.now() - 366 * instant.DAY
    draft = Suppression("", "exception", "ann", "known", begins, clock.now() + instant.DAY, "port-scan")
    added = workspace.exceptions.add("ann", draft)
    workspace.close()
    log, store = Log(clock), Store()
    await log.append(FINDINGS, [message_of(one)._replace(partition=0) for one in told])
    work = workshop(log, clock)
    with contextlib.closing(Standing(tmp_path)) as exceptions:
        await until_done(work, roles.index(work, store, exceptions), lambda: committed(log))
    by_rule = {
        alert["rule"]["id"]: alert["soc"]["suppressed_by"]
        for alert in (await store.search(Query(suppressed=True))).documents
    }
    assert by_rule == {"ssh-guessing": [], "port-scan": [added.id]}


async def test_only_what_the_store_could_not_take_is_offered_again(clock) -> None:
    log = Log(clock)
    store = Store(lambda findings: Verdicts(len(findings) - 1, retry=(findings[0].id,), reason="busy"))
    await log.append(FINDINGS, [one._replace(partition=0) for one in some(5)])
    await index(log, clock, store, lambda: committed(log))
    assert store.offered == [5, 1]


async def test_what_the_store_never_takes_is_a_dead_letter_and_reported(clock) -> None:
    log = Log(clock)
    store = Store(lambda findings: Verdicts(len(findings) - 1, rejected={findings[0].id: "no such type"}))
    await log.append(FINDINGS, [one._replace(partition=0) for one in some(2)])
    await index(log, clock, store, lambda: ("soc-health-mapping-refused", "alert-store") in log.checks())
    (letter,) = [decode(one) for one in log.found(DEAD_LETTERS)]
    assert (letter.stage, letter.reason, letter.detail) == ("index", "rejected", "no such type")
    assert letter.finding["service"]["name"] == "role-0"


async def test_a_service_that_stops_during_an_outage_commits_nothing(clock) -> None:
    log, store = Log(clock), Store(*[Unavailable("refused")] * 10**5)
    await log.append(FINDINGS, some(3))
    await index(log, clock, store, lambda: len(store.offered) > 3)
    assert committed(log) == {}


async def test_a_missing_privilege_ends_the_role_and_is_no_dead_letter(clock) -> None:
    log = Log(clock)
    await log.append(FINDINGS, some(1))
    work = workshop(log, clock)
    with pytest.raises(Forbidden, match="create_doc"):
        await roles.index(work, Store(Forbidden("needs create_doc")))
    assert committed(log) == {}
    assert log.found(DEAD_LETTERS) == []


async def test_what_is_no_finding_is_passed_over(clock) -> None:
    log, store = Log(clock), Store()
    await log.append(FINDINGS, [Message(b"{", partition=0), Message(b"[]", partition=0), *some(1)])
    await index(log, clock, store, lambda: sum(committed(log).values()) == 3)
    assert await store.kept() == 1


async def test_an_alert_is_counted_once_however_often_it_is_offered(clock) -> None:
    log, store = Log(clock), Store()
    await log.append(FINDINGS, some(2) + some(2))
    work = await index(log, clock, store, lambda: sum(committed(log).values()) == 4)
    assert value(work, "soc_alerts_total", severity="medium") == 2
    assert value(work, "soc_es_bulk_items_total", result="created") == 2


@pytest.mark.parametrize(
    ("ref", "seconds_ago", "kind", "counted"),
    [
        ("logs.host:0:1", 3, "rule", 1),
        ("file:1:0", 3, "rule", 1),
        ("file:1:0", 0, "rule", 0),
        ("a:0:1", 3, "anomaly", 0),
    ],
)
async def test_the_way_of_a_live_record_is_timed(clock, ref, seconds_ago, kind, counted) -> None:
    """A whole file's records arrived when they happened, and windows wait by design."""
    log, at = Log(clock), NOW - 60 * instant.SECOND
    rule = RuleInfo("r", "R", "", "1", kind, "low", "host")
    group = alerting.Group((("host.name", "h"),), NOW)
    arrived = at + seconds_ago * instant.SECOND
    made = alerting.finding_of(rule, group, {}, time=at, arrived=arrived, ref=ref, raw=b"x")
    await log.append(FINDINGS, [message_of(made)])
    work = await index(log, clock, Store(), lambda: committed(log))
    assert value(work, "soc_end_to_end_seconds_count") == counted
    assert value(work, "soc_end_to_end_seconds_sum") == counted * (60 - seconds_ago)


def test_every_check_speaks_both_languages() -> None:
    for check in CHECKS.values():
        assert check.title_vi != check.name
        assert len(check.runbook_en) == len(check.runbook_vi) >= 1
