"""Vietnamese and English: gettext catalogs, compiled from their `.po` files when the console starts."""

from __future__ import annotations

import gettext
import io
from typing import TYPE_CHECKING, Literal, get_args

from babel import dates, numbers
from babel.messages import mofile, pofile

from soc import instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "vi"
# Babel's short forms (1/2/26) leave open which is the day.
_WRITTEN: Mapping[str, str] = {"vi": "%d/%m/%Y %H:%M:%S", "en": "%Y-%m-%d %H:%M:%S"}
NAMES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}


class Languages:
    def __init__(self, locale_dir: Path, timezone: str) -> None:
        self.catalogs: dict[str, gettext.NullTranslations] = {
            language: _catalog(locale_dir, language) for language in LANGUAGES
        }
        self._zone = instant.zone(timezone)

    def known(self, language: str) -> Language:
        """The language if there is a catalog of it, else the default."""
        return next((known for known in LANGUAGES if known == language), DEFAULT)

    def date_time(self, told: str, language: str) -> str:
        """An ISO instant as the site's clocks and people of that language show it."""
        when = self._local(told)
        return when.strftime(_WRITTEN[self.known(language)]) if when else told

    def ago(self, told: str, now: int, language: str) -> str:
        """`3 phút trước`: how long ago an ISO instant was."""
        when = instant.parse_iso(told)
        if when is None:
            return told
        seconds = (when - now) // instant.SECOND
        text: str = dates.format_timedelta(
            seconds, granularity="second", add_direction=True, locale=language, threshold=1
        )
        return text

    def age(self, told: str, now: int, language: str) -> str:
        """`3 phút`: the same without direction, for a narrow column."""
        when = instant.parse_iso(told)
        if when is None:
            return told
        seconds = abs(now - when) // instant.SECOND
        text: str = dates.format_timedelta(seconds, locale=language, threshold=1, format="short")
        return text

    def number(self, value: float, language: str) -> str:
        text: str = numbers.format_decimal(value, locale=language)
        return text

    def _local(self, told: str) -> datetime | None:
        when = instant.parse_iso(told)
        return None if when is None else instant.to_datetime(when).astimezone(self._zone)


def _catalog(locale_dir: Path, language: str) -> gettext.NullTranslations:
    path = locale_dir / language / "LC_MESSAGES" / "console.po"
    compiled = io.BytesIO()
    with path.open("rb") as file:
        mofile.write_mo(compiled, pofile.read_po(file, locale=language, domain="console"))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
