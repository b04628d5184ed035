"""Pages from Jinja2 templates: everything escaped, strict about names, one environment per language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from soc import __version__
from soc.alert import DISPOSITIONS, SEVERITIES, STATUSES
from soc.console import words
from soc.console.language import NAMES
from soc.console.roles import allowed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from soc.clock import Clock
    from soc.console.call import Call
    from soc.console.language import Languages
    from soc.console.static import Static


class Templates:
    """In every template: `_`; `language`, `languages`, `csrf`, `visitor`, `may`, `here` (path and query), `static(path)`,
    `version`; `STATUSES`, `DISPOSITIONS`, `SEVERITIES`; `field_name(field)`, `value_name(field, value)`; filters `date_time`,
    `ago`, `age`, `number`, `clause`, and `visible` and `lines` (characters that hide shown escaped).
    """

    def __init__(self, folder: Path, languages: Languages, static: Static, clock: Clock) -> None:
        loader = FileSystemLoader(folder)
        self._environments = {
            language: _environment(loader, languages, static, clock, language) for language in languages.catalogs
        }

    def page(self, call: Call, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the call's visitor, in the call's language."""
        visitor, url = call.visitor, call.request.url
        given = {
            "visitor": visitor,
            "csrf": visitor.csrf if visitor else "",
            "may": allowed(visitor.role) if visitor else [],
            "here": f"{url.path}?{url.query}" if url.query else url.path,
        }
        return HTMLResponse(self._environments[call.language].get_template(name).render(**given, **values), status)


def _environment(
    loader: FileSystemLoader, languages: Languages, static: Static, clock: Clock, language: str
) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(languages.catalogs[language], newstyle=True)  # type: ignore[attr-defined] # by the extension
    said = languages.catalogs[language].gettext

    def value_name(field: str, value: object) -> str:
        message = words.of_value(field, value)
        return words.visible(value) if message is None else said(message)

    environment.globals |= {
        "field_name": lambda field: said(words.of_field(field)),
        "value_name": value_name,
        "language": language,
        "languages": NAMES,
        "static": static.url,
        "version": __version__,
        "STATUSES": STATUSES,
        "DISPOSITIONS": DISPOSITIONS,
        "SEVERITIES": SEVERITIES,
    }
    filters: dict[str, Callable[..., str]] = {
        "date_time": lambda told: languages.date_time(told, language),
        "ago": lambda told: languages.ago(told, clock.now(), language),
        "age": lambda told: languages.age(told, clock.now(), language),
        "number": lambda value: languages.number(value, language),
        "clause": words.clause,
        "visible": words.visible,
        "lines": words.lines,
    }
    environment.filters |= filters
    return environment
