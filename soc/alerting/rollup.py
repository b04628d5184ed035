"""The roll-up: everything in an alert that follows from its findings, as a pure function of the set of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    the last KEPT only id, ref, time, severity and risk are read.
    """
    ordered = sorted(findings, key=place)
    first, last = ordered[0], ordered[-1]
    shown = ordered if len(ordered) <= 2 * KEPT else ordered[:KEPT] + ordered[-KEPT:]
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
        "count": len(ordered) if total is None else total,
        "first_seen": first["@timestamp"],
        "last_seen": last["@timestamp"],
        "evidence": [evidence(document) for document in shown],
        "refs": [document["soc"]["ref"] for document in ordered[:REFS]],
    }
    after["triage"] = alert["triage"]
    return after


def place(finding: dict[str, Any]) -> tuple[str, str]:
    """Where a finding stands among those of its alert: stores order times in milliseconds, so no finer digit decides."""
    return finding["@timestamp"][:_MILLISECONDS], finding["soc"]["id"]


def slim(id_: str, ref: str, time: str, severity: int, risk: int) -> dict[str, Any]:
    """What `roll_up` reads of a finding between the first and the last."""
    return {"@timestamp": time, "event": {"severity": severity}, "soc": {"id": id_, "ref": ref, "risk": risk}}
