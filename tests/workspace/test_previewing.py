"""A preview says exactly what the roll-up would have hidden."""

from __future__ import annotations

import asyncio

import pytest

from soc import instant
from soc.alerting import Suppression, Suppressions, exceptions
from soc.alerting.rollup import REFS
from soc.stores import Change, Query
from soc.stores.memory import MemoryStore
from soc.workspace import previewing
from soc.workspace.previewing import Preview, preview
from tests.stores.invented import NOON, SCAN, SSH, WEB, alerts_of, finding

DAY = instant.DAY


def draft(*where: str, rule: str = "") -> Suppression:
    conditions = tuple(map(exceptions.condition_of, where))
    return Suppression("", "exception", "ann", "known", NOON - 30 * DAY, NOON + DAY, rule, conditions)


def made() -> list:
    findings = [
        finding(rule, number, source=f"203.0.113.{number % 8}", user__name=f"user-{number % 3}", process__name="rsync")
        for rule in (SSH, SCAN)
        for number in range(24)
    ]
    findings += [
        finding(WEB, n, user__name="svc", process__name="php", soc__source__zone="dmz") for n in range(REFS + 1)
    ]
    findings += [finding(WEB, n, source="192.0.2.1", user__name="svc", process__name="php") for n in range(50)]
    return [*findings, finding(WEB, 1, source="192.0.2.2", time=NOON - 40 * DAY, user__name="svc")]


async def filled() -> MemoryStore:
    opened, findings = MemoryStore(), made()
    await opened.create(findings, alerts_of(findings), NOON)
    await opened.roll_up(0)
    for rule in (SSH, WEB):
        closing = Change("ann", NOON, status="closed", disposition="true_positive")
        await opened.triage(finding(rule).alert_id, closing, 0)
    return opened


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return asyncio.run(filled())


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (draft(rule="ssh-guessing"), Preview(8, 1, True)),
        (draft(rule="web-shell"), Preview(2, 1, True)),
        (draft("source.ip=203.0.113.7"), Preview(3, 2, True)),
        (draft("source.ip=203.0.113.0/29", rule="port-scan"), Preview(8, 0, True)),
        (draft("source.ip=203.0.113.7", "process.name=rsync"), Preview(2, 1, True)),
        (draft("user.name=user-0"), Preview(0, 0, True)),
        (draft("user.name=svc"), Preview(2, 1, True)),
        (draft("process.name=php"), Preview(1, 0, True)),
        (draft("soc.source.zone=dmz"), Preview(0, 0, True)),
        (draft("soc.layer=host"), Preview(8, 1, True)),
        (draft("soc.layer=network", "user.name=root"), Preview(0, 0, True)),
    ],
)
async def test_it_counts_what_would_have_been_hidden_and_the_true_positives_among_it(store, one, expected):
    assert await preview(store, one, NOON - 30 * DAY, NOON + DAY) == expected
    await store.roll_up(0, Suppressions((one,)))
    assert (await store.search(Query(only_suppressed=True))).total == expected.alerts


async def test_it_says_when_there_are_more_alerts_than_it_looked_at(store, monkeypatch):
    monkeypatch.setattr(previewing, "MOST", 5)
    assert await preview(store, draft(rule="port-scan"), NOON - 30 * DAY, NOON + DAY) == Preview(5, 0, False)
