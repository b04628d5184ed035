from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages import extract, pofile

from soc import console
from soc.console.language import LANGUAGES, Languages

HERE = Path(console.__file__).parent
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.fixture(scope="module")
def languages():
    return Languages(HERE / "locale", "Asia/Ho_Chi_Minh")


def test_what_is_not_known_is_vietnamese(languages):
    assert [languages.known(told) for told in ("vi", "en", "", "fr", "en-US")] == ["vi", "en", "vi", "vi", "vi"]


def said():
    """Every text that templates and modules mark for translation."""
    found = set()
    for path in sorted(HERE.rglob("*.html")):
        with path.open("rb") as file:
            found |= {message for _, message, _, _ in extract.extract("jinja2.ext:babel_extract", file)}
    for path in sorted(HERE.glob("*.py")):
        with path.open("rb") as file:
            found |= {message for _, message, _, _ in extract.extract("python", file, keywords={"N_": None})}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language):
    path = HERE / "locale" / language / "LC_MESSAGES" / "console.po"
    with path.open("rb") as file:
        catalog = {message.id: message.string for message in pofile.read_po(file, locale=language) if message.id}
    assert said() - {id_ for id_, string in catalog.items() if string} == set()
    assert set(catalog) - said() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_their_values(language):
    path = HERE / "locale" / language / "LC_MESSAGES" / "console.po"
    with path.open("rb") as file:
        catalog = {message.id: message.string for message in pofile.read_po(file, locale=language) if message.id}
    assert {i: s for i, s in catalog.items() if sorted(PLACES.findall(i)) != sorted(PLACES.findall(s))} == {}


def test_times_are_the_site_s_and_stay_text_when_they_are_none(languages):
    assert languages.date_time("2026-01-31T20:04:05.678Z", "vi") == "01/02/2026 03:04:05"
    assert languages.date_time("2026-01-31T20:04:05.678Z", "en") == "2026-02-01 03:04:05"
    assert languages.date_time("<x>", "vi") == "<x>"


def test_ages_and_numbers_follow_the_language(languages):
    now = 1_767_225_600_000_000
    assert languages.ago("2025-12-31T23:57:00Z", now, "vi") == "3 phút trước"
    assert languages.ago("2025-12-31T23:57:00Z", now, "en") == "3 minutes ago"
    assert [languages.age("2025-12-31T21:00:00Z", now, language) for language in ("vi", "en")] == ["3 giờ", "3 hr"]
    assert languages.age("<x>", now, "vi") == "<x>"
    assert (languages.number(12345, "vi"), languages.number(12345, "en")) == ("12.345", "12,345")
