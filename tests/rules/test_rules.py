"""The shipped rules: what each of them must say about itself, and that its own tests hold."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from soc import content, instant, sigma
from soc.checking import failed_examples
from soc.sigma.metadata import LAYERS
from tests.rules.clauses import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soc.sigma import RuleSet

ZONE = "Asia/Ho_Chi_Minh"
FOLDER = content.rules_dir()
FILES = sorted(
    path for path in FOLDER.rglob("*.yml") if path.relative_to(FOLDER).parts[0] not in {"fields", "correlation"}
)
COUNTED = sorted((FOLDER / "correlation" / "counted").glob("*.yml"))
NAMES = [str(path.relative_to(FOLDER)) for path in FILES]
LANGUAGES = ("en", "vi")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return sigma.load([FOLDER], zone=instant.zone(ZONE))


@cache
def read(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return document


def named_for(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def has_diacritics(text: str) -> bool:
    """Whether a text is Vietnamese as people write it, and not without its marks."""
    return "đ" in text.lower() or any(unicodedata.combining(char) for char in unicodedata.normalize("NFD", text))


def texts(document: dict[str, Any]) -> Iterator[str]:
    yield document["soc"]["title_vi"]
    yield from document["soc"]["runbook"]["vi"]


def test_every_rule_loads_and_none_is_blind(rules: RuleSet) -> None:
    assert rules.faults == ()
    assert rules.blind() == []
    assert len(rules.rules) == len([*FILES, *COUNTED])


def test_every_rule_matches_what_its_tests_say(rules: RuleSet) -> None:
    assert [str(fault) for fault in failed_examples(rules, ZONE)] == []


def test_ids_and_titles_are_unique_in_both_languages() -> None:
    documents = [read(file) for file in FILES]
    for told in ("id", "title"):
        assert [value for value, times in Counter(each[told] for each in documents).items() if times > 1] == []
    assert [value for value, times in Counter(each["soc"]["title_vi"] for each in documents).items() if times > 1] == []


def test_there_are_rules_for_the_four_technical_groups() -> None:
    assert {read(file)["soc"]["layer"] for file in FILES} >= {"network", "host", "application", "data"}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_file_name_title_layer_and_id_follow_from_each_other(file: Path) -> None:
    document = read(file)
    assert file.stem == named_for(document["title"])
    assert document["soc"]["layer"] == file.relative_to(FOLDER).parts[0]
    assert document["soc"]["layer"] in LAYERS
    assert uuid.UUID(document["id"]).version == 4
    assert document["status"] in {"stable", "test"}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_rule_is_tested_by_what_matches_and_by_near_misses(file: Path) -> None:
    tests = read(file)["tests"]
    assert {name: len(tests[name]) >= 2 for name in ("match", "no_match")} == {"match": True, "no_match": True}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_rule_names_its_clauses_technique_and_national_category(file: Path) -> None:
    document = read(file)
    tags = document["tags"]
    clauses = [tag for tag in tags if tag.startswith(("tcvn", "qcvn"))]
    assert [tag for tag in clauses if tag not in CLAUSES] == []
    assert {tag.partition(".")[0] for tag in clauses} >= {"tcvn14423", "tcvn11930"}
    assert any(re.fullmatch(r"attack\.t\d{4}(\.\d{3})?", tag) for tag in tags)
    assert any(re.fullmatch(r"attack\.[a-z-]+", tag) for tag in tags)
    assert document["soc"]["national"].keys() == {"category", "severity"}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_rule_tells_an_analyst_what_to_do_in_both_languages(file: Path) -> None:
    document = read(file)
    runbook = document["soc"]["runbook"]
    assert {language: 3 <= len(runbook[language]) <= 5 for language in LANGUAGES} == {"en": True, "vi": True}
    assert len(runbook["en"]) == len(runbook["vi"])
    assert [text for text in texts(document) if not has_diacritics(text)] == []
    assert document["falsepositives"]
    assert len(document["description"]) > 80
