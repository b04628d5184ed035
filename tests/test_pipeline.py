"""The three pure functions: records to findings, partials and dead letters; hits to findings; findings to alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from soc import content, parse, pipeline, sigma
from soc.alerting import roll_up
from soc.anomaly import Detectors, Strides
from soc.enrich import Inventory
from soc.finding import alert_id, finding_id
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from soc.event import Event
    from soc.finding import Finding

ARRIVED = 1_772_330_400_000_000  # 2026-03-01T02:00:00Z
GOOD = b"<38>2026-03-01T09:00:00+07:00 web-1 sshd[4242]: Accepted password for root from 198.51.100.7 port 22222 ssh2"
DULL = b"<38>2026-03-01T09:00:00+07:00 web-1 sshd[4242]: Server listening on 0.0.0.0 port 22."


@pytest.fixture(scope="module")
def in_force() -> pipeline.Content:
    return pipeline.Content(sigma.load([content.rules_dir()]), Detectors(), Inventory(), "5e7")


def records(*raws: bytes) -> list[Record]:
    return [Record(raw, "logs.host:0", number, ARRIVED, LogSource("logs.host")) for number, raw in enumerate(raws)]


def alerting(given: list[Record], in_force: pipeline.Content) -> list[Finding]:
    """The findings of rules that alert by themselves."""
    return [finding for finding in pipeline.detect(given, in_force, Strides([])).findings if finding.alert_id]


def test_each_record_ends_as_clean_alerting_or_dead_letter(in_force: pipeline.Content) -> None:
    done = pipeline.detect(records(DULL, GOOD, b"{broken", b""), in_force, Strides([]))
    assert (done.clean, done.alerting, [letter.reason for letter in done.dead_letters]) == (1, 1, ["json", "empty"])
    assert done.records == 4
    assert done.formats == {"linux_auth": 2}
    assert (sum(done.matches.values()), len(done.findings)) == (2, 1)  # one match is of a rule that is counted only
    assert [letter.record.raw for letter in done.dead_letters] == [b"{broken", b""]


def test_a_finding_says_what_matched_where_and_why(in_force: pipeline.Content) -> None:
    (finding,) = alerting(records(GOOD), in_force)
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
    assert len({finding.alert_id for finding in first} - {None}) == 1


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
    findings = alerting(records(GOOD, GOOD), in_force)
    unique, alerts = pipeline.index([*findings, *findings])
    assert [finding.id for finding in unique] == [finding.id for finding in findings]
    assert [alert.id for alert in alerts] == [findings[0].alert_id]
    assert alerts[0].document["triage"]["status"] == "new"


def guesses(count: int, *more: bytes) -> list[Record]:
    """Refused passwords of one source, a second apart, and what follows."""
    lines = [
        b"<38>2026-03-01T09:00:%02d+07:00 web-1 sshd[4242]: Failed password for root from 198.51.100.7 port 22 ssh2"
        % number
        for number in range(count)
    ]
    return records(*lines, *more)


def correlated(given: list[Record], in_force: pipeline.Content) -> list[Finding]:
    """Through detect and correlate, level by level."""
    state, found = pipeline.Open.since(in_force), []
    hits = pipeline.detect(given, in_force, Strides([])).hits
    while hits:
        done = pipeline.correlate(hits, state, in_force)
        found += done.findings
        hits = done.hits
    return found


def test_a_correlation_says_its_arithmetic_in_words_and_what_it_counted(in_force: pipeline.Content) -> None:
    (finding,) = correlated(guesses(12), in_force)
    soc = finding.document["soc"]
    arithmetic, *shown = soc["why"]
    assert (soc["kind"], soc["step"], finding.document["source"]["ip"]) == ("correlation", 0, "198.51.100.7")
    assert arithmetic["text"] == {
        "en": "10 of 10 needed within 10 min by source.ip",
        "vi": "10 lần, cần 10 trong 10 phút theo source.ip",
    }
    assert [piece["ref"] for piece in shown] == arithmetic["refs"] == [f"logs.host:0:{number}" for number in range(10)]
    assert "Failed password for root" in shown[0]["event"]["original"]


def test_one_alert_is_updated_while_its_count_doubles(in_force: pipeline.Content) -> None:
    findings = correlated(guesses(45), in_force)
    assert [finding.document["soc"]["step"] for finding in findings] == [0, 1, 2]
    (opened,) = pipeline.index(findings)[1]
    assert (opened.document["soc"]["count"], opened.document["soc"]["last_seen"]) == (10, "2026-03-01T02:00:09.000Z")
    after = roll_up(opened.document, [finding.document for finding in reversed(findings)])["soc"]
    assert (after["count"], after["first_seen"], after["last_seen"]) == (
        40,
        "2026-03-01T02:00:00.000Z",
        "2026-03-01T02:00:39.000Z",
    )
    assert len(after["refs"]) == 40
    assert [piece["why"][0]["text"]["en"] for piece in after["evidence"]] == [
        "40 of 10 needed within 10 min by source.ip"
    ]


def test_the_steps_of_a_sequence_are_its_evidence(in_force: pipeline.Content) -> None:
    after = b"<38>2026-03-01T09:03:00+07:00 web-1 sshd[4242]: Accepted password for root from 198.51.100.7 port 22 ssh2"
    (finding,) = correlated(guesses(5, after), in_force)
    arithmetic, *steps = finding.document["soc"]["why"]
    assert arithmetic["text"]["en"] == "2 steps in their order, 2 needed within 15 min by source.ip"
    assert [step["event"]["title"] for step in steps] == ["Password refused by SSH", "Login over SSH"]


def test_records_that_are_counted_only_are_clean(in_force: pipeline.Content) -> None:
    done = pipeline.detect(guesses(3), in_force, Strides([]))
    assert (done.clean, done.alerting, done.findings, sum(done.matches.values())) == (3, 0, [], 3)
