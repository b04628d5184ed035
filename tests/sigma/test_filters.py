"""Sigma filters: added to rules by id, name or log source, shown in the explanation, and never silently idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from soc.checking import failed_examples
from tests.sigma.rules import ID, SYSMON, event_of, load_text, rule_text

if TYPE_CHECKING:
    from pathlib import Path

DETECTION = {"s": {"CommandLine|contains": "evil"}, "condition": "s"}
OTHER = "00000000-0000-4000-8000-000000000001"


def filter_text(rules: Any, **more: Any) -> str:
    body = {"rules": rules, "admins": {"User|startswith": "adm_"}, "condition": "not admins", **more.pop("filter", {})}
    value = {"title": "Administrators", "id": "f1", "logsource": {"product": "windows"}, "filter": body, **more}
    return yaml.safe_dump(value, sort_keys=False)


def found(folder: Path, *texts: str, **fields: Any) -> list[str]:
    rules = load_text(folder, rule_text(DETECTION, name="evil"), rule_text(DETECTION, id=OTHER), *texts)
    assert rules.faults == ()
    event = event_of({"CommandLine": "evil", **fields})
    assert rules.match(event) == rules.match_plainly(event)
    return [rule.info.id for rule in rules.match(event)]


def test_a_filter_takes_events_away_from_the_rules_that_it_names(tmp_path: Path) -> None:
    for rules in ([ID], ["evil"], "evil"):
        assert found(tmp_path, filter_text(rules), User="ADM_lan") == [OTHER]
        assert found(tmp_path, filter_text(rules), User="lan") == [OTHER, ID]


def test_a_filter_without_names_is_for_all_rules_of_its_log_source(tmp_path: Path) -> None:
    assert found(tmp_path, filter_text("any"), User="adm_lan") == []
    assert found(tmp_path, filter_text("any", logsource={"product": "linux"}), User="adm_lan") == [OTHER, ID]
    assert found(tmp_path, filter_text("any", logsource={"category": "process_creation"}), User="adm_lan") == []


def test_several_filters_hold_together(tmp_path: Path) -> None:
    second = filter_text([OTHER], title="Hosts", filter={"admins": {"Computer": "h1"}})
    assert found(tmp_path, filter_text([ID]), second, User="adm_lan", Computer="h1") == []


def test_several_filters_of_one_rule_each_take_events_away(tmp_path: Path) -> None:
    second = filter_text([ID], title="Hosts", filter={"admins": {"Computer": "h1"}})
    assert found(tmp_path, filter_text([ID]), second, User="adm_lan") == [OTHER]
    assert found(tmp_path, filter_text([ID]), second, Computer="h1") == [OTHER]
    assert found(tmp_path, filter_text([ID]), second, Computer="h2") == [OTHER, ID]


def test_a_filtered_rule_has_another_version_and_says_that_the_filter_let_it_pass(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    bare = load_text(tmp_path / "a", rule_text(DETECTION))
    rules = load_text(tmp_path / "b", rule_text(DETECTION), filter_text([ID]))
    assert rules.rules[0].info.version != bare.rules[0].info.version
    assert rules.sha256 != bare.sha256
    event = event_of({"CommandLine": "evil", "User": "lan"})
    assert rules.why(rules.rules[0], event) == (
        {"selection": "s", "field": "CommandLine|contains", "asked": "*evil*", "value": "evil"},
        {"selection": "filter: Administrators", "not": True, "field": "", "asked": "User|startswith: adm_*"},
    )


def test_a_filter_that_names_no_rule_is_a_warning(tmp_path: Path) -> None:
    rules = load_text(
        tmp_path, rule_text(DETECTION), filter_text(["no-such-rule"]), filter_text([ID], logsource={"product": "linux"})
    )
    assert [(fault.severity, fault.what) for fault in rules.faults] == [
        ("warning", "the filter names a rule that is not there: no-such-rule"),
        ("warning", f"the filter's log source is another one than that of the rule {ID}"),
    ]


def test_a_broken_filter_is_a_fault_and_filters_nothing(tmp_path: Path) -> None:
    rules = load_text(tmp_path, rule_text(DETECTION), filter_text([ID], filter={"condition": "not nobody"}))
    assert "there is no selection 'nobody'" in str(rules.faults[0])
    assert rules.match(event_of({"CommandLine": "evil", "User": "adm_lan"}))


def test_the_tests_in_a_rule_are_about_the_rule_not_about_a_sites_filters(tmp_path: Path) -> None:
    event = {"EventID": 1, "Channel": SYSMON, "CommandLine": "evil", "User": "adm_lan"}
    rules = load_text(tmp_path, rule_text(DETECTION, tests={"match": [event]}), filter_text([ID]))
    assert list(failed_examples(rules, "UTC")) == []
