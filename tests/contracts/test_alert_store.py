"""What every AlertStore keeps: in memory, on SQLite and on Elasticsearch, each giving the same answer."""

from __future__ import annotations

import asyncio
import copy
import uuid
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from soc import alerting, instant
from soc.alerting import Suppression, Suppressions, exceptions
from soc.alerting.rollup import REFS
from soc.clock import FixedClock
from soc.config import Elasticsearch
from soc.errors import ConfigurationError
from soc.stores import FIELDS, Change, Conflict, NotFound, Query, Verdicts
from soc.stores.memory import MemoryStore
from tests.stores.invented import (
    HOSTILE,
    NOON,
    SCAN,
    SSH,
    WEB,
    alerts_of,
    finding,
    mixed,
    queries,
    suppressed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from soc.finding import Finding
    from soc.stores import AlertStore

INGESTED = NOON + instant.MINUTE
SEED = 20260315


class World(Protocol):
    """One store's data, opened as often as a test likes."""

    async def open(self) -> Any: ...
    async def settle(self) -> None:
        """Until searches see what was written."""

    async def close(self) -> None: ...


class Memory:
    def __init__(self, _request: pytest.FixtureRequest, _folder: Path) -> None:
        self._store = MemoryStore()

    async def open(self) -> AlertStore:
        return self._store

    async def settle(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Sqlite(Memory):
    def __init__(self, _request: pytest.FixtureRequest, folder: Path) -> None:
        self._path = folder / "alerts.db"

    async def open(self) -> AlertStore:
        from soc.stores.sqlite import SqliteStore

        self._store = await SqliteStore.open(self._path)
        return self._store

    async def close(self) -> None:
        await self._store.close()


class Elastic:
    """Making indices is slow, so all tests of a run share some, and each begins with no document in them."""

    def __init__(self, request: pytest.FixtureRequest, _folder: Path) -> None:
        self._url = request.getfixturevalue("elasticsearch_url")
        # What tests only read lies apart from what they change.
        kept = request.scope != "function"
        self._prefix = f"kept-{uuid.uuid4().hex}-" if kept else request.getfixturevalue("prefix")
        self._opened = False

    async def open(self) -> AlertStore:
        from soc.stores.elastic import ElasticStore

        settings = Elasticsearch(url=self._url)
        self._store = ElasticStore.open(settings, clock=FixedClock(NOON), prefix=self._prefix)
        if not self._opened:
            self._opened = True
            await self._store._indices.ensure_due()
            await empty(self._store)
        return self._store

    async def settle(self) -> None:
        await self._store.refresh()

    async def close(self) -> None:
        await self._store.close()


async def empty(store: Any) -> None:
    """Delete every document."""
    from soc.stores.elastic_bulk import Item

    await store.refresh()
    for collection in ("alert", "finding"):
        body = {"query": {"match_all": {}}, "size": 10_000, "_source": False}
        hits = (await store._search(collection, body))["hits"]["hits"]
        await store._bulk.write([Item(hit["_id"], hit["_index"], act="delete") for hit in hits])
    await store.refresh()


@pytest.fixture(scope="session")
def prefix() -> str:
    return f"contract-{uuid.uuid4().hex}-"


WORLDS = {"memory": Memory, "sqlite": Sqlite, "elastic": Elastic}
STORES = ["memory", "sqlite", pytest.param("elastic", marks=pytest.mark.services)]


@pytest.fixture(params=STORES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return WORLDS[request.param](request, tmp_path)


@pytest.fixture
async def store(world: World) -> AsyncIterator[Any]:
    opened = await world.open()
    yield opened
    await world.close()


class Filled:
    """One store with many documents that tests only read, beside the plain one in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.oracle: MemoryStore | None = None
        self.findings = mixed(Random(SEED), 120)

    async def open(self) -> Any:
        store = await self.world.open()
        if self.oracle is None:
            oracle = MemoryStore()
            for each in (store, oracle):
                await each.create(self.findings, self._alerts(), INGESTED)
            await self.world.settle()
            for each in (store, oracle):
                await each.roll_up(0)
                await self._decide(each)
            await self.world.settle()
            self.oracle = oracle
        return store

    def _alerts(self) -> list[Any]:
        alerts = alerts_of(self.findings)
        return [suppressed(alert, "exception-1") if number % 5 == 0 else alert for number, alert in enumerate(alerts)]

    async def _decide(self, store: AlertStore) -> None:
        changes = [
            Change("ann", NOON, status="acknowledged", assignee="ann"),
            Change("bob", NOON, status="closed", disposition="benign", note="a test"),
            Change("bob", NOON, assignee="bob"),
        ]
        for alert, change in zip(alerts_of(self.findings), changes * 4, strict=False):
            await store.triage(alert.id, change, 0)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("elastic", marks=pytest.mark.services)])
def filled_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return Filled(WORLDS[request.param](request, tmp_path_factory.mktemp("filled")))


@pytest.fixture
async def filled(filled_once: Filled) -> AsyncIterator[tuple[Any, MemoryStore]]:
    store = await filled_once.open()
    yield store, filled_once.oracle
    await filled_once.world.close()


async def everything(store: AlertStore, query: Query) -> list[Any]:
    """All pages of a query."""
    found: list[Any] = []
    while True:
        page = await store.search(query)
        found += page.documents
        assert len(page.documents) <= query.limit
        if not page.next:
            assert page.total == len(found)
            return found
        assert len(page.documents) == query.limit
        query = replace(query, after=page.next)


def ids(documents: Any) -> list[str]:
    return [document["soc"]["id"] for document in documents]


async def store_all(store: AlertStore, findings: list[Finding], ingested: int = INGESTED) -> Verdicts:
    return await store.create(findings, alerts_of(findings), ingested)


# What is created.


async def test_what_was_created_is_there_at_once_and_whole(store):
    one = finding()
    (alert,) = alerts_of([one])
    before = copy.deepcopy((one, alert))
    assert await store_all(store, [one]) == Verdicts(created=1, alerts=1)
    stamped = {**one.document, "event": {**one.document["event"], "ingested": "2026-03-15T12:01:00.000Z"}}
    assert await store.get("finding", one.id) == stamped
    assert await store.get("alert", alert.id) == alert.document
    assert (one, alert) == before


async def test_what_is_created_again_stays_as_it_was(store):
    one, other = finding(), finding(number=1)
    await store_all(store, [one])
    again = one._replace(document={**one.document, "message": "changed"})
    assert await store_all(store, [again, other], INGESTED + instant.HOUR) == Verdicts(created=1, duplicates=1)
    assert (await store.get("finding", one.id))["event"]["ingested"] == "2026-03-15T12:01:00.000Z"
    assert "message" not in await store.get("finding", one.id)


async def test_a_finding_without_alert_opens_none(store, world):
    shadow = finding(SSH._replace(state="shadow"))
    assert await store_all(store, [shadow]) == Verdicts(created=1)
    await world.settle()
    assert await store.roll_up(0) == 0


async def test_many_are_created_at_once(store, world):
    many = [finding(number=number, source=f"203.0.113.{number % 50}") for number in range(1_300)]
    assert await store_all(store, many) == Verdicts(created=1_300, alerts=50)
    assert await store_all(store, many) == Verdicts(duplicates=1_300)
    await world.settle()
    assert (await store.search(Query("finding", limit=1, sort="soc.id"))).total == 1_300


@pytest.mark.parametrize("collection", ["alert", "finding"])
async def test_what_was_never_created_is_not_found(store, collection):
    await store_all(store, [finding()])
    for id_ in ("", "no", "../_search", "a" * 500, "x\x00"):
        with pytest.raises(NotFound, match=f"there is no {collection}"):
            await store.get(collection, id_)


async def test_hostile_documents_are_kept_as_they_are(store, world):
    hostile = [_hostile(number, key, value) for number, (key, value) in enumerate(_odd())]
    verdicts = await store_all(store, hostile)
    assert (verdicts.created, list(verdicts.retry), verdicts.rejected) == (len(hostile), [], {})
    await world.settle()
    assert await store.roll_up(0) == len(hostile)
    for told in hostile:
        assert (await store.get("finding", told.id))["odd"] == told.document["odd"]
        alert = await store.get("alert", told.alert_id)
        assert alert["soc"]["evidence"][0]["event"]["odd"] == told.document["odd"]
        decided = await store.triage(told.alert_id, Change("ann", NOON, note="odd"), 0)
        assert await store.get("alert", told.alert_id) == decided
    await world.settle()
    assert (await store.search(Query())).total == len(hostile)


def _odd() -> list[tuple[str, Any]]:
    deep: Any = "bottom"
    for _ in range(60):
        deep = {"a": [deep]}
    keys = (
        "",
        " ",
        ".",
        "a.",
        ".a",
        "a..b",
        "_id",
        "_source",
        "_routing",
        "host",
        "soc",
        "\x00",
        "a" * 40_000,
        "\u202e",
    )
    return [
        *((key, {key: 1}) for key in keys),
        ("deep", deep),
        ("wide", {f"k{n}": n for n in range(2_000)}),
        *HOSTILE_PAIRS,
    ]


HOSTILE_PAIRS = [("value", value) for value in HOSTILE] + [
    ("value", value) for value in (None, [], {}, [[]], 2**63, 2**70, -(2**64), 1e300, 0.1, True, [1, "a", {"b": None}])
]


def _hostile(number: int, key: str, value: Any) -> Finding:
    """A finding with an odd value under a name that is not indexed, and the odd key at every place a record can name."""
    told = finding(number=number, source=f"192.0.2.{number}", user__name=value)
    document = {**told.document, "odd": {"value": value, "list": [value]}}
    if key not in document:
        document[key] = value
    return told._replace(document=document)


# What is asked.


async def test_the_same_question_has_the_same_answer(filled):
    store, oracle = filled
    random = Random(SEED + 1)
    findings = mixed(Random(SEED), 120)
    for query in queries(random, 100, findings):
        mine, its = await oracle.search(query), await store.search(query)
        assert (ids(its.documents), its.total, bool(its.next)) == (ids(mine.documents), mine.total, bool(mine.next)), (
            query
        )
        assert list(its.documents) == list(mine.documents), query


async def test_the_queries_of_these_tests_find_something():
    findings = mixed(Random(SEED), 120)
    oracle = MemoryStore()
    await store_all(oracle, findings)
    found = [(await oracle.search(query)).total for query in queries(Random(SEED + 1), 100, findings)]
    assert sum(total > 0 for total in found) > 40
    assert sum(total == 0 for total in found) > 20


@pytest.mark.parametrize("way", ["", "-"])
async def test_pages_in_any_order_show_everything_once(filled, way):
    store, oracle = filled
    for field in FIELDS:
        query = Query(sort=way + field, limit=50, suppressed=True)
        assert ids(await everything(store, query)) == ids(await everything(oracle, query)), field


@pytest.mark.parametrize("sort", ["-@timestamp", "user.name", "-user.name", "triage.status", "event.ingested"])
async def test_pages_of_findings_show_everything_once(filled, sort):
    store, oracle = filled
    query = Query("finding", sort=sort, limit=50)
    found = await everything(store, query)
    assert ids(found) == ids(await everything(oracle, query))
    assert len(found) == len(set(ids(found))) == 120


@pytest.mark.parametrize("limit", [2, 200])
async def test_values_are_counted_alike(filled, limit):
    store, oracle = filled
    fields = [field for field, kind in FIELDS.items() if kind != "date"]
    for query in (Query(), Query("finding"), Query(filters={"rule.id": ["ssh-guessing"]}, suppressed=True)):
        mine, its = await oracle.facets(query, fields, limit), await store.facets(query, fields, limit)
        for field in fields:
            assert list(its[field].items()) == list(mine[field].items()), (query, field)


async def test_all_counts_of_a_field_add_up(filled):
    store, _ = filled
    counted = await store.facets(Query(suppressed=True), ["rule.id", "triage.status"])
    total = (await store.search(Query(suppressed=True, limit=1))).total
    assert sum(counted["rule.id"].values()) == sum(counted["triage.status"].values()) == total


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dang nhap", ["ssh-guessing"]),
        ("Đăng NHẬP", ["ssh-guessing"]),
        ("nhap dang", ["ssh-guessing"]),
        ("đăng", ["ssh-guessing"]),
        ("ssh gues", ["ssh-guessing"]),
        ("uessing", []),
        ("dang cong", []),
        ("quét", ["port-scan"]),
        ("203.0.113.", ["port-scan", "ssh-guessing"]),
        ("03.0.113.7", []),
        ("  ", ["port-scan", "ssh-guessing"]),
        ("* OR 1", []),
        ("\x00", []),
    ],
)
async def test_words_are_found_by_their_beginnings_however_they_are_written(store, world, text, found):
    await store_all(store, [finding(), finding(SCAN)])
    await world.settle()
    page = await store.search(Query(text=text, sort="rule.id"))
    assert [alert["rule"]["id"] for alert in page.documents] == found


async def test_words_are_not_looked_for_in_findings(store, world):
    await store_all(store, [finding()])
    await world.settle()
    assert (await store.search(Query("finding", text="ssh", sort="soc.id"))).total == 0


async def test_times_are_from_and_before(store, world):
    await store_all(store, [finding(number=n, time=NOON + n * instant.MINUTE) for n in range(3)])
    await world.settle()

    async def total(**limits: int) -> int:
        return (await store.search(Query("finding", sort="soc.id", **limits))).total

    assert await total(since=NOON + instant.MINUTE) == 2
    assert await total(until=NOON + instant.MINUTE) == 1
    assert await total(since=NOON, until=NOON + 2 * instant.MINUTE) == 2
    assert await total(ingested_since=INGESTED) == 3
    assert await total(ingested_since=INGESTED + 1000) == 0


async def test_what_an_exception_hides_is_shown_on_demand(store, world):
    findings = [finding(), finding(SCAN)]
    first, second = alerts_of(findings)
    await store.create(findings, [first, suppressed(second, "x-1", "x-2")], INGESTED)
    await world.settle()
    await store.roll_up(0)
    await world.settle()
    assert ids((await store.search(Query())).documents) == [first.id]
    assert set(ids((await store.search(Query(suppressed=True))).documents)) == {first.id, second.id}
    assert await store.facets(Query(suppressed=True), ["soc.suppressed_by"]) == {
        "soc.suppressed_by": {"x-1": 1, "x-2": 1}
    }
    assert (await store.facets(Query(), ["rule.id"]))["rule.id"] == {"ssh-guessing": 1}


@pytest.mark.parametrize(
    "query",
    [
        Query(filters={"message": ["x"]}),
        Query(excluded={"_id": ["x"]}),
        Query(sort="-evil"),
        Query(sort=""),
        Query(limit=0),
        Query(limit=201),
        Query(after="nonsense"),
        Query(after="WyJhIl0="),
    ],
)
async def test_what_is_not_indexed_cannot_be_asked(store, query):
    with pytest.raises(ConfigurationError):
        await store.search(query)


async def test_a_page_does_not_go_on_in_another_order(store, world):
    await store_all(store, [finding(), finding(SCAN)])
    await world.settle()
    page = await store.search(Query(limit=1))
    with pytest.raises(ConfigurationError, match="start at the first page"):
        await store.search(Query(limit=1, sort="rule.id", after=page.next))


@pytest.mark.parametrize(("fields", "limit"), [(["soc.last_seen"], 20), (["message"], 20), (["rule.id"], 0)])
async def test_what_cannot_be_counted_is_refused(store, fields, limit):
    with pytest.raises(ConfigurationError):
        await store.facets(Query(), fields, limit)


async def test_an_empty_store_answers(store):
    assert await store.facets(Query(), ["rule.id"]) == {"rule.id": {}}
    page = await store.search(Query())
    assert (list(page.documents), page.next, page.total) == ([], "", 0)
    assert await store.roll_up(0) == 0
    assert await store.expire(NOON) == 0


# What people do.


async def test_a_decision_changes_the_triage_part_only(store, world):
    await store_all(store, [one := finding()])
    before = await store.get("alert", one.alert_id)
    after = await store.triage(one.alert_id, Change("ann", NOON, status="acknowledged", assignee="ann", note="mine"), 0)
    changed = {"status": ["new", "acknowledged"], "assignee": [None, "ann"], "note": True}
    at = instant.iso(NOON)
    assert after == {
        **before,
        "triage": {
            "status": "acknowledged",
            "assignee": "ann",
            "disposition": None,
            "notes": [{"at": at, "actor": "ann", "text": "mine"}],
            "revision": 1,
            "history": [{"at": at, "actor": "ann", "changed": changed}],
        },
    }
    assert await store.get("alert", one.alert_id) == after
    await world.settle()
    found = await store.search(Query(filters={"triage.assignee": ["ann"], "triage.status": ["acknowledged"]}))
    assert list(found.documents) == [after]
    assert (await store.search(Query(filters={"triage.assignee": [""]}))).total == 0


async def test_a_decision_is_seen_by_the_next_search(store):
    await store_all(store, [one := finding()])
    await store.triage(one.alert_id, Change("ann", NOON, status="closed", disposition="test"), 0)
    assert (await store.search(Query(filters={"triage.status": ["closed"]}))).total == 1


async def test_who_decides_on_an_old_state_gets_the_new_one(store):
    await store_all(store, [one := finding()])
    first = await store.triage(one.alert_id, Change("ann", NOON, assignee="ann"), 0)
    with pytest.raises(Conflict) as caught:
        await store.triage(one.alert_id, Change("bob", NOON, assignee="bob"), 0)
    assert caught.value.current == first == await store.get("alert", one.alert_id)


async def test_of_many_decisions_at_once_one_wins(store):
    await store_all(store, [one := finding()])
    acts = [store.triage(one.alert_id, Change(f"user-{n}", NOON, note=str(n)), 0) for n in range(8)]
    results = await asyncio.gather(*acts, return_exceptions=True)
    won = [result for result in results if isinstance(result, dict)]
    assert len(won) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 7
    assert await store.get("alert", one.alert_id) == won[0]


async def test_nobody_decides_about_what_is_not_there(store):
    with pytest.raises(NotFound):
        await store.triage("no", Change("ann", NOON, note="?"), 0)


@pytest.mark.parametrize(
    "change",
    [
        Change("ann", NOON, status="closed"),
        Change("ann", NOON, disposition="benign"),
        Change("ann", NOON, status="lost"),
        Change("ann", NOON, status="closed", disposition="bored"),
    ],
)
async def test_a_decision_that_contradicts_itself_changes_nothing(store, change):
    await store_all(store, [one := finding()])
    with pytest.raises(ConfigurationError):
        await store.triage(one.alert_id, change, 0)
    assert await store.get("alert", one.alert_id) == alerts_of([one])[0].document


# What follows from findings.


async def test_an_alert_follows_from_its_findings_whoever_was_first(world, store):
    random = Random(SEED)
    findings = [
        finding(
            number=n, time=NOON + random.randrange(instant.HOUR), severity=random.choice(["low", "high", "critical"])
        )
        for n in range(30)
    ]
    findings.append(finding(number=99, time=NOON + 5, host__name=None, url__full="https://198.51.100.1/"))
    oracle = MemoryStore()
    await store_all(oracle, findings)
    await oracle.roll_up(0)
    random.shuffle(findings)
    for ingested, part in enumerate((findings[:5], findings[5:], findings[:9])):
        await store_all(store, part, INGESTED + ingested * instant.MINUTE)
        await world.settle()
        await store.roll_up(INGESTED + ingested * instant.MINUTE)
    expected = await oracle.get("alert", findings[0].alert_id)
    found = await store.get("alert", findings[0].alert_id)
    assert _stamps_aside(found) == _stamps_aside(expected)
    assert (found["soc"]["count"], len(found["soc"]["evidence"]), len(found["soc"]["refs"])) == (31, 20, 31)


def _stamps_aside(alert: Any) -> Any:
    alert = copy.deepcopy(alert)
    for piece in alert["soc"]["evidence"]:
        del piece["event"]["event"]["ingested"]
    return alert


async def test_an_alert_of_very_many_findings_is_rolled_up_all_the_same(world, store):
    total = REFS + 40
    findings = [finding(number=n, time=NOON + n * instant.SECOND, severity="low") for n in range(total)]
    findings[REFS + 10] = finding(number=REFS + 10, time=NOON + (REFS + 10) * instant.SECOND, severity="critical")
    await store_all(store, findings)
    await world.settle()
    await store.roll_up(0)
    stored = [await store.get("finding", one.id) for one in findings]
    opened = alerts_of(findings)[0].document
    expected = alerting.roll_up(opened, stored)
    found = await store.get("alert", findings[0].alert_id)
    assert found == expected
    assert (found["soc"]["count"], found["event"]["severity"]) == (total, 5)


async def test_a_roll_up_keeps_what_people_decided_and_says_what_changed(world, store):
    await store_all(store, [one := finding()])
    decided = await store.triage(one.alert_id, Change("ann", NOON, assignee="ann", note="mine"), 0)
    await store_all(store, [finding(number=1), finding(SCAN)], INGESTED + instant.MINUTE)
    await world.settle()
    assert await store.roll_up(INGESTED + instant.MINUTE) == 2
    after = await store.get("alert", one.alert_id)
    assert (after["triage"], after["soc"]["count"]) == (decided["triage"], 2)
    await world.settle()
    assert await store.roll_up(INGESTED + instant.MINUTE) == 0
    assert await store.roll_up(INGESTED + instant.DAY) == 0


async def test_roll_ups_and_decisions_at_once_lose_nothing(world, store):
    await store_all(store, [one := finding()])

    async def decide() -> None:
        for revision in range(10):
            await store.triage(one.alert_id, Change("ann", NOON + revision, note=str(revision)), revision)

    async def roll_up() -> None:
        for number in range(1, 6):
            await store_all(store, [finding(number=number)], INGESTED + number * instant.MINUTE)
            await world.settle()
            await store.roll_up(0)

    await asyncio.gather(decide(), roll_up())
    alert = await store.get("alert", one.alert_id)
    assert (alert["soc"]["count"], alert["triage"]["revision"]) == (6, 10)
    assert [note["text"] for note in alert["triage"]["notes"]] == [str(number) for number in range(10)]


async def test_an_alert_whose_findings_change_is_found_by_what_it_became(world, store):
    await store_all(store, [one := finding(severity="low")])
    await store_all(store, [finding(SSH._replace(title_vi="Tên mới"), 1, time=NOON + 1000, severity="critical")])
    await world.settle()
    await store.roll_up(0)
    await world.settle()
    assert ids((await store.search(Query(filters={"event.severity": [5], "soc.count": [2]}))).documents) == [
        one.alert_id
    ]
    assert (await store.search(Query(text="ten moi"))).total == 1
    assert (await store.search(Query(text="dang nhap"))).total == 0


# What exceptions hide.


def exception(*where: str, rule: str = "", id_: str = "x-1", until: int = NOON + instant.DAY) -> Suppression:
    conditions = tuple(map(exceptions.condition_of, where))
    return Suppression(id_, "exception", "ann", "known", NOON, until, rule, conditions)


async def hidden(store: AlertStore) -> dict[str, list[str]]:
    """The rules of the hidden alerts, with what hides them."""
    page = await store.search(Query(only_suppressed=True, sort="rule.id"))
    return {alert["rule"]["id"]: alert["soc"]["suppressed_by"] for alert in page.documents}


async def test_a_roll_up_marks_what_exceptions_hide_and_unmarks_what_none_does(world, store):
    await store_all(store, [finding(), finding(SCAN), finding(WEB)])
    await world.settle()
    told = Suppressions(
        (exception(rule="port-scan"), exception("source.ip=203.0.113.0/24", rule="web-shell", id_="x-2"))
    )
    assert await store.roll_up(INGESTED, told) == 3
    await world.settle()
    assert await hidden(store) == {"port-scan": ["x-1"], "web-shell": ["x-2"]}
    assert ids((await store.search(Query())).documents) == [finding().alert_id]
    assert (await store.get("alert", finding(SCAN).alert_id))["soc"]["suppressions"] == [told.all[0].mark]
    assert await store.roll_up(INGESTED, told) == await store.roll_up(INGESTED) == 0
    assert await store.roll_up(INGESTED, Suppressions(told.all[1:])) == 1
    await world.settle()
    assert await hidden(store) == {"web-shell": ["x-2"]}


async def test_alerts_are_looked_at_again_when_they_are_named(world, store):
    await store_all(store, [finding(), finding(SCAN)])
    await world.settle()
    await store.roll_up(INGESTED, exceptions.NONE)
    later, told = INGESTED + instant.DAY, Suppressions((exception("source.ip=203.0.113.7"),))
    assert await store.roll_up(later, told, [finding().alert_id, "gone"]) == 1
    await world.settle()
    assert await hidden(store) == {"ssh-guessing": ["x-1"]}
    assert await store.roll_up(later, exceptions.NONE, [finding().alert_id, finding(SCAN).alert_id]) == 1
    await world.settle()
    assert await hidden(store) == {}


async def test_one_finding_outside_brings_an_alert_back_and_decisions_stay(world, store):
    await store_all(store, [one := finding(user__name="svc")])
    await world.settle()
    told = Suppressions((exception("user.name=svc"),))
    await store.roll_up(INGESTED, told)
    decided = await store.triage(one.alert_id, Change("ann", NOON, note="mine"), 0)
    assert decided["soc"]["suppressed_by"] == ["x-1"]
    await store_all(store, [finding(number=1, user__name="root")], INGESTED + instant.MINUTE)
    await world.settle()
    await store.roll_up(INGESTED, told)
    after = await store.get("alert", one.alert_id)
    assert (after["soc"]["suppressed_by"], "suppressions" in after["soc"], after["triage"]) == (
        [],
        False,
        decided["triage"],
    )


@pytest.mark.parametrize(
    ("fields", "where", "expected"),
    [
        ([{"user__name": "svc"}] * 50, ["user.name=svc"], True),
        ([{"user__name": "svc"}] * 25 + [{"user__name": "root"}] + [{"user__name": "svc"}] * 24, ["user.name=svc"], False),
        ([{"user__name": "svc"}] * 25 + [{}] + [{"user__name": "svc"}] * 24, ["user.name=svc"], False),
        ([{"user__name": "svc"}] * 25 + [{"user__name": ["svc", "root"]}] + [{"user__name": "svc"}] * 24, ["user.name=svc"], False),
        ([{}] * 50, ["user.name="], True),
        ([{}] * 25 + [{"user__name": "svc"}] + [{}] * 24, ["user.name="], False),
        ([{"destination__ip": f"10.0.0.{n}"} for n in range(50)], ["destination.ip=10.0.0.0/8"], True),
        ([{"destination__ip": f"10.0.{n // 200}.{n % 200}"} for n in range(230)], ["destination.ip=10.0.0.0/8"], False),
        ([{"process__name": "rsync"}] * 50, ["process.name=rsync", "source.ip=203.0.113.7"], True),
        ([{"process__name": "rsync"}] * 25 + [{"process__name": "nc"}] + [{"process__name": "rsync"}] * 24, ["process.name=rsync"], False),
    ],
)  # fmt: skip
async def test_all_findings_of_a_large_alert_count(world, store, fields, where, expected):
    findings = [finding(number=n, time=NOON + n * instant.SECOND, **each) for n, each in enumerate(fields)]
    await store_all(store, findings)
    await world.settle()
    told = Suppressions((exception(*where), exception("host.name=db-1", rule="ssh-guessing", id_="x-2")))
    await store.roll_up(INGESTED, told)
    assert (await store.get("alert", findings[0].alert_id))["soc"]["suppressed_by"] == (["x-1"] if expected else [])


async def test_of_very_many_findings_the_indexed_fields_are_known(world, store):
    findings = [
        finding(number=n, time=NOON + n * instant.SECOND, user__name="svc", process__name="rsync")
        for n in range(REFS + 1)
    ]
    await store_all(store, findings)
    await world.settle()
    told = Suppressions((exception("user.name=svc"), exception("process.name=rsync", id_="x-2")))
    await store.roll_up(INGESTED, told)
    assert (await store.get("alert", findings[0].alert_id))["soc"]["suppressed_by"] == ["x-1"]


async def test_what_is_hidden_is_counted_by_exception(world, store):
    findings = [finding(number=n, source=f"203.0.113.{n}") for n in range(5)]
    await store_all(store, [*findings, finding(SCAN)])
    await world.settle()
    told = Suppressions((exception(rule="ssh-guessing"), exception("source.ip=203.0.113.3", id_="x-2")))
    for _ in range(2):
        await store.roll_up(INGESTED, told)
        await world.settle()
        query = Query(only_suppressed=True)
        assert (await store.search(query)).total == 5
        assert await store.facets(query, ["soc.suppressed_by"]) == {"soc.suppressed_by": {"x-1": 5, "x-2": 1}}


# What goes.


async def test_whole_months_go_when_they_have_ended(world, store):
    march, february = finding(), finding(SCAN, time=NOON - 20 * instant.DAY)
    await store_all(store, [march, february])
    await world.settle()
    assert await store.expire(NOON - 15 * instant.DAY) == 0
    assert await store.expire(NOON) == 2
    with pytest.raises(NotFound):
        await store.get("alert", february.alert_id)
    with pytest.raises(NotFound):
        await store.get("finding", february.id)
    assert await store.get("alert", march.alert_id)
    await world.settle()
    assert [alert["rule"]["id"] for alert in (await store.search(Query())).documents] == ["ssh-guessing"]
    assert (await store.search(Query(text="quet"))).total == 0


async def test_all_samples_go_and_nothing_else(world, store):
    real = [finding(number=n, user__name=["ann", "bob"]) for n in range(3)]
    samples = [finding(WEB, n, sample=True, user__name=["eve", "mal"]) for n in range(250)]
    await store_all(store, [*real, *samples])
    await world.settle()
    assert await store.expire(NOON, samples=True) == 251
    assert await store.expire(NOON, samples=True) == 0
    await world.settle()
    assert (await store.facets(Query(), ["rule.id"]))["rule.id"] == {"ssh-guessing": 1}
    assert (await store.facets(Query("finding"), ["user.name"]))["user.name"] == {"ann": 3, "bob": 3}


async def test_what_went_may_come_back(world, store):
    await store_all(store, [one := finding(sample=True)])
    await world.settle()
    await store.expire(NOON, samples=True)
    assert await store_all(store, [one]) == Verdicts(created=1, alerts=1)
    await world.settle()
    assert (await store.search(Query(text="ssh"))).total == 1
