"""Detector files: each slip is told with its line and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc import content
from soc.anomaly import Detector
from soc.anomaly.detector import CATALOGUES, read
from soc.errors import Fault

WINDOW = """\
id: mine
title: Mine
title_vi: Của tôi
entity: host.name
window: 10m
kind: [event.code]
features: [events, burst, kinds]
alert_p: 0.001
review_p: 0.01
runbook:
  en: [Look.]
  vi: [Xem.]
"""
EVENT = """\
id: mine
title: Mine
title_vi: Của tôi
unit: event
entity: source.ip
features: [path_rarity, names_rarity, shape_rarity]
"""


def test_the_shipped_detectors_are_sound_and_speak_both_languages() -> None:
    for file in content.detectors_dir().glob("*.yml"):
        found = read(file)
        assert isinstance(found, Detector), found
        assert found.title_vi != found.title
        assert len(found.runbook.en) == len(found.runbook.vi) >= 3
        assert {tag.split(".")[0] for tag in found.tags} == {"tcvn14423", "tcvn11930"}


@pytest.mark.parametrize("text", [WINDOW, EVENT])
def test_a_sound_one_is_taken(tmp_path, text) -> None:
    (tmp_path / "mine.yml").write_text(text)
    assert isinstance(read(tmp_path / "mine.yml"), Detector)


@pytest.mark.parametrize(
    ("text", "line", "message", "fix"),
    [
        (WINDOW.replace("burst", "brust"), 7, "unknown feature 'brust' of unit window", "did you mean 'burst'?"),
        (WINDOW.replace("burst", "path_rarity"), 7, "unknown feature 'path_rarity' of unit window", "known: events, burst"),
        (EVENT.replace("names_", "name_"), 6, "unknown feature 'name_rarity' of unit event", "did you mean 'names_rarity'?"),
        (WINDOW.replace("burst", "events"), 7, "features name something twice", "name each once"),
        (WINDOW.replace("events, burst, ", ""), 7, "1 features are too few", "name at least 3"),
        (WINDOW.replace("0.001", "0.02"), 8, "alert_p 0.02 is above review_p 0.01", "alerts are the strangest"),
        (WINDOW.replace("title_vi: Của tôi\n", ""), 1, "missing required field `title_vi`", "see detectors/host-window.yml"),
        (WINDOW.replace("Của tôi", "''"), 3, "length >= 1", "see detectors/host-window.yml"),
        (WINDOW.replace("window: 10m\n", ""), 1, "needs `window`", "unit: event"),
        (WINDOW.replace("kind: [event.code]\n", ""), 1, "needs `kind`", "unit: event"),
        (WINDOW.replace("10m", "0m"), 5, "Expected `str` matching regex", "see detectors/host-window.yml"),
        (EVENT + "window: 10m\n", 7, "single events has no `window`", "leave it out"),
        (EVENT + "views: [plain, plain]\n", 7, "views name something twice", "name each once"),
        (EVENT + "views: []\n", 7, "no views", "name `plain`"),
        (EVENT + "views: [sideways]\n", 7, "Invalid enum value 'sideways'", "see detectors/host-window.yml"),
        (WINDOW.replace("  vi: [Xem.]\n", ""), 10, "the runbook has no vi", "both languages"),
        (WINDOW + "colour: red\n", 13, "unknown field `colour`", "see detectors/host-window.yml"),
        (WINDOW + "a: [\n", 14, "not YAML", ""),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_line_and_what_to_do(tmp_path, text, line, message, fix) -> None:
    (tmp_path / "mine.yml").write_text(text)
    fault = read(tmp_path / "mine.yml")
    assert isinstance(fault, Fault)
    assert fault.line == line
    assert message in fault.what
    assert fix in fault.fix


def test_every_feature_is_documented_with_its_words() -> None:
    page = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text()
    for catalogue in CATALOGUES.values():
        for feature in catalogue.values():
            assert f"| `{feature.name}` | {feature.en} | {feature.vi} |" in page


def test_features_have_words_in_both_languages_and_one_name_each() -> None:
    for catalogue in CATALOGUES.values():
        words = [(feature.en, feature.vi) for feature in catalogue.values()]
        assert all(en and vi and en != vi for en, vi in words)
        assert len({en for en, _ in words}) == len({vi for _, vi in words}) == len(words)
