"""What is special about Elasticsearch: indices, blocks, what the mapping refuses, and the least privilege."""

from __future__ import annotations

import base64
import json
import urllib.request
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from soc import instant
from soc.clock import FixedClock
from soc.config import Elasticsearch
from soc.errors import ConfigurationError, Forbidden
from soc.stores import FIELDS, Change, Query, elastic_indices, elastic_rollup, indexed
from soc.stores.elastic import ElasticStore
from soc.stores.elastic_bulk import Item
from tests import services
from tests.stores.invented import NOON, SCAN, alerts_of, finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

services_needed = pytest.mark.services
KINDS = {"keyword": "keyword", "integer": "long", "date": "date"}
YEAR = 365 * instant.DAY


def test_the_mapping_has_every_field_and_the_search_text():
    mapping = elastic_indices.template()["mappings"]
    types = {name: told["type"] for name, told in mapping["properties"].items()}
    assert types == {**{field: KINDS[kind] for field, kind in FIELDS.items()}, "soc.search": "text"}
    keywords = [told for told in mapping["properties"].values() if told["type"] == "keyword"]
    assert all(told["ignore_above"] == indexed.MAX_KEYWORD for told in keywords)
    assert mapping["dynamic"] is False


@pytest.mark.parametrize(
    ("now", "months"),
    [
        ("2026-01-01T00:00:00Z", ["2025.12", "2026.01", "2026.02"]),
        ("2026-03-31T23:59:59Z", ["2026.02", "2026.03", "2026.04"]),
        ("2024-02-29T12:00:00Z", ["2024.01", "2024.02", "2024.03"]),
        ("2099-12-31T00:00:00Z", ["2099.11", "2099.12", "2100.01"]),
    ],
)
def test_the_months_around_an_instant(now, months):
    assert elastic_indices.around(instant.parse_iso(now)) == months


@pytest.mark.parametrize("url", ["localhost", "ftp://es.example:9200", ""])
def test_an_address_that_is_none_is_a_fault_of_the_configuration(url):
    with pytest.raises(ConfigurationError, match="write https://host:9200"):
        ElasticStore.open(Elasticsearch(url=url))


def test_a_password_file_that_is_not_there_is_a_fault_of_the_configuration(tmp_path):
    settings = Elasticsearch(url="http://127.0.0.1:1", username="w", password_file=str(tmp_path / "no"))
    with pytest.raises(ConfigurationError, match="the secret's file must exist"):
        ElasticStore.open(settings)


def test_a_file_of_authorities_that_is_not_there_is_a_fault_of_the_configuration(tmp_path):
    settings = Elasticsearch(url="https://127.0.0.1:1", ca_file=str(tmp_path / "no"))
    with pytest.raises(ConfigurationError, match="the file of the authority"):
        ElasticStore.open(settings)


def test_a_finding_that_came_between_two_searches_waits_for_the_next_roll_up():
    whole = [finding(number=n, time=NOON + n * instant.SECOND).document for n in range(40)]
    slim = [{**document, "soc": {"id": document["soc"]["id"]}} for document in whole]
    joined = elastic_rollup.joined(whole[1:11], whole[29:39][::-1], [*slim, slim[20]])
    assert sorted(joined, key=lambda document: document["@timestamp"]) == [*whole[1:11], *slim[11:29], *whole[29:39]]


