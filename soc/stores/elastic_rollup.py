"""Rolling alerts up in Elasticsearch: which are touched, what their findings say, and writing it under guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from soc import alerting
from soc.alerting import exceptions
from soc.alerting.rollup import KEPT, REFS, place
from soc.errors import Unavailable
from soc.stores import Query, elastic_query, indexed
from soc.stores.elastic_bulk import Item

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from soc.alerting import Suppressions
    from soc.alerting.exceptions import Values
    from soc.stores import Document
    from soc.stores.elastic_bulk import BulkWriter
    from soc.stores.elastic_client import Client
    from soc.stores.elastic_indices import Indices

ALERTS = 100
"""Rolled up at once."""
_ATTEMPTS = 10
_SLIM = ["@timestamp", "event.severity", "soc.id", "soc.ref", "soc.risk"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A document with what guards a change of it."""

    index: str
    document: Document
    guard: dict[str, int]


class Findings(NamedTuple):
    shown: list[Document]
    """As many as a roll-up needs."""
    total: int
    values: Values | None = None
    """Of all of them, where exceptions ask for more than those at hand."""

    def rolled_up(self, alert: Document, suppressions: Suppressions | None) -> Document:
        after = alerting.roll_up(alert, self.shown, self.total)
        if suppressions is None:
            return after
        return exceptions.marked(after, exceptions.marks(after, self.shown, suppressions, self.values))


class RollUp:
    def __init__(self, client: Client, indices: Indices, bulk: BulkWriter) -> None:
        self._client = client
        self._indices = indices
        self._bulk = bulk

    async def touched(self, since: int) -> AsyncIterator[list[str]]:
        """The alerts with a finding ingested at an instant or later, some at a time."""
        source = [{"alert": {"terms": {"field": "soc.alert_id"}}}]
        composite: dict[str, Any] = {"size": ALERTS, "sources": source}
        while True:
            body = {
                "size": 0,
                "query": elastic_query.ingested_since(since),
                "aggs": {"alerts": {"composite": composite}},
            }
            answer = await self._client.ask("POST", f"/{self._indices.pattern('finding')}/_search", body, SEARCH)
            told = answer.get("aggregations", {}).get("alerts", {"buckets": []})
            if told["buckets"]:
                yield [bucket["key"]["alert"] for bucket in told["buckets"]]
            if "after_key" not in told:
                return
            composite["after"] = told["after_key"]

    async def roll_up(self, ids: Sequence[str], suppressions: Suppressions | None) -> int:
        """How many of these alerts changed.

        A change is guarded by the document's sequence number: whatever a person decided meanwhile stays.

        Raises:
            errors.Unavailable: not all of it could be done now.
        """
        findings = await self._findings(ids)
        changed, left = 0, [id_ for id_ in ids if id_ in findings]
        for _ in range(_ATTEMPTS):
            alerts = await self._alerts(left, findings)
            if suppressions and suppressions.all:
                findings |= await self._with_values(alerts, findings, suppressions)
            items = _changes(alerts, findings, suppressions)
            verdicts = await self._bulk.write(items)
            changed += sum(verdict.kind in {"done", "reduced"} for verdict in verdicts)
            failed = next((verdict for verdict in verdicts if verdict.kind in {"retry", "rejected"}), None)
            if failed:
                raise Unavailable(f"not all alerts could be rolled up: {failed.reason}")
            left = [item.id for item, verdict in zip(items, verdicts, strict=True) if verdict.kind == "duplicate"]
            if not left:
                return changed
        raise Unavailable(f"{len(left)} alerts were changed by somebody else again and again; the next roll-up goes on")

    async def _alerts(self, ids: Sequence[str], findings: dict[str, Findings]) -> list[Stored]:
        """Those of the alerts that exist, as they are now; an alert lies in the month of its findings' bucket."""
        places = [(self._indices.of("alert", findings[id_].shown[0]), id_) for id_ in ids]
        return [stored for stored in await stored_at(self._client, places) if stored]

    async def _findings(self, ids: Sequence[str]) -> dict[str, Findings]:
        first = await self._many([_part(id_, 2 * KEPT) for id_ in ids])
        found = {id_: part for id_, part in zip(ids, first, strict=True) if part.total}
        for id_, part in found.items():
            if part.total > len(part.shown):
                found[id_] = await self._large(id_)
        return found

    async def _large(self, id_: str) -> Findings:
        """An alert with more findings than are shown: the first, the last, and the references of those between."""
        extremes = [_part(id_, 1, f"-{field}", _SLIM) for field in ("event.severity", "soc.risk")]
        last = {**_part(id_, KEPT), "sort": [{"@timestamp": "desc"}, {"soc.id": "desc"}]}
        parts = await self._many([_part(id_, KEPT), last, _part(id_, REFS, source=_SLIM), *extremes])
        firsts, lasts, *others = (part.shown for part in parts)
        return Findings(joined(firsts, lasts, [document for part in others for document in part]), parts[0].total)

    async def _with_values(
        self, alerts: Sequence[Stored], findings: dict[str, Findings], suppressions: Suppressions
    ) -> dict[str, Findings]:
        """The large ones of which exceptions ask what is not at hand."""
        found = {}
        for stored in alerts:
            id_ = stored.document["soc"]["id"]
            told = findings[id_]
            if told.total > len(exceptions.whole(told.shown)):
                after = alerting.roll_up(stored.document, told.shown, told.total)
                asked = exceptions.undecided(after, told.shown, suppressions)
                values = {field: await self._values(id_, field, told.total) for field in asked}
                found[id_] = told._replace(values=values)
        return found

    async def _values(self, id_: str, field: str, total: int) -> frozenset[str] | None:
        if not indexed.countable(field):
            if total > REFS:
                return None
            (all_,) = await self._many([_part(id_, REFS, source=[field, "rule.id", "reduced"])])
            return exceptions.values_of(all_.shown, field)
        of_alert: dict[str, Sequence[str | int]] = {"soc.alert_id": [id_]}
        body = elastic_query.facets(Query("finding", filters=of_alert), [field], indexed.MAX_FACET)
        lacking = elastic_query.condition(Query("finding", filters={**of_alert, field: [""]}))
        body["aggs"]["lacking"] = {"filter": lacking}
        answer = await self._client.ask("POST", f"/{self._indices.pattern('finding')}/_search", body, SEARCH)
        told = answer.get("aggregations", {})
        counted = elastic_query.counts(told.get(field, {"buckets": []}))
        return indexed.all_values(counted, lacking=told.get("lacking", {"doc_count": 1})["doc_count"] > 0)

    async def _many(self, searches: Sequence[dict[str, Any]]) -> list[Findings]:
        head = {"index": self._indices.pattern("finding"), **SEARCH}
        lines = [msgspec.json.encode(line) for search in searches for line in (head, search)]
        answer = await self._client.send("/_msearch", lines)
        return [self._found(response) for response in answer["responses"]]

    def _found(self, response: dict[str, Any]) -> Findings:
        if "error" in response:
            raise Unavailable(f"{self._client.url}: findings cannot be read: {response['error'].get('reason')}")
        hits = response["hits"]
        return Findings([indexed.whole(hit["_source"]) for hit in hits["hits"]], hits["total"]["value"])


