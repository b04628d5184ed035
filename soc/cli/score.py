"""`soc score`: every window of a file of events, or every event of it, scored by a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from soc import anomaly, instant
from soc.anomaly.loading import load_for
from soc.anomaly.model import ModelRefused
from soc.cli._events import closed_windows, detector_named, events
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soc.anomaly import Detector, EventUnit, Unit
    from soc.anomaly.model import Model
    from soc.cli._events import Told

_BATCH = 1024


@click.command("score")
@click.argument("detector")
@click.option(
    "--model",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of a trained model.",
)
@click.option(
    "--events",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="ECS events in time order, one JSON document a line; .gz too.",
)
def command(detector: str, folder: Path, file: Path) -> None:
    """Score a file of events with a trained model: NDJSON, one line per window, or per event where DETECTOR judges those.

    \b
    Examples:
      soc score host-window --model /tmp/model --events today.ndjson
      soc score web-request --model /tmp/model --events access.ndjson
    """
    chosen = detector_named(detector)
    try:
        model = load_for(chosen, folder)
    except ModelRefused as refused:
        raise ConfigurationError(str(refused)) from None
    out = sys.stdout.buffer
    for line in (_windows if chosen.unit == "window" else _events)(chosen, model, file):
        out.write(orjson.dumps(line) + b"\n")


def _windows(detector: Detector, model: Model, file: Path) -> Iterator[dict[str, Any]]:
    detectors = anomaly.Detectors((detector,), {detector.name: model})
    units = anomaly.score(closed_windows(detector, file, _silent), detectors)
    return (_line(detector.id, unit) for unit in units)


def _events(detector: Detector, model: Model, file: Path) -> Iterator[dict[str, Any]]:
    for batch in _batches(events(detector, file, _silent)):
        units = anomaly.score_events([event.document for event in batch], detector, model)
        for event, unit in zip(batch, units, strict=True):
            yield _event_line(detector, event, unit)


def _batches(told: Iterable[Told]) -> Iterator[list[Told]]:
    batch: list[Told] = []
    for event in told:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _silent(_: int) -> None:
    """A file that is piped on needs no progress."""


def _event_line(detector: Detector, event: Told, unit: EventUnit) -> dict[str, Any]:
    return {
        "detector": detector.id,
        "entity": {detector.entity: unit.entity} if unit.entity else {},
        "event": event.line,
        "@timestamp": instant.iso(event.time),
        "score": unit.score,
        "p": unit.p,
        "alert": unit.alert,
        "features": unit.why,
    }


def _line(detector: str, unit: Unit) -> dict[str, Any]:
    return {
        "detector": detector,
        "entity": dict(unit.entity),
        "start": instant.iso(unit.start),
        "end": instant.iso(unit.end),
        "score": unit.score,
        "p": unit.p,
        "alert": unit.alert,
        "features": unit.why,
    }
