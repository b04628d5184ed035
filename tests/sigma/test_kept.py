"""Rules that were kept are the rules that the files say: the same findings, reasons, faults and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from soc import content, instant, sigma
from tests.sigma.rules import ID, event_of, rule_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ZONE = instant.zone("Asia/Ho_Chi_Minh")
SELECTION = {
    "CommandLine|contains": ["EVIL", "b\\*d", "c*d"],
    "Image|re|i": "calc.{2,}",
    "IntegrityLevel": [None, 1, 1.5, True],
    "ParentImage|cased|endswith": "X",
    "UtcTime|hour": 7,
    "User|fieldref": "ParentUser",
    "DestinationIp|cidr": ["10.0.0.0/8", "fe80::/10"],
    "ProcessId|gt": 5,
    "Company|exists": False,
    "Hashes|windash|contains|all": ["-a", "-b"],
    "Description|expand": "%list%",
}
EVENT = {
    "CommandLine": "an evil one", "Image": "CALC.exe", "IntegrityLevel": 1, "ParentImage": "aX", "UtcTime": "2026-01-01T00:30:00Z",
    "User": "a", "ParentUser": "A", "DestinationIp": "fe80::1", "ProcessId": 6, "Hashes": "/a -b", "Description": "one",
}  # fmt: skip
FILTER = {
    "title": "Ours", "logsource": {"product": "windows", "category": "process_creation"},
    "filter": {"rules": [ID], "s": {"ParentUser": "SYSTEM"}, "condition": "not s"},
}  # fmt: skip
CORRELATION = {
    "title": "Many", "id": "9d7cc1b8-33b1-4d2f-8a3c-6f1b6f3c0a01", "level": "high",
    "correlation": {
        "type": "event_count", "rules": [ID], "group-by": ["User"], "timespan": "5m", "condition": {"gte": 3},
    },
}  # fmt: skip


class Memory:
    """A store that counts."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.hits = 0

    def get(self, key: str) -> bytes | None:
        self.hits += key in self.kept
        return self.kept.get(key)

    def put(self, key: str, data: Iterable[bytes]) -> None:
        self.kept[key] = b"".join(data)


def load(folder: Path, store: Memory | None, **options: Any) -> sigma.RuleSet:
    options = {"lists": {"list": ["one", "two"]}, "zone": ZONE, **options}
    return sigma.load([content.rules_dir() / "fields", folder], store=store, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r").mkdir()
    tests = {"tests": {"match": [{"EventID": 1, **EVENT}]}, "soc": {"title_vi": "x"}, "name": "named"}
    rule = rule_text({"s": SELECTION, "keywords": ["one", "none"], "condition": "s and keywords"}, **tests)
    (tmp_path / "r" / "rule.yml").write_text(rule)
    (tmp_path / "r" / "broken.yml").write_text(rule_text({"s": {"A|contain": 1}, "condition": "s"}, id="x"))
    (tmp_path / "r" / "filter.yml").write_text(yaml.safe_dump(FILTER, sort_keys=False))
    (tmp_path / "r" / "many.yml").write_text(yaml.safe_dump(CORRELATION, sort_keys=False))
    return tmp_path / "r"


def test_a_kept_set_says_all_that_the_files_say(folder: Path) -> None:
    store = Memory()
    fresh, known = load(folder, store), load(folder, store)
    assert store.hits == 1
    assert (known.sha256, known.faults) == (fresh.sha256, fresh.faults)
    assert len(fresh.faults) == 1
    assert known.correlations == fresh.correlations
    (rule,), (same,) = fresh.rules, known.rules
    assert (same.info, same.logsource, same.file, same.line) == (rule.info, rule.logsource, rule.file, rule.line)
    assert (same.own, same.name, same.examples, same.node) == (rule.own, rule.name, rule.examples, rule.node)
    event = event_of(EVENT)
    for ruleset in (fresh, known):
        assert [found.info.id for found in ruleset.match(event)] == [ID]
        assert ruleset.match_plainly(event) == ruleset.match(event)
        assert ruleset.match(event_of({**EVENT, "ParentUser": "SYSTEM", "User": "system"})) == ()
    assert known.why(same, event) == fresh.why(rule, event)


@pytest.mark.parametrize("name", sorted({*SELECTION, "keyword"}))
def test_each_kind_of_question_is_kept(folder: Path, name: str) -> None:
    """Without what one question asks for nothing matches, in a kept set as in a fresh one."""
    store = Memory()
    load(folder, store)
    field = name.partition("|")[0]
    event = {**EVENT, "Company": "c"} if field == "Company" else {**EVENT, field: "nothing"}
    event = {**EVENT, "Description": "two", "CommandLine": "evil"} if name == "keyword" else event
    assert load(folder, store).match(event_of(event)) == load(folder, None).match(event_of(event)) == ()


def test_the_files_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    store = Memory()
    fresh = load(folder, store)
    folder.rename(tmp_path / "moved")
    moved = load(tmp_path / "moved", store)
    assert store.hits == 1
    assert moved.rules[0].file == str(tmp_path / "moved" / "rule.yml")
    assert [str(fault) for fault in moved.faults] == [str(f).replace("/r/", "/moved/") for f in fresh.faults]


def test_whatever_changes_the_meaning_makes_it_anew(folder: Path) -> None:
    store = Memory()
    load(folder, store)
    load(folder, store, lists={"list": ["one"]})
    load(folder, store, zone=instant.zone("UTC"))
    text = (folder / "rule.yml").read_text()
    (folder / "rule.yml").write_text(text.replace("EVIL", "evil!"))
    assert load(folder, store).match(event_of(EVENT)) == ()
    (folder / "rule.yml").write_text(text)
    (folder / "other.yml").write_text(text.replace(ID, ID[::-1]))
    assert len(load(folder, store).match(event_of(EVENT))) == 2
    assert (store.hits, len(store.kept)) == (0, 5)


def test_a_rule_that_json_cannot_say_is_read_every_time(folder: Path) -> None:
    store = Memory()
    (folder / "odd.yml").write_text(rule_text({"s": {"A": float("inf")}, "condition": "s"}, id="odd"))
    assert [rule.info.id for rule in load(folder, store).rules] == [ID, "odd"]
    assert store.kept == {}