SEARCH = {"ignore_unavailable": True, "allow_no_indices": True, "allow_partial_search_results": False}


def _part(id_: str, size: int, sort: str = "", source: Sequence[str] | None = None) -> dict[str, Any]:
    order = [{sort.removeprefix("-"): "desc"}] if sort else [{"@timestamp": "asc"}, {"soc.id": "asc"}]
    return {
        "query": {"bool": {"filter": [{"term": {"soc.alert_id": id_}}]}},
        "sort": order,
        "size": size,
        "track_total_hits": True,
        **({"_source": list(source)} if source else {}),
    }


def _changes(alerts: Sequence[Stored], findings: dict[str, Findings], suppressions: Suppressions | None) -> list[Item]:
    items = []
    for stored in alerts:
        id_ = stored.document["soc"]["id"]
        after = findings[id_].rolled_up(stored.document, suppressions)
        if after != stored.document:
            items.append(Item(id_, stored.index, after, "index", stored.guard))
    return items


def joined(firsts: Sequence[Document], lasts: Sequence[Document], others: Sequence[Document]) -> list[Document]:
    """Whole documents of the first and the last findings, slim ones of those between.

    The searches do not see one moment: a finding that came between them would be slim where a whole one is needed, so
    it is left to the next roll-up.
    """
    begin, end = max(map(place, firsts)), min(map(place, lasts))
    found = {document["soc"]["id"]: document for document in others if begin < place(document) < end}
    return [*firsts, *found.values(), *(document for document in lasts if place(document) > begin)]


async def stored_at(client: Client, places: Sequence[tuple[str, str]]) -> list[Stored | None]:
    """Documents by index and id, as fresh as the last write; None for what is not there.

    Raises:
        errors.Unavailable: one of the indices cannot be read now.
    """
    if not places:
        return []
    docs = [{"_index": index, "_id": id_} for index, id_ in places]
    answer = await client.ask("POST", "/_mget", {"docs": docs})
    return [_stored(client.url, told) for told in answer["docs"]]


def _stored(url: str, told: dict[str, Any]) -> Stored | None:
    error = told.get("error")
    if error and error.get("type") != "index_not_found_exception":
        raise Unavailable(f"{url}: index {told['_index']} cannot be read: {error.get('reason')}")
    if not told.get("found"):
        return None
    guard = {"if_seq_no": told["_seq_no"], "if_primary_term": told["_primary_term"]}
    return Stored(told["_index"], indexed.whole(told["_source"]), guard)
