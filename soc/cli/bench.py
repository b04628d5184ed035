"""`soc bench`: what each step costs, as ratios to decoding the same records in the same run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from soc import parse, pipeline
from soc.anomaly import Strides
from soc.cli._rules import rules_of
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.first_start import sample_files
from soc.loading import load
from soc.sources.whole import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from soc.pipeline import Content
    from soc.record import Record

_BATCH = 500


@click.command("bench")
@click.option("--rules", "folder", type=click.Path(path_type=Path), help="These rules instead of the configured ones.")
@click.option("--events", "most", default=20_000, show_default=True, type=click.IntRange(100), help="Records at most.")
@click.option("--repeat", default=3, show_default=True, type=click.IntRange(1, 20), help="The best run counts.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE...]")
def command(folder: Path | None, most: int, repeat: int, files: tuple[Path, ...]) -> None:
    """Measure parsing, matching and the whole of detection on one core, over the samples or given files.

    Ratios to decoding (JSON, or UTF-8 for text) in the same run are what can be compared; seconds depend on the machine.

    \b
    Examples:
      soc bench
      soc bench --rules sigmahq-rules.tar.gz --events 5000 events.ndjson.gz
    """
    config = load_config()
    records = _records(config.timezone, files or sample_files(), most)
    content = _content(folder)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("decode", lambda: _decode(records)),
        ("parse", lambda: _parse(records)),
        ("parse and match", lambda: _match(records, content)),
        ("replay (parse, match, findings, windows)", lambda: _detect(records, content)),
    ]
    click.echo(f"{len(records)} records, {len(content.rules.rules)} rules, {os.cpu_count()} cores, one used")
    click.echo(f"{'step':<44}{'events per CPU-second':>22}{'times decoding':>16}")
    base = 0.0
    for name, step in steps:
        took = min(_timed(step) for _ in range(repeat))
        base = base or took
        click.echo(f"{name:<44}{len(records) / took:>22,.0f}{took / base:>16.1f}")


def _timed(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return max(time.process_time() - start, 1e-9)


def _records(timezone: str, files: Iterable[Path], most: int) -> list[Record]:
    records: list[Record] = []
    for file in files:
        for record in whole_file(file, timezone=timezone):
            records.append(record)
            if len(records) >= most:
                return records
    if not records:
        raise ConfigurationError("there are no records to measure with; name a file of logs")
    return records


def _content(folder: Path | None) -> Content:
    loaded, _ = load(load_config())
    return pipeline.Content(rules_of(folder), loaded.detectors, loaded.inventory, "") if folder else loaded


def _decode(records: Iterable[Record]) -> None:
    for record in records:
        if record.raw[:1] == b"{":
            orjson.loads(record.raw)
        else:
            record.raw.decode()


def _parse(records: Iterable[Record]) -> None:
    for record in records:
        try:
            parse.parse(record)
        except parse.Unparsable:
            continue


def _match(records: Iterable[Record], content: Content) -> None:
    for record in records:
        try:
            content.rules.match(parse.parse(record))
        except parse.Unparsable:
            continue


def _detect(records: list[Record], content: Content) -> None:
    strides, state = Strides(content.detectors.scoring), pipeline.Open.since(content)
    for start in range(0, len(records), _BATCH):
        done = pipeline.detect(records[start : start + _BATCH], content, strides)
        pipeline.correlate([*done.hits, *done.partials], state, content)
        pipeline.index(done.findings)
