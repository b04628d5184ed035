"""Query parameters as a store's query, and the record in the audit trail that somebody searched."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.console.address import SUPPRESSED
from soc.console.problems import Problem
from soc.stores import FIELDS, Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from soc.clock import Clock
    from soc.console.call import Call
    from soc.workspace.audit import Audit

ME = "@me"
_SPAN = re.compile(r"-(\d{1,6})([mhd])")
_UNITS = {"m": instant.MINUTE, "h": instant.HOUR, "d": instant.DAY}
_MOST_CONDITIONS = 50
_MOST_TEXT = 500
# The same search again, as pages refresh themselves, is not news for the trail.
_QUIET = 10 * instant.MINUTE
_REMEMBERED = 1000


class Searches:
    """Writes a search down once in ten minutes for each user."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def note(self, call: Call, act: str = "search") -> None:
        """Before the answer: what cannot be written down is not shown."""
        user, asked = call.user.user, str(call.request.query_params)
        now, key = self._clock.now(), (user, f"{act} {call.request.url.path} {asked}")
        if now - self._seen.get(key, -_QUIET) < _QUIET:
            return
        await asyncio.to_thread(self._audit.append, user, act, call.request.url.path, {"query": asked})
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def query_of(call: Call, standing: QueryParams | None = None) -> Query:
    """Which alerts a request asks for; `standing` are parameters in place of its own. Raises Problem 400."""
    given = call.request.query_params if standing is None else standing
    if len(given.get("text", "")) > _MOST_TEXT:
        raise Problem(400, "The search text is too long", f"at most {_MOST_TEXT} characters")
    return Query(
        filters=_conditions(call, given, "filter"),
        excluded=_conditions(call, given, "exclude"),
        text=given.get("text", ""),
        since=_time(call, "since"),
        until=_time(call, "until"),
        suppressed=bool(SUPPRESSED.get(given.get("suppressed", ""))),
        only_suppressed=given.get("suppressed", "") == "only",
        sort=given.get("sort", "") or "-soc.risk",
        limit=call.number("limit", 50, 1, 200),
        after=given.get("after", ""),
    )


def _conditions(call: Call, given: QueryParams, name: str) -> dict[str, Sequence[str | int]]:
    told = given.getlist(name)
    if len(told) > _MOST_CONDITIONS:
        raise Problem(400, "Too many conditions", f"at most {_MOST_CONDITIONS} of {name}")
    found: dict[str, list[str | int]] = {}
    for text in told:
        field, colon, value = text.partition(":")
        if not colon:
            raise Problem(400, f"Wrong {name}", f"{text!r} is not field:value")
        found.setdefault(field, []).append(_typed(call, field, value))
    return dict(found)


def _typed(call: Call, field: str, value: str) -> str | int:
    if FIELDS.get(field) == "integer" and value:
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise Problem(400, "Wrong value", f"{field} holds whole numbers, not {value!r}")
        return int(value)
    return call.user.user if field == "triage.assignee" and value == ME else value


def _time(call: Call, name: str) -> int | None:
    """An ISO time, in the site's zone if it names none, or a span back from now: -15m, -24h, -7d."""
    text = call.request.query_params.get(name, "")
    if not text:
        return None
    if span := _SPAN.fullmatch(text):
        return call.desk.clock.now() - int(span[1]) * _UNITS[span[2]]
    when = instant.parse_iso(text, instant.zone(call.desk.config.timezone))
    if when is None:
        raise Problem(400, f"Wrong {name}", f"{text!r} is neither a time (2026-01-31T08:00:00) nor a span (-24h)")
    return when


def fields_of(call: Call) -> list[str]:
    """The fields whose values are to be counted. Raises Problem 400."""
    fields = list(dict.fromkeys(call.request.query_params.getlist("field")))
    if not fields or len(fields) > len(FIELDS):
        raise Problem(400, "Wrong field", "name one or more fields: field=rule.id&field=soc.layer")
    return fields


def brief(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert for a list: without the long parts."""
    return {**alert, "soc": {name: part for name, part in alert["soc"].items() if name not in _LONG}}


_LONG = frozenset({"evidence", "refs", "search", "runbook", "falsepositives"})
