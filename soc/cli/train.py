"""`soc train`: learn a detector's model from a file of events."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soc.cli._events import closed_windows, detector_named, events
from soc.cli._progress import Progress
from soc.learn import train, train_events

if TYPE_CHECKING:
    from soc.anomaly import Detector
    from soc.anomaly.model import Manifest
    from soc.cli._events import Told

_MOST = 200_000
"""Single events that a model is learnt from: of more, as many by chance."""


@click.command("train")
@click.argument("detector")
@click.option(
    "--events",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="ECS events in time order, one JSON document a line; .gz too.",
)
@click.option(
    "--model",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that the model is written to.",
)
@click.option(
    "--seed", default=1, show_default=True, help="Of the forest's random choices; the same seed gives the same model."
)
def command(detector: str, file: Path, folder: Path, seed: int) -> None:
    """Learn DETECTOR from a file of events.

    \b
    Examples:
      soc train host-window --events host-events.ndjson --model /tmp/model
      soc train web-request --events access.ndjson --model /tmp/model
      soc train host-window --events host-events.ndjson.gz --model var/site/models/host-window
                                        puts it into force: the service takes it up by itself
    """
    started = time.monotonic()
    chosen = detector_named(detector)
    manifest = (_windows if chosen.unit == "window" else _events)(chosen, file, folder, seed)
    click.echo(
        f"{manifest.id}: {manifest.events} events, {manifest.windows} {chosen.unit}s, {manifest.entities} entities, "
        f"{manifest.first} to {manifest.last}, {time.monotonic() - started:.1f} s",
        err=True,
    )


def _windows(detector: Detector, file: Path, folder: Path, seed: int) -> Manifest:
    with Progress("events") as progress:
        closed = closed_windows(detector, file, progress.show)
    return train(detector, closed, folder, seed=seed, progress=_say)


def _events(detector: Detector, file: Path, folder: Path, seed: int) -> Manifest:
    """Of a file with more events than a model is learnt from, each has the same chance."""
    chance = random.Random(seed)  # noqa: S311 (chooses rows, guards nothing)
    kept: list[Told] = []
    first, last = 1 << 62, 0
    with Progress("events") as progress:
        for number, event in enumerate(events(detector, file, progress.show)):
            first, last = min(first, event.time), max(last, event.time)
            if number < _MOST:
                kept.append(event)
            elif (place := chance.randrange(number + 1)) < _MOST:
                kept[place] = event
    documents = [event.document for event in kept]
    return train_events(detector, documents, (first, last), folder, seed=seed, progress=_say)


def _say(text: str) -> None:
    click.echo(text, err=True)
