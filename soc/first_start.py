"""What the very first start does before any process runs: folders, the first administrator, the samples."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from soc import anomaly, content
from soc.clock import SystemClock
from soc.errors import SocError
from soc.loading import load
from soc.replaying import Storing, closed_windows, replay
from soc.sources.whole import whole_file
from soc.stores.opening import store_of
from soc.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from soc.config import Config
    from soc.record import Record
    from soc.replaying import Reconciliation

_BATCH = 500
_FOLDERS = ("rules", "detectors", "inventory", "lists", "models")
_NOT_LOGS = {".md", ".py", ""}
SAMPLE_DETECTOR, SAMPLE_TRAINING = "host-window", "host-usual.log.gz"


def prepare(config: Config) -> None:
    """Idempotent: what was done by an earlier start is left as it is."""
    for folder in (config.data_dir / "inbox", config.data_dir / "run", *(config.site / name for name in _FOLDERS)):
        folder.mkdir(parents=True, exist_ok=True)
    _administrator(config)
    done = config.data_dir / "run" / "samples.done"
    if config.samples and config.embedded and not config.elasticsearch.url and not done.exists():
        _samples(config)
        done.touch()


def _administrator(config: Config) -> None:
    workspace = Workspace(config.data_dir, SystemClock())
    try:
        password = workspace.users.ensure_administrator()
        if password:
            workspace.audit.append("first-start", "user.add", "admin", {"role": "administrator"})
            click.echo(
                f"first start: log in as admin with the password {password}  (shown once; `soc user password admin`)"
            )
    finally:
        workspace.close()


def _samples(config: Config) -> None:
    files = sample_files()
    if not files:
        return
    click.echo("first start: reading the samples, so that there is something to see (`soc samples purge` removes them)")
    _train(config, files)
    told = asyncio.run(_replay(config, files))
    click.echo(f"first start: {told.records} sample records, {sum(map(len, told.alerts.values()))} alerts")


def sample_files() -> list[Path]:
    """The shipped sample logs."""
    folder = content.samples_dir()
    return sorted(file for file in folder.glob("*") if file.is_file() and file.suffix not in _NOT_LOGS)


def sample_records(config: Config, files: Sequence[Path]) -> Iterator[Record]:
    for file in files:
        yield from whole_file(file, timezone=config.timezone, sample=True)


def _train(config: Config, files: Sequence[Path]) -> None:
    """The detector learns from the samples, without the learning wait, unless the site has a model of its own."""
    folder = config.site / "models" / SAMPLE_DETECTOR
    found = anomaly.load([content.detectors_dir()], folder.parent)
    detector = next((each for each in found.all if each.id == SAMPLE_DETECTOR), None)
    if detector is None or (folder / "manifest.json").exists():
        return
    from soc.learn import train  # noqa: PLC0415 (scikit-learn takes two seconds that only the first start should pay)

    usual = [file for file in files if file.name == SAMPLE_TRAINING]
    closed, _ = closed_windows(detector, sample_records(config, usual))
    try:
        train(detector, closed, folder, sample=True)
    except SocError as error:
        click.echo(f"first start: no model from the samples: {error}", err=True)


async def _replay(config: Config, files: Sequence[Path]) -> Reconciliation:
    loaded, _ = load(config)
    now = SystemClock().now()
    store = await store_of(config)
    try:
        storing = Storing(store, now)
        told = await replay(_batches(config, files), loaded, storing.take, until=now, together=True)
        await storing.close()
    finally:
        await store.close()
    return told


async def _batches(config: Config, files: Sequence[Path]) -> AsyncIterator[Sequence[Record]]:
    batch: list[Record] = []
    for record in sample_records(config, files):
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
