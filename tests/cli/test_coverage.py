"""`soc coverage`: clauses and techniques against detections."""

from __future__ import annotations

import msgspec
import pytest

from soc.cli import _clauses
from soc.cli._clauses import Detection
from soc.cli.coverage import _lines, report_of


def detection(id_: str, *controls: str, layer: str = "host", state: str = "live", techniques: tuple[str, ...] = ()):
    return Detection(id_, "rule", layer, state, controls, techniques)


def entry(report, tag: str, clause: str):
    (standard,) = [standard for standard in report["standards"] if standard["tag"] == tag]
    return next((each for each in standard["clauses"] if each["clause"] == clause), None)


@pytest.mark.parametrize(
    ("control", "clause", "expected"),
    [
        ("tcvn14423.5.6.1", "5.6.1", True),
        ("tcvn14423.5.6.1c", "5.6.1", True),
        ("tcvn14423.5.6.1.c", "5.6.1", True),
        ("tcvn14423.5.11.2.4", "5.11.2", True),
        ("tcvn14423.5.12.2.2.a", "5.12.2.2a", True),
        ("tcvn14423.5.6.10", "5.6.1", False),
        ("tcvn14423.5.12.2.2", "5.12.2.2a", False),
        ("tcvn14423.5.12.2.2b", "5.12.2.2a", False),
        ("tcvn11930.5.6.1", "5.6.1", False),
    ],
)
def test_a_tag_is_of_its_clause_and_of_what_that_is_part_of(control, clause, expected):
    assert _clauses.covers(control, "tcvn14423", clause) is expected


def test_a_clause_names_what_covers_it_by_layer():
    report = report_of([
        detection("ssh", "tcvn14423.5.6.1c"),
        detection("scan", "tcvn14423.5.6.1a", layer="network"),
    ])  # fmt: skip
    assert entry(report, "tcvn14423", "5.6.1") == {
        "clause": "5.6.1",
        "vi": "Theo dõi hoạt động của tài khoản",
        "en": "Activity of accounts is monitored",
        "covered": True,
        "layers": {
            "host": [{"id": "ssh", "kind": "rule", "state": "live"}],
            "network": [{"id": "scan", "kind": "rule", "state": "live"}],
        },
    }
    assert [(each["tag"], each["covered"], each["of"]) for each in report["standards"]] == [
        ("tcvn14423", 1, 32), ("tcvn11930", 0, 23), ("qcvn12", 0, 12),
    ]  # fmt: skip


def test_what_is_silent_is_named_and_does_not_count():
    report = report_of([
        detection("a", "qcvn12.3.14.2", state="shadow", techniques=("T1110",)),
        detection("b", "qcvn12.3.14.2", state="learning", techniques=("T1110", "T1078")),
        detection("c", techniques=("T1078",)),
    ])  # fmt: skip
    assert entry(report, "qcvn12", "3.14.2")["covered"] is False
    assert [(each["technique"], each["covered"]) for each in report["techniques"]] == [
        ("T1078", True),
        ("T1110", False),
    ]
    told = list(_lines(report, "en"))
    assert told[-3:] == [
        "ATT&CK: 1 techniques covered",
        "  +  T1078    host: b (learning), c",
        "  -  T1110    host: a (shadow), b (learning)",
    ]
    assert "  -  3.14.2      Rules that link separate events                   host: a (shadow), b (learning)" in told


def test_a_clause_that_is_not_in_the_list_is_shown_and_not_counted():
    report = report_of([detection("a", "tcvn11930.9.9")])
    assert entry(report, "tcvn11930", "9.9")["layers"] == {"host": [{"id": "a", "kind": "rule", "state": "live"}]}
    assert report["standards"][1]["covered"] == 0


def test_a_line_names_six_and_says_how_many_more():
    report = report_of([detection(f"rule-{number}", techniques=("T1110",)) for number in range(8)])
    assert list(_lines(report, "vi"))[-1].endswith("rule-4, rule-5 and 2 more")


def test_clauses_are_listed_once_with_titles_in_both_languages():
    for standard in _clauses.standards():
        names = [clause.clause for clause in standard.clauses]
        assert len(names) == len(set(names))
        assert all(clause.vi and clause.en for clause in standard.clauses)


def test_the_shipped_content_covers_clauses_on_the_platform_and_says_that_its_detector_learns(site):
    told = site.call("coverage", "--format", "json")
    report = msgspec.json.decode(told.stdout)
    layers = entry(report, "tcvn14423", "5.13.2.1")["layers"]
    assert told.exit_code == 0
    assert {"id": "host-window", "kind": "anomaly", "state": "learning"} in layers["host"]
    assert {"id": "soc-health-disk-full", "kind": "health", "state": "live"} in layers["platform"]
    assert site.call("coverage").stdout.startswith("TCVN 14423:2026, clause 5 (level 3): ")
