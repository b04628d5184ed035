"""The act of triage: audit intent, store, audit result; what a crash left open is settled from the store's own word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from soc import instant, logs
from soc.errors import ConfigurationError, Forbidden, Unavailable
from soc.stores import Conflict, NotFound
from soc.workspace.audit import AlreadySettled

if TYPE_CHECKING:
    from soc.clock import Clock
    from soc.stores import AlertStore, Change, Document
    from soc.workspace.audit import Audit, Record

log = logs.get(__name__)
ACT = "triage"
TIMEOUT = 20.0
GRACE = instant.MINUTE
"""Longer than any act takes: what is not in the store after it will not come any more."""
_REFUSALS = (Conflict, NotFound, ConfigurationError, Forbidden)


class Triage:
    def __init__(self, store: AlertStore, audit: Audit, clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock

    async def act(self, alert_id: str, change: Change, revision: int) -> Document:
        """Apply a change to the alert at that revision; the alert as it then stands.

        Raises:
            stores.Conflict: somebody else was faster; nothing was changed.
            stores.NotFound: there is no such alert.
            errors.ConfigurationError: the change contradicts itself.
            errors.Unavailable: nothing was changed, or nobody knows yet; `reconcile` finds out.
        """
        detail = _told(change, revision)
        intent = await asyncio.to_thread(self._audit.append, change.actor, ACT, alert_id, detail, result="intent")
        try:
            async with asyncio.timeout(TIMEOUT):
                document = await self._store.triage(alert_id, change, revision)
        except _REFUSALS as error:
            result = "conflict" if isinstance(error, Conflict) else "refused"
            await self._settle(intent, result, {"why": str(error)})
            raise
        except TimeoutError:
            raise Unavailable(
                "the alert store did not answer in time; reload the alert to see what became of it"
            ) from None
        await self._settle(intent, "done", {"revision": document["triage"]["revision"]})
        return document

    async def reconcile(self) -> int:
        """Settle the intents that nobody settled: after a crash, a time-out, a full disk. How many were settled.

        An act of another process may be under way right now, so one that the store does not show is given GRACE.
        """
        settled = 0
        for intent in await asyncio.to_thread(self._audit.open_intents):
            try:
                result = await self._found(intent)
            except (Unavailable, Forbidden) as error:
                log.warning("cannot settle open acts of triage yet", error=str(error))
                break
            if result:
                settled += await self._settle(intent, result, {"by": "reconcile"})
        return settled

    async def _found(self, intent: Record) -> str:
        """What became of an intent; empty if it may still come."""
        told = msgspec.json.decode(intent.detail)
        try:
            triage = (await self._store.get("alert", intent.object))["triage"]
        except NotFound:
            return "refused"
        if _has(triage["history"], intent.actor, told["at"]):
            return "done"
        if self._clock.now() - intent.at < GRACE:
            return ""
        # More than the history holds may have happened since; then the store cannot tell any more.
        forgotten = triage["revision"] - told["revision"] > len(triage["history"])
        return "unknown" if forgotten else "abandoned"

    async def _settle(self, intent: Record, result: str, detail: dict[str, Any]) -> bool:
        try:
            await asyncio.to_thread(
                self._audit.append, intent.actor, intent.act, intent.object, detail, result=result, settles=intent.n
            )
        except AlreadySettled:
            return False
        except Unavailable as error:
            log.error("an act of triage is not in the audit trail yet", alert=intent.object, error=str(error))
            return False
        return True


def _told(change: Change, revision: int) -> dict[str, Any]:
    parts = {
        "status": change.status,
        "assignee": change.assignee,
        "disposition": change.disposition,
        "note": change.note,
    }
    given = {name: value for name, value in parts.items() if value is not None}
    return {"revision": revision, "at": instant.iso(change.at), "change": given}


def _has(history: list[dict[str, Any]], actor: str, at: str) -> bool:
    return any(entry["actor"] == actor and entry["at"] == at for entry in history)
