"""`soc samples`: the shipped sample data, and how to be rid of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
import msgspec

from soc import logs
from soc.anomaly.model import Manifest
from soc.cli import _alerts
from soc.cli._trail import note
from soc.config import load_config
from soc.errors import SocError
from soc.stores import Query

if TYPE_CHECKING:
    from pathlib import Path

    from soc.config import Config
    from soc.stores import AlertStore

_SAMPLES = {"soc.sample": ("true",)}


@click.group("samples")
def command() -> None:
    """The samples that the very first start replays, so that there is something to see.

    \b
    Examples:
      soc samples purge           says what would go, and asks
      soc samples purge --yes
    """
    logs.setup("samples", level="warning")


@command.command("purge")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(yes: bool) -> None:
    """Remove every finding and alert of the samples, and the models that were trained from them.

    A detector without a model is silent until `soc train` gives it one from the site's own logs. Nothing else is
    touched, and the samples do not come back.
    """
    config = load_config()
    models = sample_models(config.site / "models")
    findings, alerts = asyncio.run(_counted(config))
    told = f"{findings} findings, {alerts} alerts, {len(models)} models ({', '.join(m.name for m in models) or '-'})"
    if not findings and not alerts and not models:
        click.echo("there is no sample data")
        return
    if not yes:
        click.confirm(f"Remove {told}?", abort=True)
    note(
        config, "samples.purge", "samples", {"findings": findings, "alerts": alerts, "models": [m.name for m in models]}
    )
    for folder in models:
        remove_model(folder)
    removed = asyncio.run(_purge(config))
    click.echo(f"removed {removed} findings and alerts, and {len(models)} models")


def sample_models(folder: Path) -> list[Path]:
    """The folders of models that say they were trained from samples."""
    return [file.parent for file in sorted(folder.glob("*/manifest.json")) if _is_sample(file)]


def _is_sample(manifest: Path) -> bool:
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=Manifest).sample
    except (OSError, msgspec.DecodeError):
        return False  # what cannot be read proves nothing, and may be the site's own


def remove_model(folder: Path) -> None:
    """Remove a model; its manifest first, so that no process takes the half of it."""
    try:
        for name in ("manifest.json", "model.npz"):
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise SocError(f"{folder}: cannot be removed: {error.strerror}; run this as the service's user") from error


async def _counted(config: Config) -> tuple[int, int]:
    async with _alerts.opened_store(config) as store:
        return await _total(store, "finding"), await _total(store, "alert")


async def _total(store: AlertStore, collection: str) -> int:
    query = Query(collection=collection, filters=_SAMPLES, suppressed=True, limit=1)  # type: ignore[arg-type]
    return (await store.search(query)).total


async def _purge(config: Config) -> int:
    async with _alerts.opened_store(config) as store:
        return await store.expire(0, samples=True)
