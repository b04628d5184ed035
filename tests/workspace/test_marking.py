"""Alerts that lie still are looked at again when exceptions are added, shortened or ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from soc import instant
from soc.alerting import Suppression, Suppressions, exceptions
from soc.stores import Query
from soc.stores.memory import MemoryStore
from soc.workspace import marking
from soc.workspace.marking import Marking
from tests.stores.invented import NOON, SCAN, SSH, WEB, alerts_of, finding

DAY = instant.DAY


def exception(*where: str, rule: str = "", begins: int = NOON - DAY, id_: str = "x-1") -> Suppression:
    conditions = tuple(map(exceptions.condition_of, where))
    return Suppression(id_, "exception", "ann", "known", begins, NOON + DAY, rule, conditions)


@pytest.fixture
async def store() -> MemoryStore:
    opened = MemoryStore()
    findings = [
        finding(rule, number, source=f"203.0.113.{number}", user__name=f"user-{number}")
        for rule in (SSH, SCAN, WEB)
        for number in range(4)
    ]
    await opened.create(findings, alerts_of(findings), NOON)
    return opened


async def apply(store, told: Marking, *current: Suppression) -> list[int]:
    """Rounds of the role jobs until all is applied; how many alerts each looked at."""
    rounds = []
    while alerts := await told.due(store, Suppressions(current)):
        await store.roll_up(NOON + DAY, Suppressions(current), alerts)
        told.done(len(alerts))
        rounds.append(len(alerts))
    told.done(0)
    return rounds


async def hidden(store) -> dict[str, int]:
    return dict((await store.facets(Query(only_suppressed=True), ["soc.suppressed_by"]))["soc.suppressed_by"])


@pytest.mark.parametrize(
    ("one", "looked", "hides"),
    [
        (exception(rule="port-scan"), 4, 4),
        (exception("source.ip=203.0.113.2"), 3, 3),
        (exception("source.ip=203.0.113.2", rule="port-scan"), 1, 1),
        (exception("source.ip=203.0.113.0/31", rule="port-scan"), 4, 2),
        (exception("process.name="), 12, 12),
        (exception("user.name=user-3"), 3, 3),
        (exception(rule="port-scan", begins=NOON + 1000), 0, 0),
    ],
)
async def test_only_what_an_exception_may_hide_is_looked_at(store, tmp_path, one, looked, hides):
    assert sum(await apply(store, Marking(tmp_path / "x.json"), one)) == looked
    assert await hidden(store) == ({"x-1": hides} if hides else {})


async def test_an_ended_one_gives_its_alerts_back_and_others_keep_theirs(store, tmp_path):
    told = Marking(tmp_path / "x.json")
    both = exception(rule="port-scan"), exception("source.ip=203.0.113.2", id_="x-2")
    await apply(store, told, *both)
    assert await hidden(store) == {"x-1": 4, "x-2": 3}
    assert await apply(store, told, both[1]) == [4]
    assert await hidden(store) == {"x-2": 3}
    assert await apply(store, told) == [3]
    assert await hidden(store) == {}


async def test_a_shortened_one_keeps_what_happened_before(store, tmp_path):
    told = Marking(tmp_path / "x.json")
    await apply(store, told, exception(rule="port-scan"))
    assert await apply(store, told, replace(exception(rule="port-scan"), until=NOON + 1000)) == [4]
    assert await hidden(store) == {"x-1": 4}
    await apply(store, told, replace(exception(rule="port-scan"), until=NOON))
    assert await hidden(store) == {}


async def test_what_was_applied_is_known_after_a_restart(store, tmp_path):
    path = tmp_path / "run" / "x.json"
    one = exception(rule="port-scan")
    assert await apply(store, Marking(path), one) == [4]
    assert await apply(store, Marking(path), one) == []
    path.write_bytes(b"{")
    assert await apply(store, Marking(path), one) == [4]


async def test_what_is_half_done_is_begun_anew_after_a_restart(store, tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "AT_ONCE", 3)
    path, one = tmp_path / "x.json", Suppressions((exception(rule="port-scan"),))
    told = Marking(path)
    told.done(len(await told.due(store, one)))  # the process ends before the roll-up
    assert await apply(store, Marking(path), *one.all) == [3, 1]
    assert await hidden(store) == {"x-1": 4}


async def test_an_attempt_that_failed_is_repeated_with_what_is_in_force_by_then(store, tmp_path):
    told, one = Marking(tmp_path / "x.json"), exception(rule="port-scan")
    first = await told.due(store, Suppressions((one,)))
    assert await told.due(store, exceptions.NONE) == first
    await store.roll_up(NOON + DAY, exceptions.NONE, first)
    told.done(len(first))
    assert await apply(store, told) == []
    assert await hidden(store) == {}
