"""The API of alerts: find them, read them, decide about them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import StreamingResponse

from soc.console import searches
from soc.console.call import Call, json
from soc.console.problems import Problem
from soc.console.schemas import Alerts, Facets, Findings, Named, Overview, TriageChange, UserNames
from soc.errors import ConfigurationError
from soc.stores import Change, Query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from soc.stores import Document, Page

_EXPORTED = 10_000
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')


async def search(call: Call) -> Response:
    query = searches.query_of(call)
    await call.desk.searches.note(call)
    page = await call.desk.store.search(query)
    return json(Alerts([searches.brief(alert) for alert in page.documents], page.next, page.total))


async def export(call: Call) -> Response:
    """Whole alerts as NDJSON, page by page, so that no size of answer fills the memory."""
    query = replace(searches.query_of(call), limit=200)
    await call.desk.searches.note(call, "export")
    first = await call.desk.store.search(query)
    headers = {"content-disposition": 'attachment; filename="alerts.ndjson"'}
    return StreamingResponse(_lines(call, query, first), headers=headers, media_type="application/x-ndjson")


async def _lines(call: Call, query: Query, page: Page) -> AsyncIterator[bytes]:
    sent = 0
    while page.documents:
        yield b"".join(msgspec.json.encode(alert) + b"\n" for alert in page.documents)
        sent += len(page.documents)
        if not page.next or sent >= _EXPORTED:
            return
        page = await call.desk.store.search(replace(query, after=page.next))


async def get(call: Call) -> Response:
    return _alert(await call.desk.store.get("alert", call.request.path_params["id"]))


async def findings(call: Call) -> Response:
    given = call.request.query_params
    query = Query(
        collection="finding",
        filters={"soc.alert_id": [call.request.path_params["id"]]},
        sort=given.get("sort", "") or "-@timestamp",
        limit=call.number("limit", 20, 1, 200),
        after=given.get("after", ""),
    )
    page = await call.desk.store.search(query)
    return json(Findings(list(page.documents), page.next, page.total))


async def triage(call: Call) -> Response:
    """Decide about an alert as it was seen: `If-Match` names the revision."""
    told = call.read(TriageChange)
    return _alert(await decide(call, call.request.path_params["id"], told, _revision(call)))


async def decide(call: Call, alert_id: str, told: TriageChange, revision: int) -> Document:
    """The act of triage, for the API and for pages.

    Raises:
        Problem: the change is not allowed.
        stores.Conflict: somebody else was faster.
    """
    change = Change(
        actor=call.user.user,
        at=call.desk.clock.now(),
        status=told.status,
        assignee=await _assignee(call, told.assignee),
        disposition=told.disposition,
        note=told.note.strip() or None if told.note else None,
    )
    _check(change)
    try:
        alert = await call.desk.triage.act(alert_id, change, revision)
    except ConfigurationError as error:
        raise Problem(422, "The change contradicts itself", str(error)) from None
    call.desk.news.tell("triage", {"alert": alert_id, "revision": alert["triage"]["revision"]})
    return alert


async def facets(call: Call) -> Response:
    query, fields = searches.query_of(call), searches.fields_of(call)
    counted = await call.desk.store.facets(query, fields, call.number("limit", 20, 1, 200))
    return json(Facets({field: dict(values) for field, values in counted.items()}))


async def users(call: Call) -> Response:
    """Whom an alert can be given to."""
    everybody = await asyncio.to_thread(call.desk.workspace.users.all)
    return json(UserNames([Named(user.name, user.role) for user in everybody if not user.disabled]))


async def overview(call: Call) -> Response:
    return json(await counts(call))


async def counts(call: Call) -> Overview:
    """How many alerts there are, by what matters first."""
    store = call.desk.store
    by_status = await store.facets(Query(), ["triage.status"])
    is_open = Query(excluded={"triage.status": ["closed"]})
    still = await store.facets(is_open, ["event.severity", "soc.layer", "triage.assignee"])
    status = dict(by_status["triage.status"])
    severity, layer, assignee = (dict(still[field]) for field in ("event.severity", "soc.layer", "triage.assignee"))
    hidden = (await store.search(Query(only_suppressed=True, sort="soc.id", limit=1))).total
    return Overview(sum(status.values()), hidden, status, severity, layer, assignee)


def _check(change: Change) -> None:
    parts = (change.status, change.assignee, change.disposition, change.note)
    if all(part is None for part in parts):
        raise Problem(422, "Nothing to change", "give status, assignee, disposition or note")
    if change.disposition == "false_positive" and change.note is None:
        raise Problem(422, "A note is needed", "say in a note why this is a false positive; tuning builds on it")


async def _assignee(call: Call, name: str | None) -> str | None:
    if not name:
        return name
    if name == searches.ME:
        return call.user.user
    user = await asyncio.to_thread(call.desk.workspace.users.get, name)
    if user is None or user.disabled:
        raise Problem(422, "Nobody of that name", f"there is no active user {name}")
    return name


def _revision(call: Call) -> int:
    told = call.request.headers.get("if-match", "")
    if not told:
        raise Problem(
            428, "Which revision?", "send the alert's ETag as If-Match, so that nobody's change is overwritten"
        )
    found = _ETAG.fullmatch(told.strip())
    if not found:
        raise Problem(400, "Wrong If-Match", 'one ETag as the alert was sent with: "3"')
    return int(found[1])


def _alert(document: Document) -> Response:
    return json(document, headers={"etag": f'"{document["triage"]["revision"]}"'})
