"""What `soc check` says of single rules: fields, log sources, selections, weight, tags, and what ours must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from soc.checking.looking import linter
from tests.sigma.rules import ID, load_text, rule_text

if TYPE_CHECKING:
    from pathlib import Path

    from soc.errors import Fault

OTHER = "00000000-0000-4000-8000-000000000001"
GOOD = {"sel": {"CommandLine|contains": "mimikatz"}, "condition": "sel"}
LINUX = {"product": "linux", "service": "sshd"}
WEB = {"category": "webserver"}
FIREWALL = {"category": "firewall", "product": "fortigate"}


def found(folder: Path, *texts: str) -> list[Fault]:
    rules = load_text(folder, *texts)
    assert rules.faults == ()
    looking = linter(folder, rules)
    faults = [fault for source in looking.sources for fault in looking.alone(source)]
    return [*faults, *looking.together()]


def told(folder: Path, detection: Any = GOOD, **attributes: Any) -> list[tuple[str, int, str, str]]:
    """Check, line, what and fix of every warning about one rule."""
    faults = found(folder, rule_text(detection, **attributes))
    assert {fault.severity for fault in faults} <= {"warning"}
    return [(fault.check, fault.line, fault.what, fault.fix) for fault in faults]


def test_nothing_is_said_of_a_good_rule(tmp_path: Path) -> None:
    assert told(tmp_path) == []


# ----------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("logsource", "field", "meant"),
    [
        ({"product": "windows", "category": "process_creation"}, "Commandline", "CommandLine"),
        ({"product": "windows", "category": "process_creation"}, "ParentImge", "ParentImage"),
        ({"product": "windows", "category": "network_connection"}, "DestinationIP", "DestinationIp"),
        ({"product": "windows", "service": "security"}, "TargetUsername", "TargetUserName"),
        ({"product": "windows", "service": "security"}, "SubjectUserNme", "SubjectUserName"),
        (WEB, "cs-uri-qurey", "cs-uri-query"),
        (WEB, "CS-Method", "cs-method"),
        (FIREWALL, "dst_prot", "dst_port"),
        (LINUX, "proces.name", "process.name"),
        (LINUX, "process.nmae", "process.name"),
        (LINUX, "user.nmae", "user.name"),
        (LINUX, "Source.IP", "source.ip"),
    ],
)
def test_a_misspelt_field_is_named_with_the_one_that_was_meant(
    tmp_path: Path, logsource: dict[str, str], field: str, meant: str
) -> None:
    known = {f"{field}|contains": "something", **({"EventID": 4720} if logsource.get("service") == "security" else {})}
    warnings = told(tmp_path, {"s": known, "condition": "s"}, logsource=logsource)
    assert [fix for check, _, _, fix in warnings if check == "unknown-field"] == (
        [f"did you mean {meant!r}?"] if meant else []
    )


@pytest.mark.parametrize(
    ("logsource", "field"),
    [
        ({"product": "windows", "category": "process_creation"}, "NewProcessName"),
        ({"product": "windows", "category": "process_creation"}, "process.command_line"),
        ({"product": "windows", "category": "registry_set"}, "Details"),
        ({"product": "windows", "service": "application"}, "SomethingOfAnApplication"),
        ({"product": "windows", "service": "security"}, "Provider_Name"),
        (FIREWALL, "srcip"),
        (FIREWALL, "dstintfrole"),
        (WEB, "c-uri"),
        ({"product": "aws", "service": "cloudtrail"}, "requestParameters.enable"),
        ({"product": "zeek", "service": "dns"}, "qtype_name"),
    ],
)
def test_names_of_events_of_ecs_and_of_what_has_no_schema_are_left_alone(
    tmp_path: Path, logsource: dict[str, str], field: str
) -> None:
    assert told(tmp_path, {"s": {field: "something"}, "condition": "s"}, logsource=logsource) == []


def test_a_field_that_no_event_of_the_category_has_is_named_with_those_that_it_has(tmp_path: Path) -> None:
    detection = {"s": {"TargetFilename|endswith": ".lnk", "CommandLine|contains": "mimikatz"}, "condition": "s"}
    assert told(tmp_path, detection, logsource={"product": "windows", "category": "file_event"}) == [
        (
            "unknown-field",
            9,
            "unknown field 'CommandLine': no event of this log source has it (events sysmon 11)",
            "it has CreationUtcTime, Image, ProcessGuid, ProcessId, RuleName, TargetFilename, User, UtcTime",
        )
    ]


def test_a_field_that_three_rules_of_a_log_source_use_is_no_slip(tmp_path: Path) -> None:
    def of(field: str, number: int) -> str:
        detection = {"s": {field: f"value {number}"}, "condition": "s"}
        return rule_text(detection, id=f"00000000-0000-4000-8000-00000000000{number}", logsource=WEB)

    two, three = tmp_path / "two", tmp_path / "three"
    two.mkdir()
    three.mkdir()
    assert [fault.check for fault in found(two, of("cs-methods2", 1), of("cs-methods2", 2))] == ["unknown-field"] * 2
    assert found(three, *(of("cs-methods2", number) for number in range(1, 4))) == []


# ------------------------------------------------------------------------------------------------------ log sources


@pytest.mark.parametrize(
    ("logsource", "fix"),
    [
        ({"product": "linus", "service": "sshd"}, "did you mean `product: linux, service: sshd`?"),
        ({"product": "linux", "service": "ssh"}, "did you mean `product: linux, service: sshd`?"),
        ({"product": "windows", "category": "proces_creation"}, "did you mean `product: windows, category: process_creation`?"),
        ({"product": "windows", "service": "securty"}, "did you mean `product: windows, service: security`?"),
        ({"category": "web"}, "a file in rules/fields/ can say where such events are found"),
        ({"product": "as400"}, "a file in rules/fields/ can say where such events are found"),
    ],
)  # fmt: skip
def test_a_log_source_that_no_event_is_of_is_blind(tmp_path: Path, logsource: dict[str, str], fix: str) -> None:
    detection = {"s": {"process.name": "something"}, "condition": "s"}
    assert [warning for warning in told(tmp_path, detection, logsource=logsource) if warning[0] == "blind"] == [
        ("blind", 3, f"the rule is blind: no known event is of the log source {_shown(logsource)}", fix)
    ]


def _shown(logsource: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in logsource.items())


# -------------------------------------------------------------------------------------------------------- conditions


def test_a_selection_without_use_is_named(tmp_path: Path) -> None:
    detection = {**GOOD, "filter": {"User": "SYSTEM"}}
    assert told(tmp_path, detection) == [
        (
            "unused-selection",
            10,
            "the selection 'filter' is not used by the condition",
            "use it in the condition, or remove it",
        )
    ]


def test_a_condition_that_is_never_true_is_shown_with_what_excludes_each_other(tmp_path: Path) -> None:
    detection = {"a": {"Image|endswith": r"\a.exe"}, "b": {"Image|endswith": ".exe"}, "condition": "a and not b"}
    assert told(tmp_path, detection) == [
        (
            "never-true",
            11,
            r"the condition can never be true: `a` with Image|endswith: *\a.exe and `b` with not (Image|endswith: *.exe) exclude each other",
            "join them with `or`, or mend one of them",
        )
    ]


def test_the_event_ids_of_a_category_count_too(tmp_path: Path) -> None:
    """Process creation is event 1 of Sysmon and 4688 of Security; a rule for 5 can have neither."""
    ((check, _, what, _),) = told(tmp_path, {"a": {"EventID": 5, "Image": "x.exe"}, "condition": "a"})
    assert (check, what.partition(": ")[0]) == ("never-true", "the condition can never be true")
    assert told(tmp_path, {"a": {"EventID": 4688, "CommandLine": "x"}, "condition": "a"}) == []


def test_a_condition_that_is_always_true_is_named(tmp_path: Path) -> None:
    detection = {"a": {"Image|endswith": r"\a.exe"}, "condition": "a or not a"}
    assert [warning[0] for warning in told(tmp_path, detection)] == ["always-true"]


# ------------------------------------------------------------------------------------------------------------ weight


@pytest.mark.parametrize(
    ("selection", "what"),
    [
        ({"Image": "*"}, "the rule rests on Image: *, which any value is"),
        ({"CommandLine|contains": ["mimikatz", "-e"]}, "the rule rests on a text of 2 characters: CommandLine|contains: *-e*"),
        ({"CommandLine|re": "[a-f0-9]{32}"}, "the rule rests on a regular expression without a fixed text of 3 characters: [a-f0-9]{32}"),
        (["id", "whoami"], "the rule rests on the keyword 'id', which is in most logs"),
        ({"CommandLine|re": "|".join(f"evil{number}" for number in range(400))}, "a regular expression with 400 alternatives"),
        ({"CommandLine|contains": [f"evil{number}" for number in range(2500)]}, "2500 texts are searched for"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_heavy_rule_is_named_with_its_weight(tmp_path: Path, selection: Any, what: str) -> None:
    warnings = told(tmp_path, {"s": selection, "condition": "s"})
    assert ("heavy", what) in [(check, told_) for check, _, told_, _ in warnings]


@pytest.mark.parametrize(
    "detection",
    [
        {"s": {"Image|endswith": r"\reg.exe", "CommandLine|contains": "-e"}, "condition": "s"},
        {"s": {"Image": "*", "CommandLine|re": "mimi.*katz"}, "condition": "s"},
        {"s": {"CommandLine|contains": "🦆"}, "condition": "s"},
        {"s": {"Image|endswith": r"\reg.exe"}, "f": {"CommandLine|contains": "-e"}, "condition": "s and not f"},
    ],
    ids=str,
)
def test_a_light_part_is_enough(tmp_path: Path, detection: Any) -> None:
    assert told(tmp_path, detection) == []


# -------------------------------------------------------------------------------------------------------- attributes


@pytest.mark.parametrize(
    "tag",
    [
        "attack.t1110", "attack.t1110.001", "attack.initial-access", "attack.initial_access", "attack.g0007", "attack.s0002",
        "attack.defense-impairment", "cve.2021-44228", "car.2013-07-001", "detection.threat-hunting", "tlp.amber-strict", "stp.1u",
        "tcvn14423.5.8.2.1", "tcvn14423.5.3.2.2c", "tcvn11930.7.2.2.3", "qcvn12.3.9.2.1", "d3fend.d3-pl", "mycompany.whatever",
    ],
)  # fmt: skip
def test_a_tag_in_an_agreed_form_or_of_a_namespace_of_ones_own_is_good(tmp_path: Path, tag: str) -> None:
    assert told(tmp_path, tags=[tag]) == []


@pytest.mark.parametrize(
    ("tag", "what", "fix"),
    [
        ("attack.t110", "the tag 'attack.t110' has not the form of its namespace", "write attack.t1110, attack.t1110.001, or a tactic: attack.initial-access"),
        ("attack.t1110.1", "the tag 'attack.t1110.1' has not the form of its namespace", "write attack.t1110, attack.t1110.001, or a tactic: attack.initial-access"),
        ("attack.T1110", "the tag 'attack.T1110' is not in lower case", "write attack.t1110"),
        ("attack.persistance", "'attack.persistance' is no tactic of ATT&CK", "did you mean attack.persistence?"),
        ("atack.t1110", "unknown namespace of the tag 'atack.t1110'", "did you mean attack.t1110?"),
        ("tcvn1442.5.8", "unknown namespace of the tag 'tcvn1442.5.8'", "did you mean tcvn14423.5.8?"),
        ("tcvn14423.A.1", "the tag 'tcvn14423.A.1' has not the form of its namespace", "write the clause's number: tcvn14423.5.8.2.1"),
        ("cve.44228", "the tag 'cve.44228' has not the form of its namespace", "write cve.2021-44228"),
        ("tlp.pink", "the tag 'tlp.pink' has not the form of its namespace", "write tlp.green"),
        ("t1110", "the tag 't1110' has no namespace", "write namespace.name, like attack.t1110"),
    ],
)  # fmt: skip
def test_a_wrong_tag_is_named_with_what_to_write(tmp_path: Path, tag: str, what: str, fix: str) -> None:
    assert told(tmp_path, tags=["attack.t1059", tag]) == [("wrong-tag", 12, what, fix)]


def test_status_is_one_of_sigmas_and_what_is_deprecated_is_not_in_force(tmp_path: Path) -> None:
    assert [each[2:] for each in told(tmp_path, status="experimentell")] == [
        ("unknown status 'experimentell'", "did you mean experimental?")
    ]
    assert [each[2] for each in told(tmp_path, status="deprecated")] == ["the rule is deprecated and still in force"]


def test_our_own_rules_need_tests_both_ways_a_title_in_vietnamese_and_a_level(tmp_path: Path) -> None:
    warnings = told(tmp_path, soc={"layer": "host"}, tests={"match": [{"CommandLine": "mimikatz"}]})
    assert [(check, what) for check, _, what, _ in warnings] == [
        ("missing-tests", "there are no tests under `no_match`"),
        ("missing-title", "there is no title in Vietnamese"),
        ("missing-level", "there is no level, so it is medium"),
    ]


# ----------------------------------------------------------------------------------------------------------- together


def test_a_rule_that_another_as_severe_one_makes_needless_is_named(tmp_path: Path) -> None:
    wide = rule_text(GOOD, level="high", title="Wide")
    detection = {"s": {"CommandLine|contains": "mimikatz.exe", "User": "x"}, "condition": "s"}
    narrow = rule_text(detection, level="high", title="Narrow", id=OTHER)
    (fault,) = found(tmp_path, wide, narrow)
    assert (fault.check, fault.file, fault.what) == (
        "implied",
        f"{tmp_path}/1.yml",
        f"whatever it matches, 'Wide' ({tmp_path}/0.yml:1) matches too, and is as severe",
    )


def test_a_narrower_rule_that_is_more_severe_or_for_another_log_source_is_needed(tmp_path: Path) -> None:
    detection = {"s": {"CommandLine|contains": "mimikatz.exe"}, "condition": "s"}
    wide = rule_text(GOOD, level="medium")
    severe = rule_text(detection, level="high", id=OTHER)
    elsewhere = rule_text(
        detection, level="low", id=OTHER[:-1] + "2", logsource={"product": "linux", "category": "process_creation"}
    )
    assert found(tmp_path, wide, severe, elsewhere) == []


def test_a_wider_rule_in_shadow_makes_nothing_needless(tmp_path: Path) -> None:
    own = {"layer": "host", "title_vi": "Luật", "state": "shadow"}
    tests = {"match": [{"CommandLine": "mimikatz"}], "no_match": [{"CommandLine": "x"}]}
    narrow = rule_text({"s": {"CommandLine|contains": "mimikatz.exe"}, "condition": "s"}, id=OTHER)
    assert found(tmp_path, rule_text(GOOD, level="medium", soc=own, tests=tests), narrow) == []


def test_of_two_rules_that_match_the_same_the_second_is_named(tmp_path: Path) -> None:
    assert [
        (fault.check, fault.what) for fault in found(tmp_path, rule_text(GOOD), rule_text(GOOD, id=OTHER, title="Copy"))
    ] == [("duplicate", f"matches exactly what 'A rule' ({tmp_path}/0.yml:1) matches")]


def test_a_rule_that_a_correlation_counts_is_needed(tmp_path: Path) -> None:
    narrow = rule_text({"s": {"CommandLine|contains": "mimikatz.exe"}, "condition": "s"}, id=OTHER)
    counting = """\
