"""`soc train`: learn a detector's model from a file of events."""

from __future__ import annotations

import time
from pathlib import Path

import click

from soc.cli._events import closed_windows, detector_named
from soc.cli._progress import Progress
from soc.learn import train


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
      soc train host-window --events host-events.ndjson.gz --model var/site/models/host-window
                                        puts it into force: the service takes it up by itself
    """
    started = time.monotonic()
    chosen = detector_named(detector)
    with Progress("events") as progress:
        closed = closed_windows(chosen, file, progress.show)
    manifest = train(chosen, closed, folder, seed=seed, progress=lambda text: click.echo(text, err=True))
    click.echo(
        f"{manifest.id}: {manifest.events} events, {manifest.windows} windows, {manifest.entities} entities, "
        f"{manifest.first} to {manifest.last}, {time.monotonic() - started:.1f} s",
        err=True,
    )
