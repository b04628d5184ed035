"""`soc parse`: records in, one ECS document a line out, in order."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import orjson

from soc import parse
from soc.cli._records import records_of
from soc.config import load_config
from soc.parse.unknown import is_understood, shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.record import Record


@click.command("parse")
@click.option(
    "--format", "format_", default="", metavar="NAME", help="The format of all records; recognised if not given."
)
@click.option("--list", "listed", is_flag=True, help="Show the known formats instead.")
@click.option("--unknown", is_flag=True, help="Count the shapes of what is not understood instead.")
@click.argument("files", nargs=-1, type=click.File("rb"))
def command(format_: str, listed: bool, unknown: bool, files: tuple[BinaryIO, ...]) -> None:
    """Parse log records to ECS: one line in, one JSON document out, in the same order.

    A line is raw log text, a JSON event, or a shipper's envelope {"message": "<raw>", "event": {"timezone": "+07:00"}}.
    What cannot be parsed keeps its line, with tags ["_unparsed"] and the reason in error.message.

    \b
    Examples:
      soc parse /var/log/auth.log
      soc parse --format fortigate < firewall.log
      soc parse --unknown mixed.log            what to write a parser for, the commonest first
      soc parse --list
    """
    if listed:
        for name, known in sorted(parse.formats().items()):
            click.echo(f"{name:<24} {known.title}")
        return
    if format_:
        parse.named(format_)
    timezone = load_config().timezone
    records = (record for file in files or (sys.stdin.buffer,) for record in records_of(file, format_, timezone))
    if unknown:
        _count_unknown(records)
        return
    out = sys.stdout.buffer
    for record in records:
        out.write(orjson.dumps(document_of(record)) + b"\n")
    out.flush()


def _count_unknown(records: Iterable[Record]) -> None:
    """Shapes of bodies that were not understood, by the format that knew at least their header, or by why there is none."""
    shapes: Counter[tuple[str, str]] = Counter()
    total = 0
    for total, record in enumerate(records, 1):  # noqa: B007 (their number is wanted at the end)
        if found := _unknown(record):
            shapes[found if found in shapes or len(shapes) < _MOST_SHAPES else (found[0], "(others)")] += 1
    click.echo(f"{total} records, {shapes.total()} of them not understood, in {len(shapes)} shapes")
    for (family, text), count in shapes.most_common(_SHOWN):
        click.echo(f"{count:>8}  {family:<20}  {text}")


_MOST_SHAPES, _SHOWN = 50_000, 100


def _unknown(record: Record) -> tuple[str, str] | None:
    """Format and shape of a record that is not understood; None for others."""
    try:
        event = parse.parse(record)
        if is_understood(parse.ecs(event)):
            return None
    except parse.Unparsable as refused:
        return f"({refused.reason})", shape(parse.original(record))
    except Exception:  # noqa: BLE001 (as in document_of)
        return "(parser_fault)", shape(parse.original(record))
    return event.format.name, shape(event.frame.text or " ".join(event.frame.json or ()))


def document_of(record: Record) -> dict[str, Any]:
    """The nested ECS document of a record; of one that cannot be parsed what is known of it."""
    original = parse.original(record)
    try:
        document = parse.ecs(parse.parse(record))
        return parse.nested({**document, "event.original": original})
    except parse.Unparsable as refused:
        told = str(refused)
    except Exception as fault:  # noqa: BLE001 (a parser's fault costs this record its fields, not the others)
        told = f"parser_fault: {type(fault).__name__}: {fault}"
    return {"event": {"original": original}, "error": {"message": told}, "tags": ["_unparsed"]}
