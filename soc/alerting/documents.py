"""The documents of findings and alerts, with the names of CONTRACT.md: ECS where ECS has one, ours under `soc.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import finding as ids, instant
from soc.alert import SEVERITIES, Alert
from soc.alerting.arithmetic import extent
from soc.alerting.search_text import fold
from soc.finding import Finding
from soc.parse.dotted import nested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.alerting.grouping import Group
    from soc.finding import RuleInfo

# Risk of a level, and what an asset's criticality makes of it (DESIGN 8).
_RISK = (5, 21, 47, 73, 99)
_CRITICALITY = {"low": 0.8, "medium": 1.0, "high": 1.2}
_COPIED = (
    "host",
    "source",
    "destination",
    "user",
    "url",
    "process",
    "file",
    "network",
    "observer",
    "threat",
    "rule",
    "labels",
)
_MAX_ORIGINAL = 64 * 1024


def risk(severity: str, criticality: str = "medium") -> int:
    """0 to 100 from a level and the criticality of the asset."""
    return min(100, round(_RISK[SEVERITIES.index(severity)] * _CRITICALITY.get(criticality, 1.0)))


def finding_of(  # noqa: PLR0913 (what a finding consists of)
    rule: RuleInfo,
    group: Group,
    document: dict[str, Any],
    *,
    time: int,
    arrived: int,
    ref: str,
    raw: bytes = b"",
    why: Sequence[dict[str, Any]] = (),
    ruleset: str = "",
    sample: bool = False,
    step: int = 0,
    severity: str = "",
) -> Finding:
    """The finding of a rule on one event (`raw` given), or of a correlation or detector on a window (`raw` empty).

    `document` is flat ECS; `why` are the clauses with field and value, or the features.
    """
    event_finding = bool(raw)
    key = group.key
    this = (
        ids.finding_id(rule.id, ref, raw) if event_finding else ids.window_finding_id(rule.id, key, group.bucket, step)
    )
    alert = ids.alert_id(rule.id, key, group.bucket) if rule.state == "live" else None
    level = severity or rule.severity
    body = nested({name: value for name, value in document.items() if not name.startswith("soc.")})
    body["@timestamp"] = instant.iso(time)
    body.setdefault("event", {}).update({"kind": "alert", "severity": SEVERITIES.index(level) + 1})
    if event_finding:
        body["event"]["original"] = raw[:_MAX_ORIGINAL].decode("utf-8", "replace")
    body["rule"] = {"id": rule.id, "name": rule.name, "version": rule.version, "description": rule.description}
    if rule.tactics or rule.techniques:
        body["threat"] = {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": list(rule.tactics)},
            "technique": {"id": list(rule.techniques)},
        }
    enriched = nested({name: value for name, value in document.items() if name.startswith("soc.")}).get("soc", {})
    body["soc"] = {
        **enriched,
        "id": this,
        "alert_id": alert,
        "kind": rule.kind,
        "ref": ref,
        "step": step,
        "why": list(why),
        "ruleset": ruleset,
        "layer": rule.layer,
        "arrived": instant.iso(arrived),
        "bucket": instant.iso(group.bucket),
        "group": [{"field": field, "value": value} for field, value in key],
        "entity": {"field": key[0][0], "value": key[0][1]} if key else {"field": "", "value": ""},
        "risk": risk(level, str(document.get("soc.asset.criticality", "medium"))),
        "title": {"en": rule.name, "vi": rule.title_vi or rule.name},
        "controls": list(rule.controls),
        "national": {"category": rule.national_category, "severity": rule.national_severity},
        "runbook": {"en": list(rule.runbook_en), "vi": list(rule.runbook_vi)},
        "falsepositives": list(rule.falsepositives),
        "sample": sample,
    }
    return Finding(this, alert, body)


def alert_of(finding: Finding) -> Alert | None:
    """The alert that a finding opens, as whoever comes first creates it; the roll-up completes it from all of them."""
    if finding.alert_id is None:
        return None
    document = finding.document
    soc = document["soc"]
    body: dict[str, Any] = {name: document[name] for name in _COPIED if name in document}
    body["@timestamp"] = document["@timestamp"]
    body["event"] = {"kind": "alert", "severity": document["event"]["severity"]}
    kept = (
        "kind",
        "layer",
        "entity",
        "group",
        "risk",
        "title",
        "controls",
        "national",
        "bucket",
        "runbook",
        "falsepositives",
        "sample",
    )
    count, first, last = extent(document)
    body["soc"] = {name: soc[name] for name in kept}
    body["soc"] |= {
        "id": finding.alert_id,
        "count": count,
        "first_seen": first,
        "last_seen": last,
        "evidence": [evidence(document)],
        "suppressed_by": [],
        "search": search_text(document),
    }
    body["triage"] = {
        "status": "new",
        "assignee": None,
        "disposition": None,
        "notes": [],
        "revision": 0,
        "history": [],
    }
    return Alert(finding.alert_id, body)


def evidence(document: dict[str, Any]) -> dict[str, Any]:
    """One piece of evidence in an alert, from a finding's document; what it refers to stands in the alert once."""
    soc = document["soc"]
    event = {name: value for name, value in document.items() if name not in {"soc", "rule", "threat"}}
    why = [{name: part for name, part in clause.items() if name != "refs"} for clause in soc["why"]]
    return {"ref": soc["ref"], "finding": soc["id"], "why": why, "event": event}


def search_text(document: dict[str, Any]) -> str:
    """What the folded search looks in: both titles, the entity, the group key's values."""
    soc = document["soc"]
    values = [pair["value"] for pair in soc["group"]]
    return fold(" ".join([soc["title"]["vi"], soc["title"]["en"], soc["entity"]["value"], *values]))
