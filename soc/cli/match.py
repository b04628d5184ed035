"""`soc match`: which rules match which events of a file, by the code that runs live."""

from __future__ import annotations

import gc
import gzip
import multiprocessing
import sys
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
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
    from collections.abc import Iterable, Iterator, Sequence

_BLOCK = 1 << 20
"""Bytes read at a time."""


class _Work(NamedTuple):
    rules: sigma.RuleSet
    format: str
    timezone: str
    every: bool
    """Parse events that cannot match too, so that all that are no events are counted."""


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
    work = _Work(rules_of(folder), format_, load_config().timezone, stats or bool(format_))
    gc.freeze()  # what is loaded stays to the end, no collection need look at it again
    loaded = time.perf_counter()
    counts = [0, 0, 0]
    for done in _results(work, _blocks(events), jobs):
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


def _blocks(file: Path) -> Iterator[tuple[int, bytes]]:
    """Whole lines, without the last line's end, with the number of their first."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as feed:
            first, begun = 0, b""
            while data := feed.read(_BLOCK):
                whole, end, rest = data.rpartition(b"\n")
                if not end:
                    begun += data
                    continue
                block = begun + whole
                yield first, block
                first += block.count(b"\n") + 1
                begun = rest
            if begun:
                yield first, begun
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None


def _results(work: _Work, blocks: Iterator[tuple[int, bytes]], jobs: int) -> Iterator[_Done]:
    if jobs == 1:
        for first, block in blocks:
            yield _matches(work, first, block)
        return
    context = multiprocessing.get_context("fork")  # the rules are inherited as they are
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_take_over, initargs=(work,)) as pool:
        waiting: deque[Future[_Done]] = deque()
        for first, block in blocks:
            waiting.append(pool.submit(_in_child, first, block))
            if len(waiting) > 3 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_taken: list[_Work] = []


def _take_over(work: _Work) -> None:
    _taken[:] = [work]


def _in_child(first: int, block: bytes) -> _Done:
    return _matches(_taken[0], first, block)


def _matches(work: _Work, first: int, block: bytes) -> _Done:
    found: list[bytes] = []
    dead = 0
    source, now = LogSource("logs.host", format=work.format, timezone=work.timezone), time.time_ns() // 1000
    if work.every:
        lines = block.split(b"\n")
        suspects: Iterable[int] = range(len(lines))
    else:
        lines, suspects = work.rules.suspects(block)
    for number in suspects:
        record = Record(lines[number].rstrip(b"\r"), "file:-", first + number, now, source)
        try:
            rules = work.rules.match(parse.parse(record))
        except parse.Unparsable:
            dead += 1
            continue
        found += [orjson.dumps({"event": record.offset, "rule": rule.info.id}) + b"\n" for rule in rules]
    return _Done(found, len(lines), dead)
