"""Findings and alerts: their ids, their risk, and the alert that whoever comes first creates."""

from __future__ import annotations

import pytest

from soc import alerting
from soc.alerting.documents import risk
from soc.finding import RuleInfo, alert_id, digest, finding_id, window_finding_id

AT = 1_795_500_000_000_000
RULE = RuleInfo("r-1", "Root login", "Đăng nhập root", "v1", "rule", "high", "host", controls=("tcvn14423.5.8.2.1",),
                tactics=("TA0001",), techniques=("T1110.001",), national_category=3, national_severity=2)  # fmt: skip
GROUP = alerting.Group((("host.name", "web-1"),), AT)


def finding(**changes):
    told = {"time": AT + 5_000_000, "arrived": AT + 6_000_000, "ref": "logs.host:0:7", "raw": b"a line", "ruleset": "s"}
    rule = changes.pop("rule", RULE)
    document = changes.pop("document", {"host.name": "web-1", "message": "x", "soc.asset.owner": "ops"})
    return alerting.finding_of(rule, changes.pop("group", GROUP), document, **(told | changes))


def test_the_whole_document_of_a_finding() -> None:
    made = finding(why=[{"field": "message", "value": "x"}])
    assert made.id == finding_id("r-1", "logs.host:0:7", b"a line")
    assert made.alert_id == alert_id("r-1", GROUP.key, AT)
    assert made.document == {
        "@timestamp": "2026-11-24T06:00:05.000Z",
        "host": {"name": "web-1"},
        "message": "x",
        "event": {"kind": "alert", "severity": 4, "original": "a line"},
        "rule": {"id": "r-1", "name": "Root login", "version": "v1", "description": ""},
        "threat": {
            "framework": "MITRE ATT&CK",
            "tactic": {"id": ["TA0001"]},
            "technique": {"id": ["T1110.001"]},
        },
        "soc": {
            "asset": {"owner": "ops"},
            "id": made.id,
            "alert_id": made.alert_id,
            "kind": "rule",
            "ref": "logs.host:0:7",
            "step": 0,
            "why": [{"field": "message", "value": "x"}],
            "ruleset": "s",
            "layer": "host",
            "arrived": "2026-11-24T06:00:06.000Z",
            "bucket": "2026-11-24T06:00:00.000Z",
            "group": [{"field": "host.name", "value": "web-1"}],
            "entity": {"field": "host.name", "value": "web-1"},
            "risk": 73,
            "title": {"en": "Root login", "vi": "Đăng nhập root"},
            "controls": ["tcvn14423.5.8.2.1"],
            "national": {"category": 3, "severity": 2},
            "runbook": {"en": [], "vi": []},
            "falsepositives": [],
            "sample": False,
        },
    }


def test_a_rules_revision_is_no_part_of_an_id() -> None:
    changed = finding(rule=RULE._replace(version="v2", severity="low", name="Other"))
    assert (changed.id, changed.alert_id) == (finding().id, finding().alert_id)


@pytest.mark.parametrize("change", [{"ref": "logs.host:0:8"}, {"raw": b"a line "}, {"rule": RULE._replace(id="r-2")}])
def test_other_bytes_another_place_or_another_rule_are_another_finding(change) -> None:
    assert finding(**change).id != finding().id


def test_ids_cannot_be_confused_by_moving_bytes_between_parts() -> None:
    assert digest("a", "bc") != digest("ab", "c")
    assert digest("", "a") != digest("a", "")
    assert window_finding_id("d", (("f", "v"),), 1, 0) != window_finding_id("d", (("f", "v"),), 1, 1)


def test_only_live_rules_open_alerts() -> None:
    shadow = finding(rule=RULE._replace(state="shadow"))
    assert shadow.id == finding().id
    assert shadow.alert_id is None
    assert alerting.alert_of(shadow) is None


def test_an_alert_is_new_and_has_its_finding_as_evidence() -> None:
    made = finding()
    alert = alerting.alert_of(made)
    assert alert.id == made.alert_id == alert.document["soc"]["id"]
    assert alert.document["triage"] == {
        "status": "new", "assignee": None, "disposition": None, "notes": [], "revision": 0, "history": [],
    }  # fmt: skip
    (evidence,) = alert.document["soc"]["evidence"]
    assert (evidence["finding"], evidence["ref"]) == (made.id, "logs.host:0:7")
    assert alert.document["soc"]["search"] == "dang nhap root root login web-1 web-1"


@pytest.mark.parametrize(
    ("severity", "criticality", "expected"),
    [
        ("informational", "medium", 5),
        ("low", "low", 17),
        ("medium", "medium", 47),
        ("high", "high", 88),
        ("critical", "high", 100),
        ("critical", "low", 79),
        ("medium", "nonsense", 47),
    ],
)
def test_risk_is_the_level_times_the_criticality_of_the_asset(severity, criticality, expected) -> None:
    assert risk(severity, criticality) == expected


def test_the_original_is_bounded_and_readable_whatever_the_bytes() -> None:
    original = finding(raw=b"\xff" + b"a" * 100_000).document["event"]["original"]
    assert original.startswith("\N{REPLACEMENT CHARACTER}a")
    assert len(original) == 64 * 1024


def test_the_alerts_document_shares_nothing_that_changes_with_the_next_finding() -> None:
    first, second = finding(), finding(ref="logs.host:0:9")
    assert alerting.alert_of(first).id == alerting.alert_of(second).id
