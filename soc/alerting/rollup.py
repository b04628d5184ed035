"""The roll-up: everything in an alert that follows from its findings, as a pure function of the set of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.alerting.arithmetic import extent
from soc.alerting.documents import alert_of, evidence
from soc.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 10
REFS = 1_000
_MILLISECONDS = len("2026-01-02T03:04:05.678")


def roll_up(alert: dict[str, Any], findings: Sequence[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    """An alert as it stands after its findings: what people decided is kept, all the rest follows from the set of them.

    `findings` are documents of all of them in any order; or of the first REFS, the last KEPT and those of the greatest
    severity and risk, with `total` their number: the result is the same. Of those that are neither among the first nor
    the last KEPT only id, ref, time, severity and risk are read. A correlation has one finding for each doubling of its
    count, so few of them, and the latest says all.
    """
    ordered = sorted(findings, key=place)
    first, last = ordered[0], ordered[-1]
    shown = ordered if len(ordered) <= 2 * KEPT else ordered[:KEPT] + ordered[-KEPT:]
    told = _told(ordered, total)
    if last["soc"]["kind"] == "correlation":
        last = max(ordered, key=lambda document: document["soc"]["step"])
        shown, told = [last], _told_by_steps(ordered)
    opened = alert_of(Finding(last["soc"]["id"], alert["soc"]["id"], last))
    assert opened is not None
    after = opened.document
    # An exception that hides the alert is no finding's word.
    fresh = {name: value for name, value in after["soc"].items() if name != "suppressed_by"}
    after["@timestamp"] = first["@timestamp"]
    after["event"]["severity"] = max(document["event"]["severity"] for document in ordered)
    after["soc"] = {
        **alert["soc"],
        **fresh,
        "risk": max(document["soc"]["risk"] for document in ordered),
        **told,
        "evidence": [evidence(document) for document in shown],
    }
    after["triage"] = alert["triage"]
    return after


def _told(ordered: Sequence[dict[str, Any]], total: int | None) -> dict[str, Any]:
    return {
        "count": len(ordered) if total is None else total,
        "first_seen": ordered[0]["@timestamp"],
        "last_seen": ordered[-1]["@timestamp"],
        "refs": [document["soc"]["ref"] for document in ordered[:REFS]],
    }


def _told_by_steps(steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each step has counted what those before it did, and more."""
    counts, firsts, lasts = zip(*map(extent, steps), strict=True)
    refs = dict.fromkeys(ref for document in steps for ref in document["soc"]["why"][0]["refs"])
    return {
        "count": max(counts),
        "first_seen": min(firsts),
        "last_seen": max(lasts),
        "refs": sorted(refs)[:REFS],
    }


def place(finding: dict[str, Any]) -> tuple[str, str]:
    """Where a finding stands among those of its alert: stores order times in milliseconds, so no finer digit decides."""
    return finding["@timestamp"][:_MILLISECONDS], finding["soc"]["id"]


def slim(id_: str, ref: str, time: str, severity: int, risk: int) -> dict[str, Any]:
    """What `roll_up` reads of a finding between the first and the last."""
    return {"@timestamp": time, "event": {"severity": severity}, "soc": {"id": id_, "ref": ref, "risk": risk}}
