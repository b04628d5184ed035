"""The triage screen: views and facets, the queue, and the details of one alert, which are a page of their own as well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from soc.console import address, details, searches, views
from soc.stores import NotFound, Query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from soc.console.address import Address
    from soc.console.call import Call
    from soc.console.details import Details
    from soc.stores import Document

FACETS = (
    "event.severity",
    "triage.status",
    "soc.kind",
    "rule.id",
    "soc.entity.value",
    "triage.assignee",
    "threat.technique.id",
)
_FACET_VALUES = 6
_MORE = 10
SIZES = (50, 100, 200)


async def page(call: Call) -> Response:
    """The alerts that the address asks for, what they can be narrowed by, and how many there are of each."""
    asked = address.read(call.request.query_params)
    if typed := call.request.query_params.get("ask", ""):
        return RedirectResponse(address.asked(asked, typed[:500]).url, 303)
    query = searches.query_of(call, address.standing(call.request.query_params))
    await call.desk.searches.note(call)
    store = call.desk.store
    found, facets, counted, opened = await asyncio.gather(
        store.search(query),
        store.facets(query, (*FACETS, *(["soc.suppressed_by"] if asked.suppressed else [])), _FACET_VALUES),
        views.counted(call, asked),
        _opened(call, asked.alert),
    )
    return call.desk.templates.page(
        call,
        "queue.html",
        address=asked,
        alerts=[searches.brief(alert) for alert in found.documents],
        total=found.total,
        next=found.next,
        facets=facets,
        views=counted,
        sizes=SIZES,
        details=opened,
        people=await _people(call),
        rule_titles=await _rule_titles(call, found.documents, _rules_of(facets, asked)),
    )


async def alert(call: Call) -> Response:
    """One alert as a page; the rest of the address says which queue it came from."""
    asked = address.read(call.request.query_params)
    shown = await details.read(call, call.request.path_params["id"])
    people = await _people(call)
    return call.desk.templates.page(call, "alert.html", address=asked, details=shown, people=people)


async def findings(call: Call) -> Response:
    """More findings of an alert than its own evidence has, the newest first."""
    id_, after = call.request.path_params["id"], call.request.query_params.get("after", "")
    query = Query("finding", filters={"soc.alert_id": [id_]}, sort="-@timestamp", limit=_MORE, after=after)
    shown, found = await asyncio.gather(call.desk.store.get("alert", id_), call.desk.store.search(query))
    return call.desk.templates.page(
        call,
        "findings.html",
        address=address.read(call.request.query_params),
        alert=shown,
        pieces=[details.of_finding(finding) for finding in found.documents],
        next=found.next,
        total=found.total,
    )


async def _opened(call: Call, alert_id: str) -> Details | None:
    """The alert in the details pane; a link to one that is gone still shows its queue."""
    try:
        return await details.read(call, alert_id) if alert_id else None
    except NotFound:
        return None


async def _people(call: Call) -> list[str]:
    everybody = await asyncio.to_thread(call.desk.workspace.users.all)
    return [user.name for user in everybody if not user.disabled]


def _rules_of(facets: Mapping[str, Mapping[str, int]], asked: Address) -> list[str]:
    conditions = (*asked.filters, *asked.excluded)
    return [*facets["rule.id"], *(value for field, value in conditions if field == "rule.id")]


async def _rule_titles(call: Call, shown: Sequence[Document], rules: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rule id to its titles, from the alerts themselves: a rule may be gone from the folder."""
    titles = {alert["rule"]["id"]: alert["soc"]["title"] for alert in shown}
    missing = [rule for rule in dict.fromkeys(rules) if rule not in titles][: 2 * _FACET_VALUES]
    queries = (Query(filters={"rule.id": [rule]}, suppressed=True, limit=1) for rule in missing)
    pages = await asyncio.gather(*(call.desk.store.search(query) for query in queries))
    return titles | {alert["rule"]["id"]: alert["soc"]["title"] for page in pages for alert in page.documents}
