"""What detect tells correlations about an event that a rule matches."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
import yaml

from soc import content, hit, instant, parse, sigma
from soc.correlate import Emitted, hits_of
from soc.hit import EARLY, Match
from soc.record import LogSource, Record
from tests.correlate.world import START, correlation

RULE = {
    "title": "Failed logon", "id": "failed", "name": "failed", "logsource": {"product": "windows", "service": "security"},
    "detection": {"s": {"EventID": 4625}, "condition": "s"},
}  # fmt: skip
HOUR = START


def rules_of(*documents: dict[str, Any]) -> sigma.RuleSet:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "all.yml").write_text(yaml.safe_dump_all([RULE, *documents]), encoding="utf-8")
        found = sigma.load([content.rules_dir() / "fields", Path(folder)])
    assert found.faults == ()
    return found


def emitted(rules: sigma.RuleSet, late: int = 1, *, whole: bool = False, **fields: Any) -> Emitted:
    """Of one event at START that arrives so many seconds later."""
    native = {
        "EventID": 4625, "Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing",
        "EventTime": "2026-11-24T06:00:00Z", **fields,
    }  # fmt: skip
    source = LogSource("logs.host", whole=whole)
    record = Record(orjson.dumps(native), "logs.host:3", 42, START + late * instant.SECOND, source)
    event = parse.parse(record)
    assert event.time == START
    found = Emitted()
    for rule in rules.match(event):
        hits_of(rules.correlations, rule, event, rules.reader(rule, event), found, rules.why(rule, event))
    return found


def counting(kind: str = "event_count", **more: Any) -> dict[str, Any]:
    condition = more.pop("condition", {"gte": 3})
    return correlation("c", kind, ["failed"], condition=condition, **{"group-by": ["TargetUserName"], **more})


def test_a_match_is_one_hit_for_each_correlation_that_counts_its_rule() -> None:
    rules = rules_of(counting(), {**counting("value_count", condition={"gte": 2, "field": "IpAddress"}), "id": "d"})
    found = emitted(rules, TargetUserName="lan", IpAddress="192.0.2.1")
    keys = {each.info.id: each.key for each in rules.correlations.all}
    first, second = found.hits
    assert first == Match(
        correlation=keys["c"],
        group=("lan",),
        time=START,
        ref="logs.host:3:42",
        arrived=START + instant.SECOND,
        rule="failed",
        evidence=first.evidence,
    )
    assert (second.correlation, second.value) == (keys["d"], "192.0.2.1")
    assert hit.decode(hit.encode(second)) == second


def test_the_evidence_is_the_clauses_that_decided_and_the_beginning_of_the_record() -> None:
    found = emitted(rules_of(counting()), TargetUserName="lan", Message="x" * 5_000)
    (evidence,) = [orjson.loads(bytes(each.evidence)) for each in found.hits]
    assert evidence["title"] == "Failed logon"
    assert evidence["fields"] == {"EventID": "4625"}
    assert evidence["original"].startswith('{"EventID":4625')
    assert len(orjson.dumps(evidence)) <= 1_024


def test_without_a_field_to_group_or_count_by_there_is_no_hit_and_it_is_counted() -> None:
    rules = rules_of(counting("value_count", condition={"gte": 2, "field": "IpAddress"}))
    for fields in (
        {"TargetUserName": "lan"},
        {"IpAddress": "192.0.2.1"},
        {"TargetUserName": "", "IpAddress": "192.0.2.1"},
    ):
        found = emitted(rules, **fields)
        assert (found.hits, dict(found.missing)) == ([], {"c": 1})


def test_a_number_is_wanted_where_numbers_are_counted() -> None:
    rules = rules_of(counting("value_sum", condition={"gte": 2, "field": "Size"}))
    assert [each.value for each in emitted(rules, TargetUserName="lan", Size=17).hits] == ["17"]
    assert [each.value for each in emitted(rules, TargetUserName="lan", Size="-1.5").hits] == ["-1.5"]
    assert dict(emitted(rules, TargetUserName="lan", Size="1e999999").missing) == {"c": 1}


def test_an_event_that_is_later_than_a_correlation_waits_for_is_no_hit() -> None:
    rules = rules_of(counting(), {**counting(), "id": "d", "soc": {"lateness": "10m"}})
    assert len(emitted(rules, 120, TargetUserName="lan").hits) == 2
    found = emitted(rules, 121, TargetUserName="lan")
    assert (len(found.hits), dict(found.late)) == (1, {"c": 1})
    assert len(emitted(rules, 100_000, whole=True, TargetUserName="lan").hits) == 2


def test_a_clock_ahead_is_clamped_to_a_little_after_the_arrival() -> None:
    (found,) = emitted(rules_of(counting()), -3_600, TargetUserName="lan").hits
    assert (found.time, found.arrived) == (START - 3_600 * instant.SECOND + EARLY, START - 3_600 * instant.SECOND)


def test_hits_of_a_whole_file_have_its_scope() -> None:
    (found,) = emitted(rules_of(counting()), whole=True, TargetUserName="lan").hits
    assert found.scope == "logs.host:3"


def test_a_hit_carries_what_correlations_above_ask_for() -> None:
    above = {**correlation("d", "event_count", ["c"], condition={"gte": 2}), "title": "d"}
    above["correlation"]["group-by"] = ["Computer"]
    (found,) = emitted(rules_of(counting(), above), TargetUserName="lan", Computer="dc-1").hits
    assert found.carried == {"Computer": "dc-1"}


def test_a_rule_that_nothing_counts_makes_no_hit() -> None:
    assert emitted(rules_of(), TargetUserName="lan") == Emitted()


def test_ecs_names_and_the_names_that_rules_use_are_read_alike() -> None:
    found = emitted(
        rules_of(counting(**{"group-by": ["host.name", "Computer"]})), Computer="dc-1", TargetUserName="lan"
    )
    assert [each.group for each in found.hits] == [("dc-1", "dc-1")]
