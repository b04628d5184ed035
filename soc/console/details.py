"""What the details pane shows of one alert, made of its document and its last finding."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import parse
from soc.console import words
from soc.stores import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.console.call import Call
    from soc.stores import Document

# In the header already, or the raw text that stands beside.
_SHOWN_ELSEWHERE = frozenset({"event.original", "event.kind", "event.severity", "event.ingested", "@timestamp"})
_MOST_FIELDS = 200
ZERO = 30.0
"""Where a bar's zero line stands, in hundredths of its width."""


class Clause(NamedTuple):
    selection: str
    field: str
    """As the rule writes it, with its modifiers; empty for any value of the event."""
    value: str
    asked: str
    absent: bool = False
    """The rule wants the field missing, and it is."""
    negated: bool = False
    """What `asked` says did not hold, as the rule wants it."""


class Feature(NamedTuple):
    name: dict[str, str]
    value: float
    usual: float
    one_in: float
    contribution: float
    start: float
    width: float
    """The bar, in hundredths of the width."""


class Field(NamedTuple):
    name: str
    value: str
    used: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence."""

    ref: str
    finding: str
    at: str
    raw: str
    fields: Sequence[Field]


class Moment(NamedTuple):
    at: str
    actor: str
    changes: Sequence[tuple[str, Any, Any]]
    """Field, before, after."""
    note: str


@dataclass(frozen=True, slots=True)
class Details:
    alert: Document
    arithmetic: dict[str, str]
    """Of a correlation, in words, by language."""
    clauses: Sequence[Clause]
    features: Sequence[Feature]
    pieces: Sequence[Piece]
    moments: Sequence[Moment]
    """The newest first."""
    asset: Document
    zones: dict[str, str]
    anomaly: Document
    findings: int


async def read(call: Call, alert_id: str) -> Details:
    """Raises stores.NotFound."""
    store = call.desk.store
    newest = Query("finding", filters={"soc.alert_id": [alert_id]}, sort="-@timestamp", limit=1)
    alert, found = await asyncio.gather(store.get("alert", alert_id), store.search(newest))
    # Zones, asset and model are of the finding; retention may have taken it before the alert.
    last = found.documents[0]["soc"] if found.documents else {}
    why = alert["soc"]["evidence"][-1]["why"]
    return Details(
        alert=alert,
        arithmetic=next((item["text"] for item in why if "correlation" in item), {}),
        clauses=[_clause(item) for item in why if not item.keys() & {"contribution", "correlation", "ref"}],
        features=_features([item for item in why if "contribution" in item]),
        pieces=_pieces(alert["soc"]["evidence"]),
        moments=_moments(alert["triage"]),
        asset=last.get("asset", {}),
        zones=_zones(last),
        anomaly=last.get("anomaly", {}),
        findings=found.total,
    )


def _pieces(evidence: Sequence[Document]) -> list[Piece]:
    """Of a correlation the events that it counted, of all others the findings."""
    last = evidence[-1]
    counted = [item for item in last["why"] if "ref" in item]
    if counted:
        return [_counted(item, last["finding"]) for item in counted]
    return [piece(item["event"], item["why"], item["ref"], item["finding"]) for item in evidence]


def _counted(item: Document, finding: str) -> Piece:
    event = item["event"]
    fields = [Field(name, words.plain(value), used=True) for name, value in event.get("fields", {}).items()]
    title = Field("rule.name", words.plain(event.get("title")), used=False)
    return Piece(item["ref"], finding, item["time"], str(event.get("original", "")), [*fields, title])


def _zones(soc: Document) -> dict[str, str]:
    found = ((side, soc.get(side)) for side in ("source", "destination"))
    return {side: part["zone"] for side, part in found if isinstance(part, dict) and "zone" in part}


def of_finding(finding: Document) -> Piece:
    event = {name: part for name, part in finding.items() if name not in {"soc", "rule", "threat"}}
    soc = finding["soc"]
    return piece(event, soc["why"], soc["ref"], soc["id"])


def piece(event: Document, why: Sequence[Document], ref: str, finding: str) -> Piece:
    """One piece with the fields that the rule used first: by their name, or by their value where names differ."""
    names = {str(item.get("field", "")).partition("|")[0] for item in why}
    values = {words.plain(item.get("value")) for item in why} - {""}
    pairs = [(name, words.plain(value)) for name, value in parse.flat(event) if name not in _SHOWN_ELSEWHERE]
    fields = [Field(name, value, name in names or value in values) for name, value in pairs if value]
    fields.sort(key=lambda field: (not field.used, field.name))
    original = event.get("event", {}).get("original", "")
    return Piece(ref, finding, event.get("@timestamp", ""), str(original), fields[:_MOST_FIELDS])


def _clause(item: Document) -> Clause:
    """From `sigma.explain.why`, or of a health check, which says what it saw in a message."""
    asked = words.plain(item.get("asked") or item.get("message"))
    value = words.plain(item.get("value"))
    absent, negated = bool(item.get("absent")), bool(item.get("not"))
    return Clause(str(item.get("selection", "")), str(item.get("field", "")), value, asked, absent, negated)


def _features(items: Sequence[Document]) -> list[Feature]:
    greatest = max((abs(item["contribution"]) for item in items), default=0) or 1
    return [_feature(item, item["contribution"] / greatest) for item in items]


def _feature(item: Document, share: float) -> Feature:
    """Rightward bars speak for "unusual", leftward ones against it."""
    width = abs(share) * (100 - ZERO if share >= 0 else ZERO)
    return Feature(
        {"en": item["name"], "vi": item.get("name_vi") or item["name"]},
        item["value"],
        item["usual"],
        item["one_in"],
        item["contribution"],
        round(ZERO if share >= 0 else ZERO - width, 2),
        round(width, 2),
    )


def _moments(triage: Document) -> list[Moment]:
    """The history with each note at its act; notes older than the history by themselves."""
    notes = {(note["at"], note["actor"]): note["text"] for note in triage["notes"]}
    moments = [
        Moment(
            entry["at"],
            entry["actor"],
            [
                (field, *entry["changed"][field])
                for field in ("status", "disposition", "assignee")
                if field in entry["changed"]
            ],
            notes.pop((entry["at"], entry["actor"]), "") if entry["changed"].get("note") else "",
        )
        for entry in triage["history"]
    ]
    moments += [Moment(at, actor, (), text) for (at, actor), text in notes.items()]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)
