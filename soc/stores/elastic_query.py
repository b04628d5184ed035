"""A query as Elasticsearch's JSON. Values are values always: nothing a user writes is read as query language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant
from soc.stores import FIELDS, indexed, pages
from soc.stores.pages import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.stores import Collection, Query

Clause = dict[str, Any]
_KINDS = {"keyword": "keyword", "integer": "long", "date": "date"}
_CANDIDATES = 50_000
"""Values that each index counts before the greatest are chosen; with fewer distinct ones the counts are exact."""


def condition(query: Query) -> Clause:
    """What a document must fulfil."""
    must = [_has(field, values) for field, values in query.filters.items()]
    must_not = [_has(field, values) for field, values in query.excluded.items()]
    must += [_word(query.collection, word) for word in indexed.asked_words(query.text)]
    time = indexed.TIME[query.collection]
    limits = (("gte", time, query.since), ("lt", time, query.until), ("gte", "event.ingested", query.ingested_since))
    must += [_range(field, name, at) for name, field, at in limits if at is not None]
    if query.collection == "alert" and (query.only_suppressed or not query.suppressed):
        (must if query.only_suppressed else must_not).append({"exists": {"field": "soc.suppressed_by"}})
    return {"bool": {"filter": must, "must_not": must_not}}


def page(query: Query, limit: int) -> list[Clause]:
    """What follows a place: first what has a value of the field sorted by, then what has none.

    Two searches, because going on after a number that is not there loses documents (seen on 8.19).
    """
    after = pages.decode(query)
    none = after is not None and after.first is None
    parts = [] if none else [_with_value(query, after)]
    parts.append(_without_value(query, after if none else None))
    total: Clause = {"total": {"filter": {"match_all": {}}}}
    return [{"query": condition(query), "size": limit, "track_total_hits": False, "aggs": total, **p} for p in parts]


def place_of(hit: Mapping[str, Any]) -> Place:
    """The place of a hit, from its `sort`."""
    *first, time, id_ = hit["sort"]
    return Place(first[0] if first else None, time, id_)


def _with_value(query: Query, after: Place | None) -> Clause:
    field = pages.field(query)
    kind = _KINDS[FIELDS[field]]
    first = {field: {"order": "desc" if pages.falling(query) else "asc", "unmapped_type": kind}}
    part = {"post_filter": {"exists": {"field": field}}, "sort": [first, *_by_time(query)]}
    return {**part, "search_after": list(after)} if after else part


def _without_value(query: Query, after: Place | None) -> Clause:
    lacking = {"bool": {"must_not": [{"exists": {"field": pages.field(query)}}]}}
    part = {"post_filter": lacking, "sort": _by_time(query)}
    return {**part, "search_after": [after.time, after.id]} if after else part


def _by_time(query: Query) -> list[Clause]:
    return [{indexed.TIME[query.collection]: {"order": "desc"}}, {"soc.id": {"order": "asc"}}]


def facets(query: Query, fields: Sequence[str], limit: int) -> Clause:
    return {"query": condition(query), "size": 0, "aggs": {field: _counted(field, limit) for field in fields}}


def counts(answer: Mapping[str, Any]) -> dict[str, int]:
    """The values and counts of one field's aggregation."""
    return {str(bucket["key"]): bucket["doc_count"] for bucket in answer["buckets"]}


def ingested_since(since: int) -> Clause:
    """Findings of alerts that were ingested at an instant or later."""
    return {"bool": {"filter": [_range("event.ingested", "gte", since), {"exists": {"field": "soc.alert_id"}}]}}


def _counted(field: str, limit: int) -> Clause:
    keyword: Clause = {"exclude": [""]} if FIELDS[field] == "keyword" else {}
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": field, "size": limit, "shard_size": _CANDIDATES, "order": order, **keyword}}


def _has(field: str, values: Sequence[str | int]) -> Clause:
    clauses: list[Clause] = []
    asked = indexed.asked(field, values)
    if asked:
        shown = [_iso(value) for value in asked] if FIELDS[field] == "date" else asked
        clauses.append({"terms": {field: shown}})
    if "" in values:
        some = {"range": {field: {"gt": ""}}} if FIELDS[field] == "keyword" else {"exists": {"field": field}}
        clauses.append({"bool": {"must_not": [some]}})
    return {"bool": {"should": clauses, "minimum_should_match": 1}} if clauses else {"match_none": {}}


def _word(collection: Collection, word: str) -> Clause:
    if collection != "alert":
        return {"match_none": {}}
    return {"prefix": {"soc.search": {"value": word}}}


def _range(field: str, name: str, at: int) -> Clause:
    return {"range": {field: {name: _iso(at // 1000)}}}


def _iso(milliseconds: Any) -> str:
    return instant.iso(int(milliseconds) * 1000)
