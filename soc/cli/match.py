"""`soc match`: which rules match which events of a file, by the code that runs live."""

from __future__ import annotations

import gc
import gzip
import multiprocessing
import sys
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import orjson

from soc import parse, sigma
from soc.cli._rules import rules_of
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BATCH = 2_000


class _Work(NamedTuple):
    rules: sigma.RuleSet
    format: str
    timezone: str


class _Done(NamedTuple):
    lines: list[bytes]
    events: int
    dead: int


@click.command("match")
@click.option(
    "--rules", "folder", required=True, type=click.Path(path_type=Path), help="Folder, file or archive of rules."
)
@click.option("--format", "format_", default="", metavar="NAME", help="The events' format; recognised if not given.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option(
    "--stats", is_flag=True, help="A summary on the standard error: refused rules, events, findings, seconds."
)
@click.argument("events", type=click.Path(path_type=Path, dir_okay=False))
def command(folder: Path, format_: str, jobs: int, stats: bool, events: Path) -> None:
    """Match a file of events against rules: NDJSON, one line per match, in the order of the events.

    {"event": <number of the line, from 0>, "rule": "<id>"}

    \b
    Examples:
      soc match --rules rules /var/log/auth.log
      soc match --rules sigmahq-rules.tar.gz --jobs 4 --stats events.ndjson.gz > findings.ndjson
    """
    started = time.perf_counter()
    if format_:
        parse.named(format_)
    work = _Work(rules_of(folder), format_, load_config().timezone)
    gc.freeze()  # what is loaded stays to the end, no collection need look at it again
    loaded = time.perf_counter()
    counts = [0, 0, 0]
    for done in _results(work, _batches(events), jobs):
        sys.stdout.buffer.writelines(done.lines)
        counts = [counts[0] + done.events, counts[1] + done.dead, counts[2] + len(done.lines)]
    sys.stdout.buffer.flush()
    if stats:
        _summary(work.rules, counts, loaded - started, time.perf_counter() - loaded)


def _summary(rules: sigma.RuleSet, counts: Sequence[int], loading: float, matching: float) -> None:
    for fault in rules.faults:
        click.echo(f"refused  {fault}", err=True)
    click.echo(
        f"rules {len(rules.rules)} loaded, {len(rules.faults)} faults; events {counts[0]}, of them {counts[1]} unparsed; "
        f"findings {counts[2]}; load {loading:.2f} s, match {matching:.2f} s",
        err=True,
    )


def _batches(file: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Lines with the number of their first."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
            first = 0
            while batch := list(islice(lines, _BATCH)):
                yield first, batch
                first += len(batch)
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None


def _results(work: _Work, batches: Iterator[tuple[int, list[bytes]]], jobs: int) -> Iterator[_Done]:
    if jobs == 1:
        for first, lines in batches:
            yield _matches(work, first, lines)
        return
    context = multiprocessing.get_context("fork")  # the rules are inherited as they are
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_take_over, initargs=(work,)) as pool:
        waiting: deque[Future[_Done]] = deque()
        for first, lines in batches:
            waiting.append(pool.submit(_in_child, first, lines))
            if len(waiting) > 3 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_taken: list[_Work] = []


def _take_over(work: _Work) -> None:
    _taken[:] = [work]


def _in_child(first: int, lines: list[bytes]) -> _Done:
    return _matches(_taken[0], first, lines)


def _matches(work: _Work, first: int, lines: list[bytes]) -> _Done:
    found: list[bytes] = []
    dead = 0
    source, now = LogSource("logs.host", format=work.format, timezone=work.timezone), time.time_ns() // 1000
    for number, line in enumerate(lines, first):
        try:
            event = parse.parse(Record(line.rstrip(b"\r\n"), "file:-", number, now, source))
        except parse.Unparsable:
            dead += 1
            continue
        found += [orjson.dumps({"event": number, "rule": rule.info.id}) + b"\n" for rule in work.rules.match(event)]
    return _Done(found, len(lines), dead)