class Cluster:
    """Indices of one test on the shared server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"own-{uuid.uuid4().hex}-"
        self.clock = FixedClock(NOON)
        self._opened: list[ElasticStore] = []

    def open(self, *, writer: bool = False) -> ElasticStore:
        settings = Elasticsearch(url=self.url)
        store = ElasticStore.open(settings, writer=writer, clock=self.clock, prefix=self.prefix)
        self._opened.append(store)
        return store

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return await self._opened[0]._client.ask(method, path, body)

    async def names(self) -> list[str]:
        found = await self.ask("GET", f"/{self.prefix}*/_alias")
        return sorted(name.removeprefix(self.prefix) for name in found)

    async def close(self) -> None:
        for name in await self.names():
            await self.ask("DELETE", f"/{self.prefix}{name}")
        for store in self._opened:
            await store.close()


@pytest.fixture
async def cluster(elasticsearch_url: str) -> AsyncIterator[Cluster]:
    made = Cluster(elasticsearch_url)
    made.open()
    yield made
    await made.close()


@services_needed
async def test_setting_up_makes_three_months_of_each_and_may_be_repeated(cluster):
    store = cluster.open()
    await store.setup()
    months = ["2026.02", "2026.03", "2026.04"]
    expected = sorted(f"{kind}-{month}" for kind in ("alerts", "findings") for month in months)
    assert await cluster.names() == expected
    await store.create([one := finding()], alerts_of([one]), NOON)
    await store.setup()
    assert await cluster.names() == expected
    assert await store.get("finding", one.id)


@services_needed
async def test_an_index_that_somebody_else_made_is_refused(cluster):
    store = cluster.open()
    name = f"{cluster.prefix}alerts-2026.03"
    await cluster.ask(
        "PUT", f"/{name}", {"mappings": {"properties": {"rule": {"properties": {"id": {"type": "long"}}}}}}
    )
    with pytest.raises(ConfigurationError, match=f"index {name} was not made by soc"):
        await store.setup()


@services_needed
async def test_the_writer_makes_no_index_and_what_it_writes_waits_for_one(cluster):
    writer, jobs = cluster.open(writer=True), cluster.open()
    await jobs.setup()
    await cluster.ask("DELETE", f"/{cluster.prefix}findings-2026.03")
    one = finding()
    first = await writer.create([one], alerts_of([one]), NOON)
    assert (first.alerts, first.created, list(first.retry)) == (1, 0, [one.id])
    assert "findings-2026.03" not in await cluster.names()
    await jobs.roll_up(NOON)
    assert (await writer.create([one], alerts_of([one]), NOON)).created == 1


@services_needed
async def test_months_begin_by_themselves(cluster):
    jobs = cluster.open()
    await jobs.setup()
    cluster.clock.advance(31 * instant.DAY)
    await jobs.roll_up(NOON)
    assert {"alerts-2026.05", "findings-2026.05"} <= set(await cluster.names())


@services_needed
async def test_other_months_are_made_when_needed_and_never_too_many(cluster, monkeypatch):
    monkeypatch.setattr(elastic_indices, "MOST_MONTHS", 4)
    store = cluster.open()
    await store.setup()
    old, older = finding(time=NOON - YEAR), finding(time=NOON - 50 * YEAR)
    assert (await store.create([old], alerts_of([old]), NOON)).created == 1
    found = await store.create([older], alerts_of([older]), NOON)
    assert (found.created, found.alerts, len(found.rejected), list(found.retry)) == (0, 0, 2, [])
    assert all("is the time right?" in reason for reason in found.rejected.values())
    assert len(await cluster.names()) == 8
    assert await cluster.open().get("alert", old.alert_id)


@services_needed
async def test_a_full_disk_of_the_server_delays_and_loses_nothing(cluster):
    store = cluster.open()
    await store.setup()
    one = finding()
    block = {"index.blocks.read_only_allow_delete": True}
    await cluster.ask("PUT", f"/{cluster.prefix}*/_settings", block)
    found = await store.create([one], alerts_of([one]), NOON)
    assert set(found.retry) == {one.id, one.alert_id}
    assert "read-only" in found.reason
    await cluster.ask("PUT", f"/{cluster.prefix}*/_settings", {"index.blocks.read_only_allow_delete": None})
    found = await store.create([one], alerts_of([one]), NOON)
    assert (found.created, found.alerts) == (1, 1)


@services_needed
async def test_what_the_mapping_refuses_is_kept_reduced_and_read_whole(cluster):
    store = cluster.open()
    await store.setup()
    one = finding(user__name="ann")
    odd = one._replace(document={**one.document, "": "no name may be empty"})
    found = await store.create([odd], alerts_of([odd]), NOON)
    assert (found.created, list(found.reduced), dict(found.rejected)) == (1, [odd.id], {})
    assert (await store.create([odd], [], NOON + 1)).duplicates == 1
    stamped = indexed.stamped(odd.document, NOON)
    assert await store.get("finding", odd.id) == stamped
    await store.refresh()
    assert await store.roll_up(0) == 1
    page = await store.search(Query("finding", filters={"rule.id": ["ssh-guessing"]}, sort="soc.id"))
    assert list(page.documents) == [stamped]
    assert (await store.search(Query("finding", filters={"user.name": ["ann"]}, sort="soc.id"))).total == 0


@services_needed
async def test_a_decision_about_a_reduced_alert_is_kept_and_found(cluster):
    store = cluster.open()
    await store.setup()
    (alert,) = alerts_of([one := finding(user__name="ann")])
    odd = alert._replace(document={**alert.document, "_id": "no name of the server's own"})
    assert list((await store.create([one], [odd], NOON)).reduced) == [odd.id]
    decided = await store.triage(odd.id, Change("ann", NOON, assignee="ann"), 0)
    assert decided["_id"] == odd.document["_id"]
    assert await store.get("alert", odd.id) == decided
    page = await store.search(
        Query(filters={"rule.id": ["ssh-guessing"], "triage.assignee": ["ann"]}, text="dang nhap")
    )
    assert list(page.documents) == [decided]


@services_needed
async def test_a_finding_that_was_stored_late_is_rolled_up_all_the_same(cluster):
    """A request that timed out may be carried out after the next roll-up has passed its stamp."""
    store = cluster.open()
    await store.setup()
    await store.create([first := finding()], alerts_of([first]), NOON)
    await store.refresh()
    await store.roll_up(NOON)
    await store.create([finding(number=1)], [], NOON + instant.SECOND)
    await store.refresh()
    await store.roll_up(NOON + 2 * instant.MINUTE)
    assert (await store.get("alert", first.alert_id))["soc"]["count"] == 2


@services_needed
async def test_what_lies_in_many_months_is_found_as_fresh_as_the_last_write(cluster):
    store, other = cluster.open(), cluster.open()
    await store.setup()
    findings = [finding(SCAN, n, time=NOON + n * 20 * instant.DAY) for n in (-1, 0, 1)]
    for one in findings:
        assert await other.create([one], alerts_of([one]), NOON)
        assert (await store.get("alert", one.alert_id))["triage"]["revision"] == 0
        await other.triage(one.alert_id, Change("ann", NOON, note="x"), 0)
        assert (await store.get("alert", one.alert_id))["triage"]["revision"] == 1


ROLES = """
writer:
  indices:
    - names: ["soc-findings-*", "soc-alerts-*"]
      privileges: ["create_doc"]
