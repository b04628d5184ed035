"""An alert explains itself: which clause matched which value, and what did not match where that was the point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sigma.rules import event_of, load_rule

if TYPE_CHECKING:
    from pathlib import Path

DETECTION = {
    "selection": {"Image|endswith": ["\\cmd.exe", "\\powershell.exe"], "CommandLine|contains|all": ["-enc", "hidden"]},
    "filter_known": {"User": "SYSTEM", "ParentImage|endswith": "\\agent.exe"},
    "filter_none": {"User": None},
    "condition": "selection and not 1 of filter_*",
}
EVENT = {"Image": r"C:\Windows\PowerShell.exe", "CommandLine": "powershell -w Hidden -ENC abc", "User": "lan"}


def test_why_names_the_clauses_that_decided_with_the_values_they_met(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, DETECTION)
    assert rules.why(rules.rules[0], event_of(EVENT)) == (
        {"selection": "selection", "field": "Image|endswith", "asked": "*\\powershell.exe", "value": r"C:\Windows\PowerShell.exe"},
        {"selection": "selection", "field": "CommandLine|contains|all", "asked": "*-enc* and *hidden*",
         "value": "powershell -w Hidden -ENC abc"},
        {"selection": "filter_known, filter_none", "not": True, "field": "",
         "asked": "((User: SYSTEM) and (ParentImage|endswith: *\\agent.exe)) or (User: null)"},
    )  # fmt: skip


def test_a_clause_about_an_absent_field_says_so(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, {"s": {"User": None, "Image|exists": False}, "condition": "s"})
    assert rules.why(rules.rules[0], event_of({})) == (
        {"selection": "s", "field": "User", "asked": "null", "absent": True},
        {"selection": "s", "field": "Image|exists", "asked": "does not exist", "absent": True},
    )


def test_long_values_are_cut(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, {"s": {"CommandLine|contains": "a"}, "condition": "s"})
    assert len(rules.why(rules.rules[0], event_of({"CommandLine": "a" * 5000}))[0]["value"]) == 1024


def test_the_tree_has_a_verdict_for_every_clause(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, {"s": {"User": "a", "Image": "b"}, "f": {"Level": 1}, "condition": "s and not f"})
    assert rules.tree(rules.rules[0], event_of({"User": "A"})) == {
        "holds": False,
        "clause": "all of",
        "below": [
            {
                "holds": False,
                "clause": "s",
                "below": [
                    {
                        "holds": False,
                        "clause": "all of",
                        "below": [
                            {"holds": True, "clause": "User: a", "values": ["A"]},
                            {"holds": False, "clause": "Image: b", "values": None},
                        ],
                    }
                ],
            },
            {
                "holds": True,
                "clause": "not",
                "below": [
                    {"holds": False, "clause": "f", "below": [{"holds": False, "clause": "Level: 1", "values": None}]}
                ],
            },
        ],
    }


def test_a_rule_for_other_events_has_no_tree(tmp_path: Path) -> None:
    rules = load_rule(tmp_path, DETECTION, logsource={"product": "linux"})
    assert rules.tree(rules.rules[0], event_of(EVENT)) is None
    assert rules.why(rules.rules[0], event_of(EVENT)) == ()