title: Often
id: 00000000-0000-4000-8000-000000000009
correlation:
  type: event_count
  rules: [00000000-0000-4000-8000-000000000001]
  group-by: [host.name]
  timespan: 10m
  condition: {gte: 3}
level: high
"""
    assert [fault.check for fault in found(tmp_path, rule_text(GOOD), narrow, counting)] == []


def test_names_in_a_refused_rule_are_told_along_with_its_faults(tmp_path: Path) -> None:
    text = rule_text(
        {"s": {"Comandline|contian": "x"}, "condition": "s"},
        logsource={"product": "windows", "category": "proces_creation"},
    )
    rules = load_text(tmp_path, text)
    looking = linter(tmp_path, rules)
    assert [fault.what for fault in rules.faults] == ["unknown modifier 'contian'"]
    assert [fault.check for source in looking.sources for fault in looking.alone(source)] == ["blind"]


def test_every_document_of_a_file_is_looked_at_with_what_holds_for_all(tmp_path: Path) -> None:
    text = f"""\
action: global
title: Two
logsource: {{product: windows, category: process_creation}}
tags: [attack.t1]
---
id: {ID}
detection:
  s: {{Imge: abcd}}
  condition: s
---
id: {OTHER}
detection:
  s: {{Image: abcd}}
  condition: s
"""
    assert [(fault.line, fault.check) for fault in found(tmp_path, text)] == [
        (6, "wrong-tag"),
        (8, "unknown-field"),
        (11, "wrong-tag"),
    ]


def test_a_filter_in_force_counts_for_what_is_proven_but_not_for_what_is_used(tmp_path: Path) -> None:
    filtering = f"""\
title: Not these
logsource: {{product: windows}}
filter:
  rules: [{ID}]
  selection: {{CommandLine|contains: katz}}
  condition: not selection
"""
    assert [fault.check for fault in found(tmp_path, rule_text(GOOD), filtering)] == ["never-true"]
