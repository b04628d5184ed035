"""Writing many documents: one attempt, a verdict for each. What passes by itself is left to whoever called.

The verdicts are those of "Elasticsearch bulk: verdict per item": created, duplicate, reduced, retry, rejected.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from soc.errors import Forbidden, Unavailable
from soc.stores import indexed
from soc.stores.elastic_client import AUTO_CREATE, PASSING, Refused, missing_privilege

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.stores import Document
    from soc.stores.elastic_client import Client

ITEMS = 500
BYTES = 1_000_000
"""Larger bodies hold up the event loop while they are sent."""
AT_ONCE = 4
_ANSWER = "items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
_LATER = frozenset({429, 502, 503, 504})
_TOO_LARGE = 413

Act = Literal["create", "index", "delete"]
Kind = Literal["done", "duplicate", "reduced", "retry", "missing", "refused", "rejected"]


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    index: str
    document: Document | None = None
    """None for a deletion."""
    act: Act = "create"
    guard: Mapping[str, int] | None = None
    """`if_seq_no` and `if_primary_term`: only if nobody changed it since."""

    def lines(self, *, reduced: bool = False) -> bytes:
        """Raises ValueError if the document is not JSON."""
        head = msgspec.json.encode({self.act: {"_index": self.index, "_id": self.id, **(self.guard or {})}})
        if self.document is None:
            return head + b"\n"
        shown = indexed.reduced(self.document) if reduced else self.document
        return head + b"\n" + indexed.encoded(shown) + b"\n"


class Verdict(NamedTuple):
    kind: Kind
    """`missing`: there is no such index; `refused`: 400, so it is tried reduced before anybody hears of it."""
    reason: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of each item, by its place among them."""

    params: Mapping[str, str]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    answered: bool = False
    """Whether the server answered at all."""


class BulkWriter:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def write(self, items: Sequence[Item], *, refresh: bool = False) -> list[Verdict]:
        """A verdict for each item; `missing` where its index does not exist. `refresh`: searches see it on return.

        Raises:
            errors.Unavailable: the server answered to nothing.
            errors.Forbidden: a privilege is missing; some items may have been written.
        """
        outcome = Outcome({"filter_path": _ANSWER, **({"refresh": "true"} if refresh else {})})
        await self._all(outcome, dict(enumerate(items)), reduced=False)
        again = {place: items[place] for place, verdict in outcome.verdicts.items() if verdict.kind == "refused"}
        if again:
            reasons = {place: outcome.verdicts[place].reason for place in again}
            await self._all(outcome, again, reduced=True)
            for place, reason in reasons.items():
                outcome.verdicts[place] = _reduced(outcome.verdicts[place], reason)
        if items and not outcome.answered:
            raise Unavailable(outcome.verdicts[0].reason)
        return [outcome.verdicts[place] for place in range(len(items))]

    async def _all(self, outcome: Outcome, items: Mapping[int, Item], *, reduced: bool) -> None:
        lines: dict[int, bytes] = {}
        for place, item in items.items():
            try:
                lines[place] = item.lines(reduced=reduced)
            except ValueError as error:
                outcome.answered = True
                outcome.verdicts[place] = Verdict("rejected", f"not JSON: {error}")
        sending = [self._batch(outcome, batch) for batch in batches(lines)]
        for failed in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(failed, BaseException):
                raise failed

    async def _batch(self, outcome: Outcome, lines: Mapping[int, bytes]) -> None:
        try:
            async with self._turns:
                answer = await self._client.send("/_bulk", list(lines.values()), outcome.params)
        except Unavailable as error:
            outcome.verdicts |= dict.fromkeys(lines, Verdict("retry", str(error)))
        except Refused as error:
            outcome.answered = True
            await self._smaller(outcome, lines, error)
        else:
            outcome.answered = True
            told = answer.get("items", ())
            if len(told) != len(lines):
                reason = f"{self._client.url} answered for {len(told)} of {len(lines)} documents"
                outcome.verdicts |= dict.fromkeys(lines, Verdict("retry", reason))
                return
            for place, item in zip(lines, told, strict=True):
                outcome.verdicts[place] = verdict(next(iter(item.values())), self._client.url)

    async def _smaller(self, outcome: Outcome, lines: Mapping[int, bytes], error: Refused) -> None:
        """A whole batch was refused for its size (413) or for one item in it: halve it until that one is alone."""
        if len(lines) > 1:
            places = list(lines)
            for half in (places[: len(places) // 2], places[len(places) // 2 :]):
                await self._batch(outcome, {place: lines[place] for place in half})
            return
        kind: Kind = "refused" if error.status == 400 else "rejected" if error.status == _TOO_LARGE else "retry"
        outcome.verdicts |= dict.fromkeys(lines, Verdict(kind, str(error)))


def verdict(item: Mapping[str, Any], url: str) -> Verdict:
    """What one item of an answer says. Raises errors.Forbidden if a privilege is missing."""
    status, error = item["status"], item.get("error", {})
    kind, reason = error.get("type", ""), _reason(error)
    if status < 300:
        return Verdict("done")
    if status in _LATER or status >= 500 or kind in PASSING:
        return Verdict("retry", reason)
    if status in {401, 403}:
        if AUTO_CREATE in reason:
            return Verdict("missing", reason)
        raise Forbidden(f"{url}: {missing_privilege(reason)}")
    return Verdict(_VERDICTS.get(status, "rejected"), reason)


_VERDICTS: dict[int, Kind] = {400: "refused", 404: "missing", 409: "duplicate"}


def _reason(error: Mapping[str, Any]) -> str:
    parts = (error.get("type"), error.get("reason"), error.get("caused_by", {}).get("reason"))
    return ": ".join(part for part in parts if part)


def _reduced(second: Verdict, reason: str) -> Verdict:
    """The verdict on a document that was tried whole and then reduced."""
    if second.kind == "done":
        return Verdict("reduced", reason)
    return Verdict("rejected", second.reason) if second.kind == "refused" else second


def batches(lines: Mapping[int, bytes]) -> list[dict[int, bytes]]:
    """Of at most ITEMS items and BYTES bytes, unless one item alone is larger."""
    found: list[dict[int, bytes]] = []
    size = 0
    for place, line in lines.items():
        if not found or len(found[-1]) >= ITEMS or size + len(line) > BYTES:
            found.append({})
            size = 0
        found[-1][place] = line
        size += len(line)
    return found
