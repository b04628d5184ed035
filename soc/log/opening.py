"""Which Log a process works on: Kafka where brokers are configured, else the SQLite file of the data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.log.sqlite import SqliteLog

if TYPE_CHECKING:
    from soc.config import Config
    from soc.log import Log


async def open_log(config: Config) -> Log:
    """Waits for a broker as long as it takes.

    Raises:
        ConfigurationError: a topic is missing; the message names it.
        Unavailable: the SQLite file cannot be opened; the message says why.
    """
    if config.embedded:
        return await SqliteLog.open(config.data_dir / "pipeline.db")
    from soc.log.kafka import KafkaLog  # noqa: PLC0415 (embedded sites need no Kafka client in memory)

    return await KafkaLog.open(config.kafka)
