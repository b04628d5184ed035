"""The audit trail for those who may read it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from soc import instant
from soc.console.call import Call, json
from soc.console.schemas import AuditPage, AuditRecord

if TYPE_CHECKING:
    from starlette.responses import Response

    from soc.workspace.audit import Record


async def page(call: Call) -> Response:
    """The newest records first."""
    limit, before = call.number("limit", 100, 1, 1000), call.number("before", 2**62, 0, 2**62)
    given = call.request.query_params
    wanted = {"actor": given.get("actor", ""), "act": given.get("act", ""), "object_": given.get("object", "")}
    audit = call.desk.workspace.audit
    records = await asyncio.to_thread(lambda: audit.page(before=before, limit=limit, **wanted))
    following = records[-1].n if len(records) == limit else 0
    return json(AuditPage([_shown(record) for record in records], following))


def _shown(record: Record) -> AuditRecord:
    r = record
    return AuditRecord(r.n, instant.iso(r.at), r.actor, r.act, r.object, _detail(r.detail), r.result, r.settles, r.hash)


def _detail(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:  # somebody changed the record; `soc audit verify` names it
        return text
