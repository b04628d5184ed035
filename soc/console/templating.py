"""Pages from Jinja2 templates: everything escaped, strict about names, one environment per language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from soc import __version__, logs
from soc.alert import DISPOSITIONS, SEVERITIES, STATUSES
from soc.console.language import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from soc.clock import Clock
    from soc.console.call import Call
    from soc.console.language import Languages
    from soc.console.static import Static


class Templates:
    """In every template: `_`, `ngettext`; `language`, `languages`, `csrf`, `visitor`, `static(path)`, `version`; `STATUSES`,
    `DISPOSITIONS`, `SEVERITIES`; filters `date_time`, `ago`, `number` and `visible` (control characters shown escaped).
    """

    def __init__(self, folder: Path, languages: Languages, static: Static, clock: Clock) -> None:
        loader = FileSystemLoader(folder)
        self._environments = {
            language: _environment(loader, languages, static, clock, language) for language in languages.catalogs
        }

    def page(self, call: Call, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of the call's visitor, in the call's language."""
        visitor = call.visitor
        given = {"visitor": visitor, "csrf": visitor.csrf if visitor else "", "path": call.request.url.path}
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
    environment.globals |= {
        "language": language,
        "languages": NAMES,
        "static": static.url,
        "version": __version__,
        "STATUSES": STATUSES,
        "DISPOSITIONS": DISPOSITIONS,
        "SEVERITIES": SEVERITIES,
    }
    environment.filters |= {
        "date_time": lambda told: languages.date_time(told, language),
        "ago": lambda told: languages.ago(told, clock.now(), language),
        "number": lambda value: languages.number(value, language),
        "visible": lambda text: logs.escape(str(text)),
    }
    return environment
