"""`soc parse`: records in, one ECS document a line out, in order."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import orjson

from soc import parse
from soc.cli._records import lines_of, record_of
from soc.config import load_config

if TYPE_CHECKING:
    from soc.record import Record


@click.command("parse")
@click.option(
    "--format", "format_", default="", metavar="NAME", help="The format of all records; recognised if not given."
)
@click.option("--list", "listed", is_flag=True, help="Show the known formats instead.")
@click.argument("files", nargs=-1, type=click.File("rb"))
def command(format_: str, listed: bool, files: tuple[BinaryIO, ...]) -> None:
    """Parse log records to ECS: one line in, one JSON document out, in the same order.

    A line is raw log text, a JSON event, or a shipper's envelope {"message": "<raw>", "event": {"timezone": "+07:00"}}.
    What cannot be parsed keeps its line, with tags ["_unparsed"] and the reason in error.message.

    \b
    Examples:
      soc parse /var/log/auth.log
      soc parse --format fortigate < firewall.log
      soc parse --list
    """
    if listed:
        for name, known in sorted(parse.formats().items()):
            click.echo(f"{name:<24} {known.title}")
        return
    if format_:
        parse.named(format_)
    timezone = load_config().timezone
    out = sys.stdout.buffer
    for file in files or (sys.stdin.buffer,):
        for number, raw in enumerate(lines_of(file)):
            out.write(orjson.dumps(document_of(record_of(raw, number, format_, timezone))) + b"\n")
    out.flush()


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
