"""`soc backtest`: what rules would have found in files of events, and what another version of a rule would have."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc import instant, logs, parse, sigma
from soc.backtesting import Backtest
from soc.cli import _backtest
from soc.cli._progress import Progress
from soc.cli._rules import rules_of_all
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.sources.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.config import Config

_INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


@click.command("backtest")
@click.option(
    "--events",
    "files",
    required=True,
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Log file of any known format, plain or gzip; may be repeated.",
)
@click.option(
    "--against",
    "old",
    type=click.Path(path_type=Path),
    metavar="OLD_RULE",
    help="Compare with this earlier version: a file, or a folder with rules of the same ids.",
)
@click.option("--format", "format_", default="", metavar="NAME", help="The events' format; recognised if not given.")
@click.option(
    "--samples", default=3, show_default=True, type=click.IntRange(0, 1000), help="Example events for each rule."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RULE...")
def command(
    files: tuple[Path, ...], old: Path | None, format_: str, samples: int, as_json: bool, paths: tuple[Path, ...]
) -> None:
    """Run rules over events that are over: hits with examples, hits over time, the commonest values, and cost.

    A RULE is a file, a folder or an archive. States are passed over: a rule in shadow or off is tested as if it were live.
    Cost is told in counts: events that reach a rule (those of its log source), how often its condition had to be decided, and
    the bytes that its own patterns looked at. Ctrl-C ends early and shows what is known.

    \b
    Examples:
      soc backtest var/site/rules/ssh.yml --events /var/log/auth.log
      soc backtest rules --events monday.ndjson.gz --events tuesday.ndjson.gz --samples 0
      soc backtest new.yml --against old.yml --events events.ndjson --json > difference.json
    """
    if format_:
        parse.named(format_)
    config = load_config()
    zone = instant.zone(config.timezone)
    test = Backtest(_live(paths, config), zone, old=_live((old,), config) if old else None, most_samples=samples)
    if old and not test.differences:
        raise ConfigurationError(f"{old}: no rule in it has the id of a rule to be tested")
    is_whole = _run(test, files, format_, config)
    test.settle()
    if as_json:
        click.echo(_backtest.json(test, is_whole=is_whole))
    else:
        for line in _backtest.text(test, zone):
            click.echo(logs.escape(line))
        if not is_whole:
            click.echo(f"interrupted after {test.events} events; what is shown is of these", err=True)
    sys.exit(0 if is_whole else _INTERRUPTED)


def _live(paths: Sequence[Path], config: Config) -> sigma.RuleSet:
    """The rules as if all were live; what cannot be used is named."""
    loaded = rules_of_all(paths, config)
    for fault in loaded.faults:
        click.echo(logs.escape(str(fault)), err=True)
    if not loaded.rules:
        raise ConfigurationError(f"{', '.join(map(str, paths))}: no rule to test; `soc check` says what is wrong")
    rules = [replace(rule, info=rule.info._replace(state="live")) for rule in loaded.rules]
    return sigma.RuleSet(rules, (), loaded.logsources)


def _run(test: Backtest, files: Sequence[Path], format_: str, config: Config) -> bool:
    """Whether all events were taken; not if the user had enough."""
    try:
        with Progress("events") as progress:
            for file in files:
                for record in whole_file(file, format=format_, timezone=config.timezone):
                    try:
                        event = parse.parse(record)
                    except Exception:  # noqa: BLE001 (a parser's fault makes a dead letter too, and ends nothing)
                        test.skip()
                    else:
                        test.take(event, str(file))
                    progress.show(test.events)
    except KeyboardInterrupt:
        return False
    return True
