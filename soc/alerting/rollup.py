"""The roll-up: everything in an alert that follows from its findings, as a pure function of the set of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.alerting.documents import evidence, search_text

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 10
REFS = 1_000
_MILLISECONDS = len("2026-01-02T03:04:05.678")
# Stores order times in milliseconds; finer digits must not decide here either.
_ENTITY_FIELDS = ("host", "source", "destination", "user")


def roll_up(findings: Sequence[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    """The rolled-up fields of an alert, nested, from documents of its findings.

    `findings` are all of them; or the first REFS, the last KEPT and those of the greatest severity and risk, with `total` their
    number: the result is the same. The order of the argument does not matter.
    """
    ordered = sorted(findings, key=lambda document: (document["@timestamp"][:_MILLISECONDS], document["soc"]["id"]))
    first, last = ordered[0], ordered[-1]
    shown = ordered if len(ordered) <= 2 * KEPT else ordered[:KEPT] + ordered[-KEPT:]
    rolled: dict[str, Any] = {
        "@timestamp": first["@timestamp"],
        "event": {"severity": max(document["event"]["severity"] for document in ordered)},
        "rule": last["rule"],
        "soc": {
            "risk": max(document["soc"]["risk"] for document in ordered),
            "count": len(ordered) if total is None else total,
            "first_seen": first["@timestamp"],
            "last_seen": last["@timestamp"],
            "title": last["soc"]["title"],
            "evidence": [evidence(document) for document in shown],
            "refs": [document["soc"]["ref"] for document in ordered[:REFS]],
            "search": search_text(last),
        },
    }
    for name in _ENTITY_FIELDS:
        if name in last:
            rolled[name] = last[name]
    return rolled
