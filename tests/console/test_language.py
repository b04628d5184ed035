from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages import pofile

from soc import console
from soc.console.language import LANGUAGES, Languages

HERE = Path(console.__file__).parent
SAID = re.compile(r"""_\((["'])(.*?)\1""")


@pytest.fixture(scope="module")
def languages():
    return Languages(HERE / "locale", "Asia/Ho_Chi_Minh")


def test_what_is_not_known_is_vietnamese(languages):
    assert [languages.known(told) for told in ("vi", "en", "", "fr", "en-US")] == ["vi", "en", "vi", "vi", "vi"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_templates_is_translated(language):
    path = HERE / "locale" / language / "LC_MESSAGES" / "console.po"
    with path.open("rb") as file:
        catalog = {message.id: message.string for message in pofile.read_po(file, locale=language) if message.id}
    said = {
        found[2] for page in (HERE / "templates").rglob("*.html") for found in SAID.finditer(page.read_text("utf-8"))
    }
    assert {text for text in said if not catalog.get(text)} == set()
    assert [id_ for id_, string in catalog.items() if not all([string] if isinstance(string, str) else string)] == []


def test_times_are_the_site_s_and_stay_text_when_they_are_none(languages):
    assert languages.date_time("2026-01-31T20:04:05.678Z", "vi") == "01/02/2026 03:04:05"
    assert languages.date_time("2026-01-31T20:04:05.678Z", "en") == "2026-02-01 03:04:05"
    assert languages.date_time("<x>", "vi") == "<x>"


def test_ages_and_numbers_follow_the_language(languages):
    now = 1_767_225_600_000_000
    assert languages.ago("2025-12-31T23:57:00Z", now, "vi") == "3 phút trước"
    assert languages.ago("2025-12-31T23:57:00Z", now, "en") == "3 minutes ago"
    assert (languages.number(12345, "vi"), languages.number(12345, "en")) == ("12.345", "12,345")
