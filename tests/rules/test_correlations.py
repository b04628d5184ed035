"""The shipped correlations and the rules that only they count: what each says about itself, and that its own tests hold."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from soc import content, instant, sigma
from soc.checking import failed_scenarios
from soc.sigma.metadata import LAYERS
from tests.rules.clauses import CLAUSES
from tests.rules.test_rules import COUNTED, FOLDER, LANGUAGES, ZONE, has_diacritics, named_for

if TYPE_CHECKING:
    from pathlib import Path

    from soc.sigma import RuleSet

FILES = sorted((FOLDER / "correlation").glob("*.yml"))


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader))


ALL = [document for file in FILES for document in documents(file)]
ALERTING = [document for document in ALL if "runbook" in document["soc"]]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return sigma.load([content.rules_dir()], zone=instant.zone(ZONE))


def test_every_correlation_loads_and_tells_what_its_tests_say(rules: RuleSet) -> None:
    assert len(rules.correlations.all) == len(ALL)
    assert [str(fault) for fault in failed_scenarios(rules, ZONE)] == []


def test_only_correlations_alert_for_what_they_count_and_other_rules_go_on_alerting(rules: RuleSet) -> None:
    counted = {document["id"] for file in COUNTED for document in documents(file)}
    below = {document["id"] for document in ALL if document not in ALERTING}
    assert rules.correlations.quiet == counted | below


def test_the_file_is_named_for_its_last_correlation() -> None:
    assert [file.stem for file in FILES] == [named_for(documents(file)[-1]["title"]) for file in FILES]
    assert [file.stem for file in COUNTED] == [named_for(documents(file)[0]["title"]) for file in COUNTED]


@pytest.mark.parametrize("document", ALL, ids=lambda document: document["title"])
def test_a_correlation_is_tested_by_what_matches_and_by_near_misses(document: dict[str, Any]) -> None:
    assert all(len(document["tests"][name]) >= 2 for name in ("match", "no_match"))
    assert uuid.UUID(document["id"]).version == 4
    assert document["soc"]["layer"] in LAYERS
    assert has_diacritics(document["soc"]["title_vi"])


@pytest.mark.parametrize("document", ALERTING, ids=lambda document: document["title"])
def test_a_correlation_tells_an_analyst_what_to_do_in_both_languages(document: dict[str, Any]) -> None:
    runbook = document["soc"]["runbook"]
    assert all(3 <= len(runbook[language]) <= 5 for language in LANGUAGES)
    assert len(runbook["en"]) == len(runbook["vi"])
    assert [text for text in runbook["vi"] if not has_diacritics(text)] == []
    assert document["falsepositives"]
    tags = document["tags"]
    assert [tag for tag in tags if tag.startswith(("tcvn", "qcvn")) and tag not in CLAUSES] == []
    assert any(re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag) for tag in tags)
    assert document["soc"]["national"].keys() == {"category", "severity"}
