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

_BLOCK = 1 << 17
"""Bytes read at a time: what is made of them stays in the processor's cache."""


class _Work(NamedTuple):
    rules: sigma.RuleSet
    format: str
    timezone: str
    every: bool
    """Parse events that cannot match too, so that all that are no events are counted."""


class _Done(NamedTuple):
    found: list[tuple[int, str]]
    """Lines of the block, from 0, and ids of rules."""
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
    gc.disable()
    if format_:
        parse.named(format_)
    work = _Work(rules_of(folder), format_, load_config().timezone, stats or bool(format_))
    gc.freeze()  # what is loaded stays to the end, no collection need look at it again
    gc.enable()
    loaded = time.perf_counter()
    counts = [0, 0, 0]
    for done in _results(work, _blocks(events), jobs):
        for number, rule in done.found:
            sys.stdout.buffer.write(orjson.dumps({"event": counts[0] + number, "rule": rule}) + b"\n")
        counts = [counts[0] + done.events, counts[1] + done.dead, counts[2] + len(done.found)]
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


def _blocks(file: Path) -> Iterator[bytes]:
    """Whole lines."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as feed:
            while block := feed.read(_BLOCK):
                yield block + feed.readline()
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None


def _results(work: _Work, blocks: Iterator[bytes], jobs: int) -> Iterator[_Done]:
    if jobs == 1:
        for block in blocks:
            yield _matches(work, block)
        return
    context = multiprocessing.get_context("fork")  # the rules are inherited as they are
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_take_over, initargs=(work,)) as pool:
        waiting: deque[Future[_Done]] = deque()
        for block in _joined(blocks):
            waiting.append(pool.submit(_in_child, block))
            if len(waiting) > 3 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _joined(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """More at a time, since handing over costs too."""
    while some := b"".join(islice(blocks, 8)):
        yield some


_taken: list[_Work] = []


def _take_over(work: _Work) -> None:
    _taken[:] = [work]


def _in_child(block: bytes) -> _Done:
    return _matches(_taken[0], block)


def _matches(work: _Work, block: bytes) -> _Done:
    found: list[tuple[int, str]] = []
    dead = 0
    source, now = LogSource("logs.host", format=work.format, timezone=work.timezone), time.time_ns() // 1000
    lines = block.split(b"\n")
    if not lines[-1]:  # behind the last line's end
        lines.pop()
    asked = ((number, None) for number in range(len(lines))) if work.every else work.rules.of_lines(block, lines)
    for number, rules in asked:
        try:
            if rules is None:
                record = Record(lines[number].rstrip(b"\r"), "file:-", number, now, source)
                rules = work.rules.match(parse.parse(record))  # noqa: PLW2901 (what the shortcut left open)
        except parse.Unparsable:
            dead += 1
            continue
        found += [(number, rule.info.id) for rule in rules]
    return _Done(found, len(lines), dead)
