"""What rules cost is counted where work is done: not for what is remembered, and not for what one scan finds for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma import Cost, matcher as matching
from tests.sigma.rules import ID, event_of, load_text, rule_text

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from soc.sigma import RuleSet

OTHER = "00000000-0000-4000-8000-000000000001"
PATTERN = {"CommandLine|re": "[0-9]{3,}x"}


def rule(selection: Any, id_: str = ID, **attributes: Any) -> str:
    return rule_text({"s": selection, "condition": "s"}, id=id_, **attributes)


def matched(rules: RuleSet, *commands: str) -> RuleSet:
    for command in commands:
        rules.match(event_of({"CommandLine": command}))
    return rules


def test_a_rule_is_tried_where_its_guard_holds_and_once_for_all_that_is_remembered(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule({"CommandLine|contains|all": ["one", "two"]}), rule("three", OTHER))
    matched(rules, "four", "one", "one", "one two", "one and two")
    assert rules.costs() == {ID: Cost(2, 0)}
    assert matched(rules, "one").costs() == {}


def test_what_one_scan_finds_for_all_rules_is_nobodys_cost(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule({"CommandLine|contains": "evil"}), rule({"CommandLine": "whole"}, OTHER))
    assert matched(rules, "an evil thing", "whole", "else").costs() == {ID: Cost(1, 0), OTHER: Cost(1, 0)}


def test_a_pattern_without_a_literal_looks_at_every_new_value(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule(PATTERN))
    assert matched(rules, "0123456789", "0123456789", "abcdef").costs() == {ID: Cost(0, 16)}
    assert matched(rules, "0123456789").costs() == {}
    assert matched(rules, "1234x").costs() == {ID: Cost(1, 5)}


def test_values_too_long_to_be_remembered_are_looked_at_each_time(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule(PATTERN))
    assert matched(rules, "a" * 2_000, "a" * 2_000).costs() == {ID: Cost(0, 4_000)}


def test_a_pattern_with_a_literal_looks_where_the_literal_is(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule({"CommandLine|re": "power.*[0-9]{3}"}))
    ((_, cost),) = matched(rules, "nothing", "power off").costs().items()
    assert cost.scanned in {9, 2 * 9}  # a literal that is one of few is told from both ends of the text


def test_many_patterns_looked_for_together_cost_as_much_as_alone(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule({"CommandLine|re": [f"[{digit}x]{{3}}" for digit in range(4)]}))
    assert matched(rules, "abcdefgh").costs() == {ID: Cost(0, 4 * 8)}


def test_a_pattern_that_several_rules_ask_for_costs_each_of_them(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule(PATTERN), rule(PATTERN, OTHER))
    assert matched(rules, "abcdef").costs() == {ID: Cost(0, 6), OTHER: Cost(0, 6)}


def test_keywords_cost_what_was_looked_at_beyond_the_raw_bytes(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule_text({"k": ["evil"], "condition": "k"}))
    matched(rules, "good")
    assert rules.costs() == {}
    matched(rules, "evil")
    ((_, cost),) = rules.costs().items()
    assert (cost.candidates, 30 < cost.scanned < 120) == (1, True)


def test_costs_of_forgotten_indexes_are_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "INDEXES", 1)
    linux = {"product": "linux", "service": "sshd"}
    rules = load_text(
        tmp_path,
        rule({"process.name|re": "[a-z]{9}"}, logsource=linux),
        rule({"process.name|re": "[a-z]{9}"}, OTHER, logsource={"product": "linux", "service": "sudo"}),
    )
    for line in (
        "<86>Mar  2 06:00:00 web-01 sshd[7]: Failed password for root from 192.0.2.7 port 22 ssh2",
        "<86>Mar  2 06:00:00 web-01 sudo: an : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
        "<86>Mar  2 06:00:00 web-01 sshd[7]: Failed password for root from 192.0.2.7 port 22 ssh2",
    ):
        rules.match(event_of(line))
    assert rules.costs() == {ID: Cost(0, 8), OTHER: Cost(0, 4)}
