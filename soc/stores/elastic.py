"""The seam AlertStore on Elasticsearch: one index a month for findings and one for alerts, made ahead, never by themselves.

It needs the server's core only: no scripts, no ingest pipelines, no lifecycle policies, no update or delete by query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from soc import instant
from soc.clock import SystemClock
from soc.errors import ConfigurationError, Unavailable
from soc.stores import Conflict, NotFound, Page, Verdicts, elastic_query, indexed, pages
from soc.stores.elastic_bulk import BulkWriter, Item, Verdict
from soc.stores.elastic_client import Client, Refused
from soc.stores.elastic_indices import Indices
from soc.stores.elastic_rollup import ALERTS, SEARCH, RollUp, Stored, stored_at
from soc.stores.triage import apply_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.clock import Clock
    from soc.config import Elasticsearch
    from soc.finding import Finding
    from soc.stores import Change, Collection, Document, Query

PREFIX = "soc-"
_ATTEMPTS = 20
_DELETED = 1_000
_LOOK_BACK_EVERY, _LOOK_BACK = instant.MINUTE, 5 * instant.MINUTE
_COLLECTIONS: tuple[Collection, ...] = ("alert", "finding")


class ElasticStore:
    """The seam AlertStore."""

    def __init__(self, client: Client, indices: Indices, *, writer: bool = False) -> None:
        self._client = client
        self._indices = indices
        self._writer = writer
        self._bulk = BulkWriter(client)
        self._roll_up = RollUp(client, indices, self._bulk)
        self._looked_back = 0

    @classmethod
    def open(
        cls, settings: Elasticsearch, *, writer: bool = False, clock: Clock | None = None, prefix: str = PREFIX
    ) -> ElasticStore:
        """Nothing is asked of the server yet.

        `writer` takes the credential that may only create documents: it makes no index, whoever has a missing one waits.
        """
        client = Client(settings, writer=writer)
        return cls(client, Indices(client, clock or SystemClock(), prefix, settings.replicas), writer=writer)

    async def setup(self) -> None:
        """Templates and indices, as far as they are missing."""
        await self._indices.setup()

    async def close(self) -> None:
        await self._client.close()

    async def create(self, findings: Sequence[Finding], alerts: Sequence[Alert], ingested: int) -> Verdicts:
        of = self._indices.of
        opening = [Item(alert.id, of("alert", alert.document), alert.document) for alert in alerts]
        opened = await self._create("alert", opening)
        # A finding that is there has its alert, so that no roll-up misses one.
        waiting = {item.id for item, verdict in zip(opening, opened, strict=True) if verdict.kind == "retry"}
        ready = [finding for finding in findings if finding.alert_id not in waiting]
        storing = [
            Item(finding.id, of("finding", finding.document), indexed.stamped(finding.document, ingested))
            for finding in ready
        ]
        stored = await self._create("finding", storing)
        held = [finding.id for finding in findings if finding.alert_id in waiting]
        return _verdicts(list(zip(storing, stored, strict=True)), list(zip(opening, opened, strict=True)), held)

    async def _create(self, collection: Collection, items: Sequence[Item]) -> list[Verdict]:
        verdicts = await self._bulk.write(items)
        homeless = [place for place, verdict in enumerate(verdicts) if verdict.kind == "missing"]
        if homeless and not self._writer:
            refused = await self._indices.ensure(collection, {items[place].index for place in homeless})
            again = [place for place in homeless if items[place].index not in refused]
            for place in homeless:
                verdicts[place] = Verdict("rejected", refused.get(items[place].index, ""))
            for place, verdict in zip(again, await self._bulk.write([items[place] for place in again]), strict=True):
                verdicts[place] = verdict
        return [
            _waiting(item, verdict) if verdict.kind == "missing" else verdict
            for item, verdict in zip(items, verdicts, strict=True)
        ]

    async def get(self, collection: Collection, id_: str) -> Document:
        return (await self._find(collection, id_)).document

    async def _find(self, collection: Collection, id_: str) -> Stored:
        """Where a document lies; a month that began since indices were listed is found at the second look."""
        for fresh in (False, True) if id_ else ():
            names = await self._indices.known(collection, fresh=fresh)
            for stored in await stored_at(self._client, [(name, id_) for name in reversed(names)]):
                if stored:
                    return stored
        raise NotFound(f"there is no {collection} {id_}")

    async def search(self, query: Query) -> Page:
        indexed.check(query)
        hits: list[dict[str, Any]] = []
        total = 0
        for body in elastic_query.page(query, query.limit + 1):
            if len(hits) <= query.limit:
                answer = await self._search(query.collection, body)
                hits += answer["hits"]["hits"]
                total = answer.get("aggregations", {}).get("total", {"doc_count": 0})["doc_count"]
        shown = hits[: query.limit]
        following = pages.encode(query, elastic_query.place_of(shown[-1])) if len(hits) > query.limit else ""
        return Page([indexed.whole(hit["_source"]) for hit in shown], following, total)

    async def facets(self, query: Query, fields: Sequence[str], limit: int = 20) -> Mapping[str, Mapping[str, int]]:
        indexed.check(query)
        indexed.check_facets(fields, limit)
        answer = await self._search(query.collection, elastic_query.facets(query, fields, limit))
        told = answer.get("aggregations", {})
        return {field: elastic_query.counts(told.get(field, {"buckets": []})) for field in fields}

    async def _search(self, collection: Collection, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._client.ask("POST", f"/{self._indices.pattern(collection)}/_search", body, SEARCH)
        except Refused as error:
            raise ConfigurationError(f"{error}; ask for less, or start at the first page") from None

    async def triage(self, id_: str, change: Change, revision: int) -> Document:
        for _ in range(_ATTEMPTS):
            stored = await self._find("alert", id_)
            before = stored.document
            if before["triage"]["revision"] != revision:
                raise Conflict(before)
            after = {**before, "triage": apply_change(before["triage"], change)}
            verdict = await self._put(Item(id_, stored.index, after, "index", stored.guard))
            if verdict.kind in {"done", "reduced"}:
                return after
            if verdict.kind != "duplicate":  # that one: a roll-up wrote first
                raise Unavailable(f"the change was not stored: {verdict.reason}")
        raise Unavailable(f"alert {id_} is being rolled up again and again; try once more")

    async def _put(self, item: Item) -> Verdict:
        (verdict,) = await self._bulk.write([item], refresh=True)
        return verdict

    async def roll_up(self, since: int, suppressions: Suppressions | None = None, also: Sequence[str] = ()) -> int:
        await self._indices.ensure_due()
        # A request that timed out may have been carried out later than its findings say.
        if since - self._looked_back >= _LOOK_BACK_EVERY:
            self._looked_back, since = since, since - _LOOK_BACK
        changed = 0
        async for ids in self._roll_up.touched(since):
            changed += await self._roll_up.roll_up(ids, suppressions)
        for start in range(0, len(also), ALERTS):
            changed += await self._roll_up.roll_up(also[start : start + ALERTS], suppressions)
        return changed

    async def expire(self, before: int, *, samples: bool = False) -> int:
        deleted = 0
        for collection in _COLLECTIONS:
            if samples:
                deleted += await self._purge(collection)
                continue
            for name in await self._indices.known(collection, fresh=True):
                if self._indices.month(name) < instant.month(before):
                    deleted += (await self._client.ask("GET", f"/{name}/_count"))["count"]
                    await self._client.ask("DELETE", f"/{quote(name)}")
        for collection in _COLLECTIONS:
            await self._indices.known(collection, fresh=True)
        return deleted

    async def _purge(self, collection: Collection) -> int:
        """Delete all sample documents; how many."""
        deleted = 0
        body = {"query": {"term": {"soc.sample": "true"}}, "size": _DELETED, "_source": False}
        while True:
            await self.refresh(collection)
            hits = (await self._search(collection, body))["hits"]["hits"]
            if not hits:
                return deleted
            verdicts = await self._bulk.write([Item(hit["_id"], hit["_index"], act="delete") for hit in hits])
            failed = next((verdict for verdict in verdicts if verdict.kind not in {"done", "missing"}), None)
            if failed:
                raise Unavailable(f"not all samples could be deleted: {failed.reason}")
            deleted += sum(verdict.kind == "done" for verdict in verdicts)

    async def refresh(self, *collections: Collection) -> None:
        """Let searches see all that is stored; they do by themselves within a second."""
        for collection in collections or _COLLECTIONS:
            await self._client.ask("POST", f"/{self._indices.pattern(collection)}/_refresh")


def _waiting(item: Item, verdict: Verdict) -> Verdict:
    return Verdict(
        "retry",
        f"there is no index {item.index} ({verdict.reason}); the role jobs makes those of last month, this one and the "
        f"next, make one of another month with PUT /{item.index}",
    )


def _verdicts(
    findings: Sequence[tuple[Item, Verdict]], alerts: Sequence[tuple[Item, Verdict]], held: Iterable[str]
) -> Verdicts:
    both = [*findings, *alerts]
    retry = (item.id for item, verdict in both if verdict.kind == "retry")
    return Verdicts(
        created=sum(verdict.kind in {"done", "reduced"} for _, verdict in findings),
        duplicates=sum(verdict.kind == "duplicate" for _, verdict in findings),
        alerts=sum(verdict.kind in {"done", "reduced"} for _, verdict in alerts),
        reduced=tuple(item.id for item, verdict in both if verdict.kind == "reduced"),
        retry=(*retry, *held),
        rejected={item.id: verdict.reason for item, verdict in both if verdict.kind == "rejected"},
        reason=next((verdict.reason for _, verdict in both if verdict.kind == "retry"), ""),
    )
