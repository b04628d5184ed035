"""Which events a rule meets: channels and event ids of Windows, products, categories and services of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sigma.rules import SYSMON, event_of, load_rule

if TYPE_CHECKING:
    from pathlib import Path

ANY = {"s": {"Image|contains": "a"}, "condition": "s"}
SECURITY = {"Channel": "Security", "EventID": 4688, "NewProcessName": "abc"}
SYSMON_1 = {"Channel": SYSMON, "EventID": 1, "Image": "abc"}

CASES: list[tuple[dict[str, str], dict[str, Any], bool]] = [
    ({"product": "windows", "category": "process_creation"}, SYSMON_1, True),
    ({"product": "windows", "category": "process_creation"}, {**SYSMON_1, "EventID": "1"}, True),
    ({"product": "windows", "category": "process_creation"}, {**SYSMON_1, "Channel": SYSMON.upper()}, True),
    ({"product": "windows", "category": "process_creation"}, {**SYSMON_1, "EventID": 3}, False),
    ({"product": "windows", "category": "process_creation"}, {**SYSMON_1, "Channel": "Application"}, False),
    ({"product": "windows", "category": "process_creation"}, SECURITY, True),  # Image is NewProcessName there
    ({"product": "windows", "category": "process_creation"}, {**SECURITY, "EventID": 4689}, False),
    ({"product": "windows", "service": "sysmon"}, {**SYSMON_1, "EventID": 3}, True),
    ({"product": "windows", "service": "security"}, SYSMON_1, False),
    ({"product": "windows", "service": "security"}, {"Channel": "Security", "EventID": 1, "Image": "abc"}, True),
    ({"product": "windows"}, {**SYSMON_1, "Channel": "Anything", "EventID": 77}, True),
    ({"category": "process_creation"}, SYSMON_1, True),
    ({"product": "linux"}, SYSMON_1, False),
    ({"product": "linux", "category": "process_creation"}, SYSMON_1, False),
    ({"service": "apache"}, SYSMON_1, False),
    ({"product": "windows", "category": "registry_add"}, {**SYSMON_1, "EventID": 12, "EventType": "CreateKey"}, True),
    ({"product": "windows", "category": "registry_add"}, {**SYSMON_1, "EventID": 12, "EventType": "DeleteKey"}, False),
    ({"product": "windows", "category": "registry_delete"}, {**SYSMON_1, "EventID": 12, "EventType": "DeleteValue"}, True),
    ({"product": "Windows", "category": "Process_Creation"}, SYSMON_1, True),
]  # fmt: skip


@pytest.mark.parametrize(("logsource", "fields", "expected"), CASES)
def test_a_rule_meets(tmp_path: Path, logsource: dict[str, str], fields: dict[str, Any], expected: bool) -> None:
    rules = load_rule(tmp_path, ANY, logsource=logsource)
    assert bool(rules.match(event_of(fields))) is expected


def test_a_site_adds_channels_and_names_of_fields(tmp_path: Path) -> None:
    (tmp_path / "fields.yml").write_text(
        "channels: {sysmon: [Forwarded Sysmon]}\n"
        "logsources: [{category: my_own, inside: sysmon, conditions: {EventID: [7, 8]}, fields: {Thing: Image}}]\n"
    )
    detection = {"s": {"Thing": "abc"}, "condition": "s"}
    rules = load_rule(tmp_path, detection, logsource={"category": "my_own"})
    assert rules.match(event_of({"Channel": "forwarded sysmon", "EventID": 8, "Image": "abc"}))
    assert not rules.match(event_of({"Channel": "forwarded sysmon", "EventID": 9, "Image": "abc"}))


def test_a_rule_that_no_event_can_reach_is_blind(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, ANY, logsource={"product": "windows", "category": "file_rename"})
    assert [rule.info.name for rule in rules.blind()] == ["A rule"]


def test_a_rule_that_is_off_does_not_match_and_one_in_shadow_does(tmp_path: Path) -> None:
    for state, expected in (("off", False), ("shadow", True), ("live", True)):
        rules = load_rule(tmp_path, ANY, soc={"state": state})
        assert bool(rules.match(event_of(SYSMON_1))) is expected


def test_attackers_cannot_fill_the_memory_with_channels(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, ANY, logsource={"product": "windows"})
    for number in range(5000):
        assert rules.match(event_of({"Channel": f"c{number}", "EventID": number, "Image": "abc"}))
    matcher = rules._matcher
    assert 0 < sum(len(plans) for plans in matcher._plans.values()) <= 4096
    assert len(matcher.windows._results) <= 4096
    assert len(rules._routes.windows._numbers) == 1


def test_a_reference_names_the_other_field_as_the_event_does(tmp_path: Path) -> None:
    detection = {"s": {"Image|fieldref": "ParentImage"}, "condition": "s"}
    rules = load_rule(tmp_path, detection)
    assert rules.match(event_of({**SYSMON_1, "ParentImage": "ABC"}))
    assert not rules.match(event_of({**SECURITY, "ParentProcessName": "abc"}))
    assert rules.match(event_of({**SECURITY, "ParentImage": "abc"}))
