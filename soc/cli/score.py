"""`soc score`: every window of a file of events, scored by a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from soc import anomaly, instant
from soc.anomaly.model import ModelRefused, load as load_model
from soc.cli._events import closed_windows, detector_named
from soc.errors import ConfigurationError

if TYPE_CHECKING:
    from soc.anomaly import Unit


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
    """Score every window of a file of events with a trained model: NDJSON, one line per window.

    \b
    Example:
      soc score host-window --model /tmp/model --events today.ndjson
    """
    chosen = detector_named(detector)
    try:
        model = load_model(folder)
    except ModelRefused as refused:
        raise ConfigurationError(str(refused)) from None
    detectors = anomaly.Detectors((chosen,), {chosen.name: model})
    out = sys.stdout.buffer
    for unit in anomaly.score(closed_windows(chosen, file, lambda _: None), detectors):
        out.write(orjson.dumps(_line(chosen.id, unit)) + b"\n")


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
