"""The seam AlertStore in memory: the plain statement of what a store does, for tests and for `soc replay`."""

from __future__ import annotations

import copy
from functools import total_ordering
from typing import TYPE_CHECKING, Any

from soc import alerting, instant
from soc.alerting import exceptions
from soc.alerting.rollup import KEPT, REFS
from soc.stores import Conflict, NotFound, Page, Verdicts, indexed, pages
from soc.stores.triage import apply_change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.alert import Alert
    from soc.alerting import Suppressions
    from soc.finding import Finding
    from soc.stores import Change, Collection, Document, Query
    from soc.stores.pages import Place


class MemoryStore:
    """The seam AlertStore."""

    def __init__(self) -> None:
        self._documents: dict[Collection, dict[str, Document]] = {"alert": {}, "finding": {}}

    async def create(self, findings: Sequence[Finding], alerts: Sequence[Alert], ingested: int) -> Verdicts:
        created = duplicates = opened = 0
        for finding in findings:
            fresh = finding.id not in self._documents["finding"]
            created, duplicates = created + fresh, duplicates + (not fresh)
            if fresh:
                self._documents["finding"][finding.id] = copy.deepcopy(indexed.stamped(finding.document, ingested))
        for alert in alerts:
            if alert.id not in self._documents["alert"]:
                self._documents["alert"][alert.id] = copy.deepcopy(alert.document)
                opened += 1
        return Verdicts(created, duplicates, opened)

    async def get(self, collection: Collection, id_: str) -> Document:
        return copy.deepcopy(self._get(collection, id_))

    def _get(self, collection: Collection, id_: str) -> Document:
        try:
            return self._documents[collection][id_]
        except KeyError:
            raise NotFound(f"there is no {collection} {id_}") from None

    async def search(self, query: Query) -> Page:
        indexed.check(query)
        after = pages.decode(query)
        ordered = sorted(self._matching(query), key=lambda document: _key(query, pages.place_of(query, document)))
        rest = [
            document
            for document in ordered
            if after is None or _key(query, pages.place_of(query, document)) > _key(query, after)
        ]
        shown = rest[: query.limit]
        following = pages.encode(query, pages.place_of(query, shown[-1])) if len(rest) > len(shown) else ""
        return Page(copy.deepcopy(shown), following, len(ordered))

    async def facets(self, query: Query, fields: Sequence[str], limit: int = 20) -> Mapping[str, Mapping[str, int]]:
        indexed.check(query)
        indexed.check_facets(fields, limit)
        matching = self._matching(query)
        return {field: _counted(matching, field, limit) for field in fields}

    async def triage(self, id_: str, change: Change, revision: int) -> Document:
        document = self._get("alert", id_)
        if document["triage"]["revision"] != revision:
            raise Conflict(copy.deepcopy(document))
        document["triage"] = apply_change(document["triage"], change)
        return copy.deepcopy(document)

    async def roll_up(self, since: int, suppressions: Suppressions | None = None, also: Sequence[str] = ()) -> int:
        findings: dict[str, list[Document]] = {}
        touched: set[str] = set(also)
        for document in self._documents["finding"].values():
            alert_id = document["soc"]["alert_id"]
            if alert_id is not None:
                findings.setdefault(alert_id, []).append(document)
                if (instant.parse_iso(document["event"]["ingested"]) or 0) // 1000 >= since // 1000:
                    touched.add(alert_id)
        return sum(self._roll_up(id_, findings[id_], suppressions) for id_ in touched if id_ in findings)

    def _roll_up(self, id_: str, findings: Sequence[Document], suppressions: Suppressions | None) -> bool:
        alert = self._documents["alert"].get(id_)
        if alert is None:
            return False
        after = alerting.roll_up(alert, findings)
        if suppressions is not None:
            asked = exceptions.undecided(after, findings, suppressions) if len(findings) > 2 * KEPT else []
            values = {field: _values(findings, field) for field in asked}
            hiding = exceptions.marks(after, findings, suppressions, values)
            after = exceptions.marked(after, hiding)
        changed = after != alert
        self._documents["alert"][id_] = copy.deepcopy(after)
        return changed

    async def expire(self, before: int, *, samples: bool = False) -> int:
        deleted = 0
        for collection, documents in self._documents.items():
            old = [
                id_
                for id_, document in documents.items()
                if (
                    document["soc"]["sample"]
                    if samples
                    else indexed.MONTH_OF[collection](document) < instant.month(before)
                )
            ]
            for id_ in old:
                del documents[id_]
            deleted += len(old)
        return deleted

    async def close(self) -> None:
        """Nothing to let go of."""

    def _matching(self, query: Query) -> list[Document]:
        return [document for document in self._documents[query.collection].values() if _matches(query, document)]


def _matches(query: Query, document: Document) -> bool:
    time = indexed.terms(document, indexed.TIME[query.collection])
    ingested = indexed.terms(document, "event.ingested")
    found = list(indexed.words(document)) if query.text and query.collection == "alert" else []
    return (
        all(_has(document, field, values) for field, values in query.filters.items())
        and not any(_has(document, field, values) for field, values in query.excluded.items())
        and all(any(word.startswith(start) for word in found) for start in indexed.asked_words(query.text))
        and (query.since is None or any(value >= query.since // 1000 for value in time))  # type: ignore[operator]
        and (query.until is None or any(value < query.until // 1000 for value in time))  # type: ignore[operator]
        and (query.ingested_since is None or any(value >= query.ingested_since // 1000 for value in ingested))  # type: ignore[operator]
        and (query.collection != "alert" or _shown(query, hidden=bool(indexed.terms(document, "soc.suppressed_by"))))
    )


def _shown(query: Query, *, hidden: bool) -> bool:
    return hidden if query.only_suppressed else query.suppressed or not hidden


def _values(findings: Sequence[Document], field: str) -> frozenset[str] | None:
    """What a store tells of a large alert."""
    held = exceptions.values_of(findings, field)
    if indexed.countable(field):
        return indexed.all_values(dict.fromkeys(held - {""}, 1), lacking="" in held)
    return held if len(findings) <= REFS else None


def _has(document: Document, field: str, values: Sequence[str | int]) -> bool:
    held = indexed.terms(document, field)
    return any(value in held for value in indexed.asked(field, values)) or ("" in values and not any(map(_told, held)))


def _told(value: str | int) -> bool:
    return value != ""


def _counted(documents: Sequence[Document], field: str, limit: int) -> dict[str, int]:
    counts: dict[str | int, int] = {}
    for document in documents:
        for value in filter(_told, indexed.terms(document, field)):
            counts[value] = counts.get(value, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return {str(value): count for value, count in ordered[:limit]}


@total_ordering
class _Falling:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Falling) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and self.value == other.value

    def __hash__(self) -> int:
        raise TypeError("a place in an order, not a key")


def _key(query: Query, place: Place) -> tuple[bool, Any, _Falling, str]:
    none = place.first is None
    first = 0 if none else _Falling(place.first) if pages.falling(query) else place.first
    return (none, first, _Falling(place.time), place.id)
