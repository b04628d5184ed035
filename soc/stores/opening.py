"""Which alert store a configuration asks for: Elasticsearch if it names one, else SQLite in the data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from soc.stores import AlertStore

if TYPE_CHECKING:
    from soc.config import Config


class OpenStore(AlertStore, Protocol):
    """An alert store whose owner sets it up and lets it go."""

    async def setup(self) -> None:
        """Make what the store needs and does not have yet; nothing that exists is changed."""

    async def close(self) -> None:
        """Let go of connections and threads."""


async def store_of(config: Config, *, writer: bool = False) -> OpenStore:
    """The configured store; with `writer` under the credential that may create documents and nothing else.

    Raises:
        errors.Unavailable: the SQLite file cannot be opened. Elasticsearch is not asked yet.
    """
    if config.elasticsearch.url:
        from soc.stores.elastic import ElasticStore  # noqa: PLC0415 (a large client that embedded mode has no use for)

        return ElasticStore.open(config.elasticsearch, writer=writer)
    from soc.stores.sqlite import SqliteStore  # noqa: PLC0415 (likewise)

    return await SqliteStore.open(config.data_dir / "alerts.db")
