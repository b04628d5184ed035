"""`soc alerts`: the queue on a terminal, one alert explained, and everything as NDJSON for other programs."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import msgspec

from soc import instant, logs
from soc.cli import _alert_text, _alerts, _text
from soc.cli._files import atomic
from soc.cli._trail import note
from soc.clock import SystemClock
from soc.config import load_config

if TYPE_CHECKING:
    from soc.config import Config
    from soc.stores import Document, Query

_PROGRESS = 1_000
_LANGUAGE = click.option(
    "--language", type=click.Choice(_alert_text.LANGUAGES), default="vi", show_default=True, help="Of titles and texts."
)


@click.group("alerts")
def command() -> None:
    """Alerts: list them, have one explained, export them.

    \b
    Examples:
      soc alerts list --status new --severity high --severity critical --since 24h
      soc alerts list --entity 203.0.113.7 --format ndjson
      soc alerts show 1f2e3d4c5b6a --language en
      soc alerts export --since 7d --output alerts.ndjson
    """
    logs.setup("alerts", level="warning")


@command.command("list")
@_alerts.filters
@click.option("--sort", default="-soc.risk", show_default=True, help="A field, with `-` for falling.")
@click.option("--limit", type=click.IntRange(1), default=None, help="How many: 50 in a table, all in NDJSON.")
@click.option("--format", "format_", type=click.Choice(["table", "ndjson"]), default="table", show_default=True)
@_LANGUAGE
def list_(sort: str, limit: int | None, format_: str, language: str, **given: Any) -> None:
    """Alerts, the greatest risk first; times are those of the site's zone.

    What an exception hides is left out unless --suppressed. With --format ndjson: one alert document a line.
    """
    config = load_config()
    zone = instant.zone(config.timezone)
    query = replace(_alerts.query_of(given, SystemClock().now(), zone), sort=sort)
    note(config, "search", "alerts", given)
    if format_ == "ndjson":
        asyncio.run(_write(config, query, sys.stdout.buffer, limit))
        return
    alerts, total = asyncio.run(_listed(config, query, limit or 50))
    rows = [_alert_text.HEAD, *(_alert_text.row(alert, language, zone) for alert in alerts)]
    for line in _text.columns(rows, _alert_text.WIDTHS):
        click.echo(line)
    click.echo(f"{len(alerts)} of {total} alerts" + ("; --limit shows more" if total > len(alerts) else ""), err=True)


@command.command("show")
@click.argument("id_", metavar="ID")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_LANGUAGE
def show(id_: str, format_: str, language: str) -> None:
    """One alert, explained: why it fired, the evidence, what to do, what was done.

    ID is an alert's id or the beginning of one, as `soc alerts list` shows it.
    """
    config = load_config()
    note(config, "view", id_, {})
    alert = asyncio.run(_found(config, id_))
    if format_ == "json":
        click.echo(logs.escape(msgspec.json.encode(alert).decode()))
        return
    for line in _alert_text.explained(alert, language, instant.zone(config.timezone)):
        click.echo(line)


@command.command("export")
@_alerts.filters
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="A file, written whole or not at all; the standard output if not given.",
)
def export(output: Path | None, **given: Any) -> None:
    """Every matching alert as NDJSON, one document a line, in the order of their ids.

    That order never changes, so that alerts which are rolled up or triaged meanwhile are neither left out nor doubled.
    """
    config = load_config()
    query = replace(_alerts.query_of(given, SystemClock().now(), instant.zone(config.timezone)), sort="soc.id")
    note(config, "export", "alerts", given)
    if output is None:
        asyncio.run(_write(config, query, sys.stdout.buffer))
        return
    with atomic(output) as file:
        number = asyncio.run(_write(config, query, file))
    click.echo(f"{number} alerts in {output}", err=True)


async def _listed(config: Config, query: Query, limit: int) -> tuple[list[Document], int]:
    async with _alerts.opened_store(config) as store:
        alerts = [alert async for alert in _alerts.documents(store, query, limit)]
        if len(alerts) < limit:
            return alerts, len(alerts)
        return alerts, (await store.search(replace(query, limit=1))).total


async def _found(config: Config, id_: str) -> Document:
    async with _alerts.opened_store(config) as store:
        return await _alerts.found(store, id_)


async def _write(config: Config, query: Query, out: BinaryIO, limit: int | None = None) -> int:
    """How many documents were written; control characters in them are written as JSON escapes, which mean the same."""
    number = 0
    watched = sys.stderr.isatty() and not out.isatty()
    async with _alerts.opened_store(config) as store:
        async for alert in _alerts.documents(store, query, limit):
            out.write(logs.escape(msgspec.json.encode(alert).decode()).encode() + b"\n")
            number += 1
            if watched and number % _PROGRESS == 0:
                click.echo(f"{number} alerts", err=True)
    out.flush()
    return number
