"""A file of ECS events as what one detector judges, windows or single events: for train and score."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from soc import anomaly, content, parse, replaying
from soc.anomaly.events import wanted
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from soc.anomaly import Detector
    from soc.correlate import Closed

_STRIDE = 4096


def detector_named(name: str) -> Detector:
    """A detector by its id, shipped or the site's; ConfigurationError with the known ones."""
    config = load_config()
    detectors = anomaly.load([content.detectors_dir(), config.site / "detectors"], config.site / "models")
    for detector in detectors.all:
        if detector.id == name:
            return detector
    known = ", ".join(detector.id for detector in detectors.all) or "none"
    raise ConfigurationError(f"unknown detector {name!r}; known: {known}")


def closed_windows(detector: Detector, file: Path, progress: Callable[[int], object]) -> list[Closed]:
    """All windows of a detector over a file, closed at its end; says how many lines could not be read."""
    source = LogSource(topic=detector.source.topics[0], whole=True)
    records = (
        Record(line, f"file:{file.name}", number, 0, source, stride=number // _STRIDE)
        for number, line in enumerate(_lines(file))
    )
    closed, unread = replaying.closed_windows(detector, records, progress)
    if unread:
        click.echo(f"{unread} lines could not be read and were left out", err=True)
    return closed


class Told(NamedTuple):
    """One event of a file that a detector of single events judges."""

    line: int
    """Its line in the file, from 0."""
    time: int
    document: Mapping[str, Any]


def events(detector: Detector, file: Path, progress: Callable[[int], object]) -> Iterator[Told]:
    """The events of a file that a detector of single events judges; says at the end how many lines it could not read."""
    source = LogSource(topic=detector.source.topics[0], whole=True)
    unread = 0
    for number, line in enumerate(_lines(file, empty=True)):
        try:
            event = parse.parse(Record(line, f"file:{file.name}", number, 0, source))
        except parse.Unparsable:
            unread += bool(line)
            continue
        document = parse.ecs(event)
        if wanted(document, detector):
            yield Told(number, event.time, document)
        if not (number + 1) % _STRIDE:
            progress(number + 1)
    if unread:
        click.echo(f"{unread} lines could not be read and were left out", err=True)


def _lines(file: Path, *, empty: bool = False) -> Iterator[bytes]:
    """The lines of a plain or gzip file, without line ends, and without empty ones unless asked for."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as opened:
            for line in opened:
                stripped = line.rstrip(b"\r\n")
                if stripped or empty:
                    yield stripped
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None