reader:
  cluster: ["monitor"]
  indices:
    - names: ["soc-findings-*", "soc-alerts-*"]
      privileges: ["read", "view_index_metadata"]
jobs:
  cluster: ["manage_index_templates"]
  indices:
    - names: ["soc-findings-*", "soc-alerts-*"]
      privileges: ["read", "write", "manage"]
"""
PASSWORD = "mua he o Hue"
# Of that password, as `bin/elasticsearch-users useradd` writes it; the program itself takes many seconds.
HASH = "$2a$10$zmyQsCmruVTMuYELdQrp9eymx.pHwrgbzfTKiifIy7XeQoUPkaedq"
USERS = ("writer", "reader", "jobs")


class Guarded(services.Elasticsearch):
    """With users, each of the role of the same name."""

    def prepare(self) -> None:
        super().prepare()
        config = self.folder / "config"
        (config / "roles.yml").write_text(ROLES)
        (config / "users").write_text("".join(f"{user}:{HASH}\n" for user in USERS))
        (config / "users_roles").write_text("".join(f"{user}:{user}\n" for user in USERS))

    def ready(self, begin: int) -> bool:
        token = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(f"{self.url}/_cluster/health", headers={"authorization": f"Basic {token}"})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return json.load(answer)["status"] in {"green", "yellow"}
        except (OSError, ValueError):
            return False


SECURITY = (
    "xpack.security.enabled=true",
    "xpack.security.http.ssl.enabled=false",
    "xpack.security.transport.ssl.enabled=false",
    "xpack.security.autoconfiguration.enabled=false",
)


@pytest.fixture
def guarded() -> Iterator[services.Elasticsearch]:
    with services.running(Guarded(extra=SECURITY)) as server:
        yield server


@services_needed
async def test_each_credential_does_its_work_and_no_more(guarded, tmp_path):
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)

    def store_as(user: str) -> ElasticStore:
        """As the role index opens it for the writer, as the others do for everybody else."""
        named = {"url": guarded.url, "username": "jobs", "password_file": str(secret)}
        if user == "writer":
            settings = Elasticsearch(**named, writer_username="writer", writer_password_file=str(secret))
            return ElasticStore.open(settings, writer=True, clock=FixedClock(NOON))
        return ElasticStore.open(Elasticsearch(**{**named, "username": user}), clock=FixedClock(NOON))

    writer, reader, jobs = (store_as(user) for user in USERS)
    stores = [writer, reader, jobs]
    one, other = finding(), finding(SCAN)
    alerts = alerts_of([one])

    # Before `soc setup`: the writer may not make an index, and that passes by itself.
    early = await writer.create([one], alerts, NOON)
    assert set(early.retry) == {one.id, one.alert_id}
    with pytest.raises(Forbidden, match="lacks a privilege for"):
        await reader.setup()
    await jobs.setup()

    assert (await writer.create([one], alerts, NOON)).created == 1
    assert (await writer.create([one], alerts, NOON)).duplicates == 1
    for act in ("index", "delete"):
        forged = Item(one.alert_id, writer._indices.of("alert", alerts[0].document), alerts[0].document, act)
        forged = replace(forged, document=None) if act == "delete" else forged
        with pytest.raises(Forbidden, match="lacks a privilege for indices:data/write"):
            await writer._bulk.write([forged])
    with pytest.raises(Forbidden):
        await writer.triage(one.alert_id, Change("ann", NOON, note="no"), 0)

    with pytest.raises(Forbidden, match="give its role one of the index privileges"):
        await reader.create([other], alerts_of([other]), NOON)
    assert await reader.get("alert", one.alert_id) == alerts[0].document
    await jobs.triage(one.alert_id, Change("ann", NOON, note="yes"), 0)
    await jobs.refresh()
    await jobs.roll_up(0)
    assert (await reader.get("alert", one.alert_id))["triage"]["revision"] == 1
    assert (await reader.search(Query())).total == 1

    secret.write_text("wrong")
    stranger = store_as("jobs")
    with pytest.raises(Forbidden, match="SOC_ELASTICSEARCH_PASSWORD_FILE"):
        await stranger.search(Query())
    for store in (*stores, stranger):
        await store.close()
