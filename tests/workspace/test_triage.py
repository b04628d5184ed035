"""The act of triage, cut at every step: the trail ends up saying what the store holds."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from soc import alerting, instant
from soc.errors import Unavailable
from soc.finding import RuleInfo
from soc.stores import Change, Conflict
from soc.stores.memory import MemoryStore
from soc.workspace import Triage
from soc.workspace.triage import GRACE
from tests.workspace.conftest import NOON

RULE = RuleInfo("ssh", "SSH guessing", "Dò mật khẩu SSH", "1", "rule", "high", "host")


class Crash(BaseException):
    """The process ends here."""


class Breaking(MemoryStore):
    """Fails before or after it has taken a change."""

    before: BaseException | None = None
    after: BaseException | None = None

    async def triage(self, id_, change, revision):
        if self.before:
            raise self.before
        document = await super().triage(id_, change, revision)
        if self.after:
            raise self.after
        return document


@pytest.fixture
async def store():
    made = Breaking()
    group = alerting.Group((("host.name", "web1"),), NOON)
    finding = alerting.finding_of(RULE, group, {"host.name": "web1"}, time=NOON, arrived=NOON, ref="r", raw=b"raw")
    await made.create([finding], [alerting.alert_of(finding)], NOON)
    made.id = finding.alert_id
    return made


@pytest.fixture
def triage(store, workspace, clock):
    return Triage(store, workspace.audit, clock)


def change(clock, **parts):
    return Change("lan", clock.now(), **parts)


def results(workspace):
    return [record.result for record in workspace.audit.page()[::-1]]


async def test_an_act_is_intent_then_outcome(triage, store, workspace, clock):
    document = await triage.act(store.id, change(clock, status="acknowledged", note="seen"), 0)
    assert document["triage"]["revision"] == 1
    intent, done = workspace.audit.page()[::-1]
    assert (intent.actor, intent.act, intent.object, intent.result) == ("lan", "triage", store.id, "intent")
    assert msgspec.json.decode(intent.detail)["change"] == {"note": "seen", "status": "acknowledged"}
    assert (done.result, done.settles, done.detail) == ("done", 1, '{"revision":1}')


async def test_a_conflict_is_an_outcome(triage, store, workspace, clock):
    await triage.act(store.id, change(clock, status="acknowledged"), 0)
    with pytest.raises(Conflict) as raised:
        await triage.act(store.id, change(clock, status="in_progress"), 0)
    assert raised.value.current["triage"]["status"] == "acknowledged"
    assert results(workspace) == ["intent", "done", "intent", "conflict"]


async def test_after_a_crash_before_the_store_the_act_is_said_not_to_have_happened(triage, store, workspace, clock):
    store.before = Crash()
    with pytest.raises(Crash):
        await triage.act(store.id, change(clock, status="acknowledged"), 0)
    store.before = None
    again = Triage(store, workspace.audit, clock)
    assert await again.reconcile() == 0  # another process may be at it right now
    clock.advance(GRACE)
    assert await again.reconcile() == 1
    assert results(workspace) == ["intent", "abandoned"]
    assert (await store.get("alert", store.id))["triage"]["revision"] == 0


async def test_after_a_crash_between_store_and_outcome_the_act_is_said_to_have_happened(
    triage, store, workspace, clock
):
    store.after = Crash()
    with pytest.raises(Crash):
        await triage.act(store.id, change(clock, status="acknowledged"), 0)
    assert results(workspace) == ["intent"]
    again = Triage(store, workspace.audit, clock)
    assert await again.reconcile() == 1
    assert results(workspace) == ["intent", "done"]
    assert await again.reconcile() == 0
    assert workspace.audit.verify() is None


async def test_a_store_that_gave_no_answer_is_asked_later(triage, store, workspace, clock):
    store.after = Unavailable("connection reset")
    with pytest.raises(Unavailable):
        await triage.act(store.id, change(clock, status="acknowledged"), 0)
    assert results(workspace) == ["intent"]
    assert await triage.reconcile() == 1
    assert results(workspace) == ["intent", "done"]


async def test_others_acts_after_the_crash_do_not_confuse_it(triage, store, workspace, clock):
    store.before = Crash()
    with pytest.raises(Crash):
        await triage.act(store.id, change(clock, status="closed", disposition="test"), 0)
    store.before = None
    clock.advance(instant.SECOND)
    for revision in range(3):
        await triage.act(store.id, change(clock, note=f"note {revision}"), revision)
        clock.advance(instant.SECOND)
    clock.advance(GRACE)
    assert await triage.reconcile() == 1
    assert results(workspace)[-1] == "abandoned"


async def test_what_the_store_s_history_has_forgotten_is_said_to_be_unknown(triage, store, workspace, clock):
    store.after = Crash()
    with pytest.raises(Crash):
        await triage.act(store.id, change(clock, status="acknowledged"), 0)
    store.after = None
    for revision in range(1, 30):
        clock.advance(instant.SECOND)
        await store.triage(store.id, change(clock, note="x"), revision)
    clock.advance(GRACE)
    assert await triage.reconcile() == 1
    assert results(workspace) == ["intent", "unknown"]


async def test_an_alert_that_expired_meanwhile_is_settled(triage, store, workspace, clock):
    intent = workspace.audit.append("lan", "triage", "gone", {"revision": 0, "at": instant.iso(NOON)}, result="intent")
    assert await triage.reconcile() == 1
    assert workspace.audit.page(limit=1)[0].settles == intent.n


async def test_without_the_trail_nothing_is_done(triage, store, workspace, clock):
    workspace.close()
    with pytest.raises(Unavailable):
        await triage.act(store.id, change(clock, status="acknowledged"), 0)
    assert (await store.get("alert", store.id))["triage"]["revision"] == 0


async def test_of_many_at_once_one_wins_each_revision_and_all_are_in_the_trail(triage, store, workspace, clock):
    async def edit(number):
        for _ in range(10):
            revision = (await store.get("alert", store.id))["triage"]["revision"]
            try:
                await triage.act(store.id, Change(f"user{number}", NOON + number, note="x"), revision)
            except Conflict:
                continue

    await asyncio.gather(*(edit(number) for number in range(5)))
    told = results(workspace)
    assert told.count("done") == (await store.get("alert", store.id))["triage"]["revision"]
    assert told.count("intent") == told.count("done") + told.count("conflict") == 50
    assert workspace.audit.open_intents() == []
