"""`soc explain`: a rule's clauses on one event, each with the value that it met and its verdict."""

from __future__ import annotations

import gzip
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from soc import logs, parse
from soc.cli._records import record_of
from soc.cli._rules import rules_of
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.event import shown


@click.command("explain")
@click.option(
    "--rules", "folder", required=True, type=click.Path(path_type=Path), help="Folder, file or archive of rules."
)
@click.option("--format", "format_", default="", metavar="NAME", help="The event's format; recognised if not given.")
@click.option("--json", "as_json", is_flag=True, help="The tree as JSON.")
@click.argument("rule_id")
@click.argument("event", metavar="EVENT_FILE[:LINE]")
def command(folder: Path, format_: str, as_json: bool, rule_id: str, event: str) -> None:
    """Show why a rule matches an event, or why it does not: every clause, the event's values, the verdict.

    LINE counts from 0, as `soc match` prints it; the first line if it is left out. Exit status 1 if the rule does not match.

    \b
    Example:
      soc explain --rules rules 3b0c0a4e-... /var/log/auth.log:12
    """
    rules = rules_of(folder)
    rule = rules.named(rule_id)
    if rule is None:
        raise ConfigurationError(f"there is no rule {rule_id} in {folder}; `soc check {folder}` names refused ones")
    raw, number = _line(event)
    try:
        parsed = parse.parse(record_of(raw, number, format_, load_config().timezone))
    except parse.Unparsable as refused:
        raise ConfigurationError(f"{event}: the event cannot be parsed: {refused}") from None
    tree = rules.tree(rule, parsed)
    if as_json:
        told = {"rule": rule_id, "format": parsed.format.name, "matches": bool(tree and tree["holds"]), "tree": tree}
        sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        click.echo(f"{rule.info.name} ({rule.file}:{rule.line}) on an event of format {parsed.format.name}")
        kind = shown(parsed.format.kind(parsed.native))
        click.echo(
            "\n".join(_shown(tree, 0))
            if tree
            else f"NOT FOR IT  a rule for {rule.logsource} does not meet events of {kind}"
        )
    sys.exit(0 if tree and tree["holds"] else 1)


def _shown(node: dict[str, Any], depth: int) -> list[str]:
    verdict = "PASS" if node["holds"] else "FAIL"
    values = ""
    if "values" in node:
        told = node["values"]
        values = "  <- absent" if told is None else "  <- " + ", ".join(repr(logs.escape(value)) for value in told)
    lines = [f"{verdict}  {'  ' * depth}{logs.escape(node['clause'])}{values}"]
    for below in node.get("below", ()):
        lines += _shown(below, depth + 1)
    return lines


def _line(told: str) -> tuple[bytes, int]:
    name, colon, number = told.rpartition(":")
    file, wanted = (Path(name), int(number)) if colon and number.isdigit() else (Path(told), 0)
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            line = next(islice(lines, wanted, None), None)
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None
    if line is None:
        raise ConfigurationError(f"{file}: there is no line {wanted}; lines count from 0")
    return line.rstrip(b"\r\n"), wanted
