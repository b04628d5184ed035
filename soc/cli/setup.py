"""`soc setup`: topics, first offsets, indices and templates, idempotently."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from soc import logs
from soc.config import load_config
from soc.errors import ConfigurationError
from soc.loading import InForce
from soc.log import setup as kafka
from soc.stores.opening import store_of

if TYPE_CHECKING:
    from soc.config import Config


@click.command("setup")
@click.option(
    "--lost",
    type=click.Choice(kafka.LOST_CHOICES),
    help="Where to go on in partitions whose position is gone: read again all that is kept, or skip to the end.",
)
def command(lost: str | None) -> None:
    """Create what Kafka and Elasticsearch need, and check what exists; nothing that exists is changed.

    \b
    Examples:
      SOC_KAFKA_BROKERS=kafka:9092 SOC_ELASTICSEARCH_URL=https://es:9200 soc setup
      soc setup --lost beginning       after positions were lost: repeats change nothing
    """
    logs.setup("setup", level="warning")
    config = load_config()
    done = asyncio.run(_setup(config, lost or ""))
    click.echo("\n".join(done) if done else "everything is set up already")


async def _setup(config: Config, lost: str) -> list[str]:
    done: list[str] = []
    if config.embedded and not config.elasticsearch.url:
        raise ConfigurationError(
            "nothing to set up: embedded mode makes its files itself; set SOC_KAFKA_BROKERS, SOC_ELASTICSEARCH_URL"
        )
    if not config.embedded:
        horizon = InForce(config).current.horizon
        done += await kafka.setup(config.kafka, horizon=horizon, lost=lost)
    if config.elasticsearch.url:
        done += await _setup_store(config)
    return done


async def _setup_store(config: Config) -> list[str]:
    store = await store_of(config)
    try:
        await store.setup()
    finally:
        await store.close()
    return [f"indices and templates on {config.elasticsearch.url}"]
