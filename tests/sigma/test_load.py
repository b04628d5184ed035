"""Faults in rule files: each with file, line and what to do, and a broken rule never takes others with it."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from soc import sigma
from soc.finding import RuleInfo
from tests.sigma.rules import ID, event_of, load_text, rule_text

GOOD = {"s": {"User": "a"}, "condition": "s"}
HEAD = f"title: A rule\nid: {ID}\nlogsource: {{product: windows}}\n"

# (text of the file, line, part of what is said)
FAULTY: list[tuple[str, int, str]] = [
    (HEAD + "detection:\n  s:\n    User|contain: a\n  condition: s\n", 6, "unknown modifier 'contain'; did you mean 'contains'?"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: s and t\n", 6, "there is no selection 't'"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: s and (s\n", 6, "in the middle"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: s s\n", 6, "'s' is not expected here"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: 2 of s*\n", 6, "`2 of` is not Sigma"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: 1 of t*\n", 6, "no selection is named 't*'"),
    (HEAD + "detection:\n  s: {User: a}\n  condition: s | count() > 5\n", 6, "write a correlation rule"),
    (HEAD + "detection:\n  s: {User: a}\n", 4, "there is no condition"),
    (HEAD + "detection:\n  s: {}\n  condition: s\n", 5, "an empty selection"),
    (HEAD + "detection:\n  s: {User: []}\n  condition: s\n", 5, "an empty list"),
    (HEAD + "detection:\n  s: {User: {a: b}}\n  condition: s\n", 5, "a value here is text"),
    (HEAD + "detection:\n  s: {'User|re': '(?=x)'}\n  condition: s\n", 5, "regular expression refused"),
    (HEAD + "detection:\n  s: {'User|re': '(a)\\1'}\n  condition: s\n", 5, "RE2 has no look-around and no back-references"),
    (HEAD + "detection:\n  s: {'User|cidr': 10.0.0.0/99}\n  condition: s\n", 5, "'10.0.0.0/99' is not a network"),
    (HEAD + "detection:\n  s: {'User|gt': abc}\n  condition: s\n", 5, "'abc' is not a number"),
    (HEAD + "detection:\n  s: {'User|exists': maybe}\n  condition: s\n", 5, "neither true nor false"),
    (HEAD + "detection:\n  s: {'User|expand': '%nobody%'}\n  condition: s\n", 5, "the placeholder %nobody% has no list"),
    (HEAD + "detection:\n  s: {'User|i': a}\n  condition: s\n", 5, "flags of a regular expression"),
    (HEAD + "detection:\n  s: {'User|re|cidr': a}\n  condition: s\n", 5, "exclude each other"),
    (HEAD + "detection:\n  s: {'User|contains|contains': a}\n  condition: s\n", 5, "a modifier stands twice"),
    (HEAD + "detection:\n  s: {'User|base64': 'a*'}\n  condition: s\n", 5, "wildcards cannot be encoded"),
    (HEAD + "detection:\n  s: {'User|contains': null}\n  condition: s\n", 5, "null has no text"),
    (HEAD + "detection:\n  s: {User: a}\n  timeframe: 5m\n  condition: s\n", 6, "`timeframe` belongs to aggregations"),
    (HEAD + "level: severe\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "'severe' is not allowed; one of informational"),
    (HEAD + "soc: {layer: cloud}\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "'cloud' is not allowed"),
    (HEAD + "soc: {sate: off}\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "unknown setting 'sate'"),
    (HEAD + "soc: {group: {by: [user.name], bucket: soon}}\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "no length of time"),
    (HEAD + "detektion: {}\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "unknown attribute 'detektion'"),
    (HEAD + "tests: {match: [3]}\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "an event is a raw line or a mapping"),
    (HEAD + "detection: &x\n  s: {User: a}\n  condition: s\nfields: *x\n", 4, "alias"),
    (HEAD + "title: Another\ndetection:\n  s: {User: a}\n  condition: s\n", 4, "the key 'title' occurs twice"),
    (HEAD + "detection:\n  s: {User: !!python/object:os.system a}\n  condition: s\n", 5, "cannot be read"),
    (HEAD + "detection:\n  s: [}\n", 5, "not YAML"),
    ("- a\n- b\n", 1, "not a mapping"),
    (HEAD.replace("title: A rule\n", "") + "detection:\n  s: {User: a}\n  condition: s\n", 1, "a rule needs `title`"),
    (HEAD + "detection: " + "{a: " * 40 + "1" + "}" * 40 + "\n", 4, "nested deeper than 32"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "what"), FAULTY, ids=[case[2] for case in FAULTY])
def test_a_fault_names_its_place_and_leaves_out_only_its_rule(tmp_path: Path, text: str, line: int, what: str) -> None:
    good = rule_text(GOOD, id="00000000-0000-4000-8000-000000000001")
    rules = load_text(tmp_path, text, good)
    assert [(fault.file, fault.line) for fault in rules.faults] == [(str(tmp_path / "0.yml"), line)]
    assert what in str(rules.faults[0])
    assert [rule.info.id for rule in rules.rules] == ["00000000-0000-4000-8000-000000000001"]


def test_all_faults_of_a_rule_are_named_not_only_the_first(tmp_path: Path) -> None:
    text = HEAD + "level: severe\ndetection:\n  s: {'User|a': x, 'User|b': x}\n  condition: s\n"
    assert [fault.line for fault in load_text(tmp_path, text).faults] == [4, 6, 6]


def test_an_id_occurs_once_in_a_folder(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule_text(GOOD), rule_text(GOOD))
    assert [str(fault).partition(": ")[2] for fault in rules.faults] == [
        f"the id {ID} is taken by {tmp_path}/0.yml:1; give this rule an id of its own"
    ]


def test_a_later_folder_replaces_the_rule_of_an_earlier_one(tmp_path: Path) -> None:
    for name in ("shipped", "site"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rule.yml").write_text(rule_text(GOOD, title=name))
    rules = sigma.load([tmp_path / "shipped", tmp_path / "site"])
    assert ([rule.info.name for rule in rules.rules], rules.faults) == (["site"], ())


def test_a_file_of_several_documents_shares_what_is_global(tmp_path: Path) -> None:
    ids = ["00000000-0000-4000-8000-00000000000" + str(number) for number in (1, 2)]
    shared = "action: global\ntitle: Shared\nlogsource: {product: windows}\n"
    parts = [f"---\nid: {id_}\ndetection:\n  s: {{User: u{n}}}\n  condition: s\n" for n, id_ in enumerate(ids)]
    rules = load_text(tmp_path, shared + "".join(parts))
    assert rules.faults == ()
    assert [rule.info.id for rule in rules.match(event_of({"User": "u1"}))] == [ids[1]]


def test_rules_come_from_an_archive_too(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yml").write_text(rule_text(GOOD))
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "rules", "rules")
    rules = sigma.load([tmp_path / "all.tar.gz"])
    assert [rule.file for rule in rules.rules] == [f"{tmp_path}/all.tar.gz!rules/a.yml"]


def test_a_damaged_archive_and_text_in_another_encoding_are_faults(tmp_path: Path) -> None:
    (tmp_path / "all.tar.gz").write_bytes(b"no archive")
    (tmp_path / "a.yml").write_bytes(b"title: \xff")
    faults = [str(fault) for fault in sigma.load([tmp_path / "all.tar.gz", tmp_path]).faults]
    assert [fault.partition(": ")[0] for fault in faults] == [f"{tmp_path}/a.yml:1", f"{tmp_path}/all.tar.gz"]


def test_the_hash_follows_the_content_not_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (
        load_text(tmp_path / "a", rule_text(GOOD)),
        load_text(tmp_path / "b", "\n# said\n" + rule_text(GOOD)),
    )
    assert first.sha256 == second.sha256
    changed = load_text(tmp_path / "a", rule_text({"s": {"User": "b"}, "condition": "s"}))
    assert changed.sha256 != first.sha256


def test_what_a_rule_says_about_itself(tmp_path: Path) -> None:
    attributes: dict[str, Any] = {
        "title": "Root logs in over SSH",
        "description": "Why it matters.",
        "level": "high",
        "tags": ["attack.initial-access", "attack.t1078.003", "tcvn14423.5.8.2.1", "cve.2024-1234"],
        "falsepositives": ["Maintenance"],
        "logsource": {"product": "linux", "service": "sshd"},
        "soc": {
            "layer": "host",
            "title_vi": "Root đăng nhập qua SSH",
            "state": "shadow",
            "group": {"by": ["host.name", "source.ip"], "bucket": "30m"},
            "national": {"category": 3, "severity": 2},
            "runbook": {"en": ["Look."], "vi": ["Xem."]},
        },
    }
    rules = load_text(tmp_path, rule_text(GOOD, **attributes))
    assert rules.faults == ()
    info = rules.rules[0].info
    assert info == RuleInfo(
        id=ID,
        name="Root logs in over SSH",
        title_vi="Root đăng nhập qua SSH",
        version=info.version,
        kind="rule",
        severity="high",
        layer="host",
        description="Why it matters.",
        controls=("tcvn14423.5.8.2.1",),
        tactics=("TA0001",),
        techniques=("T1078.003",),
        national_category=3,
        national_severity=2,
        group=("host.name", "source.ip"),
        bucket=1_800_000_000,
        runbook_vi=("Xem.",),
        runbook_en=("Look.",),
        falsepositives=("Maintenance",),
        state="shadow",
    )
    assert len(info.version) == 16


@pytest.mark.parametrize(
    ("logsource", "layer"),
    [
        ({"category": "firewall"}, "network"),
        ({"product": "fortigate", "service": "event"}, "network"),
        ({"category": "webserver"}, "application"),
        ({"product": "postgresql"}, "data"),
        ({"product": "windows", "category": "process_creation"}, "host"),
    ],
)
def test_the_layer_follows_from_the_logsource(tmp_path: Path, logsource: dict[str, str], layer: str) -> None:
    assert load_text(tmp_path, rule_text(GOOD, logsource=logsource)).rules[0].info.layer == layer


def test_the_files_of_the_current_folder_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        (tmp_path / f"{number}.yml").write_text(rule_text(GOOD, id=f"00000000-0000-4000-8000-00000000000{number}"))
    monkeypatch.chdir(tmp_path)
    assert [rule.file for rule in sigma.load([Path()]).rules] == ["0.yml", "1.yml"]
    assert [rule.file for rule in sigma.load([Path(), tmp_path]).rules] == ["0.yml", "1.yml"]


def test_a_misspelt_attribute_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    faults = load_text(tmp_path, rule_text(GOOD, levle="high")).faults
    assert [(fault.what, fault.fix) for fault in faults] == [("unknown attribute 'levle'", "did you mean 'level'?")]


def test_a_rule_can_be_switched_off_with_a_bare_word(tmp_path: Path) -> None:
    """YAML takes it for a truth value."""
    text = rule_text(GOOD, soc={"state": "STATE"}).replace("STATE", "off")
    rules = load_text(tmp_path, text)
    assert (rules.faults, [rule.info.state for rule in rules.rules]) == ((), ["off"])
