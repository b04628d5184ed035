"""The three pure functions: records to findings, partials and dead letters; hits to findings; findings to alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from soc import content, parse, pipeline, sigma
from soc.anomaly import Detectors, Strides
from soc.enrich import Inventory
from soc.finding import alert_id, finding_id
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from soc.event import Event

ARRIVED = 1_772_330_400_000_000  # 2026-03-01T02:00:00Z
GOOD = b"<38>2026-03-01T09:00:00+07:00 web-1 sshd[4242]: Accepted password for root from 198.51.100.7 port 22222 ssh2"
DULL = b"<38>2026-03-01T09:00:00+07:00 web-1 sshd[4242]: Server listening on 0.0.0.0 port 22."


@pytest.fixture(scope="module")
def in_force() -> pipeline.Content:
    return pipeline.Content(sigma.load([content.rules_dir()]), Detectors(), Inventory(), "5e7")


def records(*raws: bytes) -> list[Record]:
    return [Record(raw, "logs.host:0", number, ARRIVED, LogSource("logs.host")) for number, raw in enumerate(raws)]


def test_each_record_ends_as_clean_alerting_or_dead_letter(in_force: pipeline.Content) -> None:
    done = pipeline.detect(records(DULL, GOOD, b"{broken", b""), in_force, Strides([]))
    assert (done.clean, done.alerting, [letter.reason for letter in done.dead_letters]) == (1, 1, ["json", "empty"])
    assert done.records == 4
    assert done.formats == {"linux_auth": 2}
    assert sum(done.matches.values()) == len(done.findings) == 1
    assert [letter.record.raw for letter in done.dead_letters] == [b"{broken", b""]


def test_a_finding_says_what_matched_where_and_why(in_force: pipeline.Content) -> None:
    (finding,) = pipeline.detect(records(GOOD), in_force, Strides([])).findings
    document = finding.document
    rule, soc = document["rule"], document["soc"]
    assert finding.id == soc["id"] == finding_id(rule["id"], "logs.host:0:0", GOOD)
    group = [(pair["field"], pair["value"]) for pair in soc["group"]]
    assert group == [("host.name", "web-1"), ("source.ip", "198.51.100.7")]
    assert finding.alert_id == alert_id(rule["id"], group, ARRIVED)  # a full hour, so the bucket starts there
    assert (document["@timestamp"], soc["arrived"]) == ("2026-03-01T02:00:00.000Z", "2026-03-01T02:00:00.000Z")
    assert (document["source"]["ip"], document["user"]["name"]) == ("198.51.100.7", "root")
    assert document["event"]["original"] == GOOD.decode()
    assert all("not" in clause or (clause["field"] and {"value", "absent"} & clause.keys()) for clause in soc["why"])
    assert (soc["layer"], soc["ruleset"], soc["ref"]) == ("host", "5e7", "logs.host:0:0")


def test_the_same_records_give_the_same_documents(in_force: pipeline.Content) -> None:
    first, second = (pipeline.detect(records(GOOD, DULL, GOOD), in_force, Strides([])).findings for _ in range(2))
    assert first == second
    assert len({finding.id for finding in first}) == 2
    assert len({finding.alert_id for finding in first}) == 1


def test_a_fault_in_a_parser_costs_only_its_record(in_force: pipeline.Content, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(event: Event, document: Any) -> None:
        raise KeyError("gone")

    parse_record = parse.parse

    def with_fault(record: Record) -> Event:
        event = parse_record(record)
        return event._replace(format=replace(event.format, ecs=broken)) if record.offset == 0 else event

    monkeypatch.setattr(parse, "parse", with_fault)
    done = pipeline.detect(records(GOOD, GOOD), in_force, Strides([]))
    assert (done.alerting, [(letter.stage, letter.reason, letter.detail) for letter in done.dead_letters]) == (
        1,
        [("detect", "parser_fault", "KeyError: 'gone'")],
    )


def test_findings_of_one_group_open_one_alert(in_force: pipeline.Content) -> None:
    findings = pipeline.detect(records(GOOD, GOOD), in_force, Strides([])).findings
    unique, alerts = pipeline.index([*findings, *findings])
    assert [finding.id for finding in unique] == [finding.id for finding in findings]
    assert [alert.id for alert in alerts] == [findings[0].alert_id]
    assert alerts[0].document["triage"]["status"] == "new"
