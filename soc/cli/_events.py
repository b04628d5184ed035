"""A file of ECS events as the windows of one detector, by the same functions that run live: for train and score."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from soc import anomaly, content, parse
from soc.anomaly import Strides
from soc.config import load_config
from soc.correlate import Windows
from soc.errors import ConfigurationError
from soc.hit import END, Tick
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from pathlib import Path
    from collections.abc import Callable, Iterator

    from soc.anomaly import Detector
    from soc.correlate import Closed

_FLUSH = 4096


def detector_named(name: str) -> Detector:
    """A detector by its id, shipped or the site's; ConfigurationError with the known ones."""
    config = load_config()
    detectors = anomaly.load([content.detectors_dir(), config.site / "detectors"], config.site / "models")
    for detector in detectors.all:
        if detector.id == name:
            return detector
    known = ", ".join(detector.id for detector in detectors.all) or "none"
    raise ConfigurationError(f"unknown detector {name!r}; known: {known}")


def closed_windows(detector: Detector, file: Path, progress: Callable[[int], None]) -> list[Closed]:
    """All windows of a detector over a file, closed at its end."""
    strides, windows = Strides([detector]), Windows()
    partition, unread = f"file:{file.name}", 0
    source = LogSource(topic=detector.source.topics[0], whole=True)
    for number, line in enumerate(lines(file)):
        stride = number // _FLUSH
        if number and not number % _FLUSH:
            windows.take(strides.partials())
            progress(number)
        try:
            strides.add(parse.parse(Record(line, partition, number, 0, source, stride=stride)))
        except parse.Unparsable:
            unread += 1
    windows.take([*strides.partials(), Tick({}, {partition: END}, 0, complete=True)])
    if unread:
        progress(-unread)
    return windows.advance()


def lines(file: Path) -> Iterator[bytes]:
    """The lines of a plain or gzip file, without line ends and without empty ones."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as opened:
            for line in opened:
                if stripped := line.rstrip(b"\r\n"):
                    yield stripped
    except (OSError, EOFError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None
