"""What the commands about alerts share: the opened store, the filters as options, and all pages of an answer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from soc.alert import SEVERITIES, STATUSES
from soc.cli import _text
from soc.errors import ConfigurationError
from soc.record import LAYERS
from soc.stores import NotFound, Query, pages
from soc.stores.opening import store_of
from soc.stores.walking import documents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import tzinfo

    from soc.config import Config
    from soc.stores import AlertStore, Document

__all__ = ["documents", "filters", "found", "opened_store", "query_of"]
NOBODY = "none"
_ID = 40
_CHOICES = 5
"""Ids that are named when the beginning of one is not unique."""
_FIELDS = {
    "status": "triage.status",
    "severity": "event.severity",
    "layer": "soc.layer",
    "rule": "rule.id",
    "entity": "soc.entity.value",
    "assignee": "triage.assignee",
}
_OPTIONS = (
    click.option("--status", multiple=True, type=click.Choice(STATUSES), help="May be repeated, as all filters may."),
    click.option("--severity", multiple=True, type=click.Choice(SEVERITIES)),
    click.option("--layer", multiple=True, type=click.Choice([*LAYERS.values(), "platform"])),
    click.option("--rule", multiple=True, metavar="ID", help="The id of a rule, correlation, detector or check."),
    click.option("--entity", multiple=True, metavar="VALUE", help="A host, an address or a user."),
    click.option("--assignee", multiple=True, metavar="USER", help=f"A user, or `{NOBODY}`."),
    click.option("--since", default="", metavar="WHEN", help="Seen in the last 15m, 24h, 7d, or since a time."),
    click.option("--text", default="", metavar="WORDS", help="Words of the title, the entity, the group."),
    click.option("--suppressed", is_flag=True, help="Also what an exception hides."),
    click.option("--excepted", is_flag=True, help="Only what an exception hides."),
)


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which alerts; `query_of` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def query_of(given: Mapping[str, Any], now: int, zone: tzinfo) -> Query:
    """The query that the options ask for."""
    asked = {field: [_value(name, text) for text in given[name]] for name, field in _FIELDS.items() if given[name]}
    return Query(
        filters=asked,
        text=given["text"],
        since=_text.since(given["since"], now, zone) if given["since"] else None,
        suppressed=given["suppressed"],
        only_suppressed=given["excepted"],
    )


def _value(name: str, text: str) -> str | int:
    if name == "severity":
        return SEVERITIES.index(text) + 1
    return "" if (name, text) == ("assignee", NOBODY) else text


@asynccontextmanager
async def opened_store(config: Config) -> AsyncIterator[AlertStore]:
    store = await store_of(config)
    try:
        yield store
    finally:
        await store.close()


async def found(store: AlertStore, id_: str) -> Document:
    """The alert of an id or of the beginning of one.

    Raises:
        NotFound: no alert has such an id.
        ConfigurationError: several have.
    """
    if len(id_) >= _ID:
        return await store.get("alert", id_)
    query = Query(sort="soc.id", suppressed=True, limit=_CHOICES)
    # A beginning of an id stands, as text, right before all ids that begin so.
    before = pages.encode(query, pages.Place(id_, 0, ""))
    page = await store.search(replace(query, after=before))
    same = [alert["soc"]["id"] for alert in page.documents if alert["soc"]["id"].startswith(id_)]
    if len(same) > 1:
        raise ConfigurationError(f"several alerts begin with {id_}: {', '.join(same)}; give more of it")
    if not same:
        raise NotFound(f"no alert's id begins with {id_}; `soc alerts list` shows ids")
    return await store.get("alert", same[0])
