"""The queue's address: one URL per state, in the words of the API, so that any state can be shared, kept and asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from soc.alert import SEVERITIES
from soc.stores import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

Condition = tuple[str, str]
"""Field and value, as written: `@me` stays `@me`."""
DEFAULT_SORT = "-soc.risk"
SUPPRESSED = {"1": "1", "true": "1", "only": "only"}
"""How a parameter asks for alerts that exceptions hide: beside the others, or only them."""
_NOT_CLOSED: tuple[Condition, ...] = (("triage.status", "closed"),)
# What people type in the search box for the field's full name.
_SHORT = {
    "status": "triage.status",
    "assignee": "triage.assignee",
    "disposition": "triage.disposition",
    "severity": "event.severity",
    "rule": "rule.id",
    "layer": "soc.layer",
    "kind": "soc.kind",
    "entity": "soc.entity.value",
    "control": "soc.controls",
    "technique": "threat.technique.id",
    "tactic": "threat.tactic.id",
    "host": "host.name",
    "user": "user.name",
    "ip": "source.ip",
    "source": "source.ip",
    "destination": "destination.ip",
}
_TEXTS = ("text", "since", "until", "suppressed")
_WORD = re.compile(r"""(-?)([@\w.]+):(?:"([^"]*)"|(\S*))|\S+""")


@dataclass(frozen=True, slots=True)
class Address:
    filters: tuple[Condition, ...] = ()
    excluded: tuple[Condition, ...] = ()
    text: str = ""
    since: str = ""
    until: str = ""
    suppressed: str = ""
    """One of the values of SUPPRESSED."""
    sort: str = DEFAULT_SORT
    limit: int = 50
    after: str = ""
    alert: str = ""
    """The id of the alert in the details pane."""

    @property
    def query(self) -> str:
        """The parameters; the sort always stands there, since an address without any is the view of open alerts."""
        parts = [("filter", f"{field}:{value}") for field, value in self.filters]
        parts += [("exclude", f"{field}:{value}") for field, value in self.excluded]
        parts += [(name, str(getattr(self, name))) for name in _TEXTS if getattr(self, name)]
        parts.append(("sort", self.sort))
        parts += [("limit", str(self.limit))] * (self.limit != 50)
        parts += [(name, getattr(self, name)) for name in ("after", "alert") if getattr(self, name)]
        return urlencode(parts)

    @property
    def url(self) -> str:
        return f"/?{self.query}"

    @property
    def narrowed(self) -> bool:
        return bool(self.filters or self.excluded or self.text or self.since or self.until or self.suppressed)

    def page(self, after: str) -> Address:
        return replace(self, after=after)

    def of_size(self, limit: int) -> Address:
        return replace(self, limit=limit, after="")

    def sorted_by(self, field: str) -> Address:
        """By that field, the greatest first; by the least first if it is so already."""
        falling = f"-{field}"
        return replace(self, sort=field if self.sort == falling else falling, after="")

    def opening(self, alert: str) -> Address:
        return replace(self, alert=alert)

    def include(self, field: str, value: object) -> Address:
        return self._with("filters", (field, str(value)))

    def exclude(self, field: str, value: object) -> Address:
        return self._with("excluded", (field, str(value)))

    def last(self, since: str) -> Address:
        return replace(self, since=since, until="", after="", alert="")

    def with_hidden(self) -> Address:
        """Also the alerts that an exception hides."""
        return replace(self, suppressed="1", after="", alert="")

    def only(self, field: str, value: object) -> Address:
        return Address(filters=((field, str(value)),), limit=self.limit)

    def without(self, part: str, condition: Condition | None = None) -> Address:
        """Without one condition of `filters` or `excluded`, or without the part named."""
        rest: Any = getattr(Address(), part)
        if condition is not None:
            rest = tuple(told for told in getattr(self, part) if told != condition)
        return replace(self, after="", **{part: rest})

    def asks(self, other: Address) -> bool:
        """Whether both ask for the same alerts."""
        mine, theirs = (
            (frozenset(a.filters), frozenset(a.excluded), a.text, a.since, a.until, a.suppressed) for a in (self, other)
        )
        return mine == theirs

    def _with(self, part: str, condition: Condition) -> Address:
        told = getattr(self, part)
        more: Any = told if condition in told else (*told, condition)
        return replace(self, after="", **{part: more})


OPEN = Address(excluded=_NOT_CLOSED)


def standing(given: QueryParams) -> QueryParams:
    """The parameters of a request; where there are none, those of the view of open alerts."""
    return given if set(given) - {"alert"} else QueryParams(OPEN.opening(given.get("alert", "")).query)


def read(told: QueryParams) -> Address:
    """The address that a request came with."""
    given = standing(told)
    limit = given.get("limit", "")
    return Address(
        filters=_conditions(given.getlist("filter")),
        excluded=_conditions(given.getlist("exclude")),
        text=given.get("text", ""),
        since=given.get("since", ""),
        until=given.get("until", ""),
        suppressed=SUPPRESSED.get(given.get("suppressed", ""), ""),
        sort=given.get("sort", "") or DEFAULT_SORT,
        limit=int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 9 else 50,
        after=given.get("after", ""),
        alert=given.get("alert", ""),
    )


def asked(address: Address, typed: str) -> Address:
    """The address narrowed by what somebody typed: words, and `field:value` or `-field:value` as conditions."""
    words = []
    for found in _WORD.finditer(typed):
        minus, name, quoted, bare = found.groups()
        field = _SHORT.get((name or "").lower(), name)
        if field not in FIELDS or FIELDS[field] == "date":
            words.append(found[0])
            continue
        value = _value(field, bare if quoted is None else quoted)
        address = address.exclude(field, value) if minus else address.include(field, value)
    return replace(address, text=" ".join(words), after="", alert="")


def _value(field: str, written: str) -> str:
    return str(SEVERITIES.index(written) + 1) if field == "event.severity" and written in SEVERITIES else written


def _conditions(told: Iterable[str]) -> tuple[Condition, ...]:
    found = (text.partition(":") for text in told)
    return tuple(dict.fromkeys((field, value) for field, _, value in found))
