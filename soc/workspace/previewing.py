"""What an exception would have hidden, before anybody adds it: alerts, and how many of them were true positives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from soc.alerting import Suppressions
from soc.alerting.exceptions import marks, undecided, values_of
from soc.alerting.rollup import KEPT, REFS
from soc.stores import Query, indexed
from soc.stores.walking import documents
from soc.workspace.marking import candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.alerting import Suppression
    from soc.stores import AlertStore, Document

MOST = 20_000
"""Alerts that are looked at; those that are not are said to be missing."""
_NOT_IN_EVIDENCE = ("soc.", "rule.", "threat.")


class Preview(NamedTuple):
    alerts: int
    true_positives: int
    complete: bool
    """False if there are more alerts than were looked at."""


async def preview(store: AlertStore, draft: Suppression, since: int, until: int) -> Preview:
    """What it would have hidden of what happened in that time."""
    one = replace(draft, begins=since, until=until)
    hidden = right = looked = 0
    async for alert in documents(store, candidates(one), MOST + 1):
        looked += 1
        if looked <= MOST and await _hides(store, one, alert):
            hidden += 1
            right += alert["triage"]["disposition"] == "true_positive"
    return Preview(hidden, right, looked <= MOST)


async def _hides(store: AlertStore, one: Suppression, alert: Document) -> bool:
    """As the roll-up decides, which has the findings at hand; first by what needs none."""
    group = {pair["field"] for pair in alert["soc"]["group"]}
    by_group = replace(one, where=tuple(condition for condition in one.where if condition.field in group))
    others = [condition.field for condition in one.where if condition.field not in group]
    if not others or not marks(alert, (), Suppressions((by_group,))):
        return not others and bool(marks(alert, (), Suppressions((one,))))
    findings, total = await _findings(store, alert, others)
    values = {}
    if total > len(findings):
        asked = undecided(alert, findings, Suppressions((one,)))
        values = {field: await _values(store, alert["soc"]["id"], field, total) for field in asked}
    return bool(findings and marks(alert, findings, Suppressions((one,)), values))


async def _findings(store: AlertStore, alert: Document, fields: Sequence[str]) -> tuple[Sequence[Document], int]:
    """Whole findings, as far as a roll-up has them, and how many there are."""
    evidence = alert["soc"]["evidence"]
    if len(evidence) == alert["soc"]["count"] and not any(field.startswith(_NOT_IN_EVIDENCE) for field in fields):
        return [{"rule": alert["rule"], **piece["event"]} for piece in evidence], len(evidence)
    of_alert: dict[str, Sequence[str | int]] = {"soc.alert_id": [alert["soc"]["id"]]}
    page = await store.search(Query("finding", filters=of_alert, sort="@timestamp", limit=2 * KEPT))
    return page.documents, page.total


async def _values(store: AlertStore, alert_id: str, field: str, total: int) -> frozenset[str] | None:
    query = Query("finding", filters={"soc.alert_id": [alert_id]}, sort="soc.id")
    if not indexed.countable(field):
        if total > REFS:
            return None
        return values_of([finding async for finding in documents(store, query)], field)
    counted = (await store.facets(query, [field], indexed.MAX_FACET))[field]
    lacking = await store.search(replace(query, filters={**query.filters, field: [""]}, limit=1))
    return indexed.all_values(counted, lacking=lacking.total > 0)
