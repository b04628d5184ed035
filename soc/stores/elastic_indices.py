"""The monthly indices: their names, their template, and which of them exist. They are made here and nowhere by themselves."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from soc import instant
from soc.errors import ConfigurationError
from soc.stores import indexed
from soc.stores.elastic_client import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soc.clock import Clock
    from soc.stores import Collection, Document
    from soc.stores.elastic_client import Client

MOST_MONTHS = 120
"""Of each collection: records whose times are nonsense must not fill a cluster with indices."""
_COLLECTIONS: tuple[Collection, ...] = ("alert", "finding")
_PRIORITY = 500


class Indices:
    def __init__(self, client: Client, clock: Clock, prefix: str, replicas: int) -> None:
        self._client = client
        self._clock = clock
        self._prefix = prefix
        self._replicas = replicas
        self._known: dict[Collection, list[str]] = {}

    def pattern(self, collection: Collection) -> str:
        return f"{self._prefix}{collection}s-*"

    def name(self, collection: Collection, month: str) -> str:
        return f"{self._prefix}{collection}s-{month}"

    def of(self, collection: Collection, document: Document) -> str:
        """The index that holds a document."""
        return self.name(collection, indexed.MONTH_OF[collection](document))

    def month(self, name: str) -> str:
        return name.rpartition("-")[2]

    async def known(self, collection: Collection, *, fresh: bool = False) -> list[str]:
        """The indices of a collection, as they were when last asked for, or `fresh`."""
        if fresh or collection not in self._known:
            params = {"expand_wildcards": "open"}
            answer = await self._client.ask("GET", f"/{self.pattern(collection)}/_alias", params=params)
            self._known[collection] = sorted(answer)
        return self._known[collection]

    async def setup(self) -> None:
        """The template, and the indices of last month, this one and the next; those that exist get new fields.

        Raises:
            errors.ConfigurationError: an index has fields of another type than ours.
        """
        for collection in _COLLECTIONS:
            await self._client.ask(
                "PUT", f"/_index_template/{self._prefix}{collection}s", self._template(self.pattern(collection))
            )
            existing = await self.known(collection, fresh=True)
            for name in existing:
                await self._extend(name)
            await self._make(name for name in self._due(collection) if name not in existing)
            await self.known(collection, fresh=True)

    async def ensure_due(self) -> None:
        """`setup` if one of the indices that it makes is missing: a month began, or somebody deleted it."""
        for collection in _COLLECTIONS:
            existing = await self.known(collection, fresh=True)
            if not set(self._due(collection)) <= set(existing):
                return await self.setup()

    async def ensure(self, collection: Collection, names: Iterable[str]) -> dict[str, str]:
        """Make indices of other months; those that would be too many, with the reason."""
        existing = await self.known(collection, fresh=True)
        missing = sorted(set(names) - set(existing))
        room = max(0, MOST_MONTHS - len(existing))
        if missing[:room]:
            await self.setup()
            await self._make(missing[:room])
            await self.known(collection, fresh=True)
        return {name: f"{name}: there are {MOST_MONTHS} months already; is the time right?" for name in missing[room:]}

    def _due(self, collection: Collection) -> list[str]:
        return [self.name(collection, month) for month in around(self._clock.now())]

    async def _make(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                await self._client.ask("PUT", f"/{name}")
            except Refused as error:
                if error.kind != "resource_already_exists_exception":
                    raise ConfigurationError(f"{error}; the index cannot be made") from None

    async def _extend(self, name: str) -> None:
        properties = template()["mappings"]["properties"]
        try:
            await self._client.ask("PUT", f"/{name}/_mapping", {"properties": properties})
        except Refused as error:
            raise ConfigurationError(
                f"index {name} was not made by soc: {error.reason}; reindex what you need of it under another name, "
                "then delete it"
            ) from None

    def _template(self, pattern: str) -> dict[str, Any]:
        body = template()
        body["settings"]["number_of_replicas"] = self._replicas
        return {"index_patterns": [pattern], "priority": _PRIORITY, "allow_auto_create": False, "template": body}


def template() -> dict[str, Any]:
    """Settings and mappings of every index."""
    text = files("soc.stores").joinpath("elastic_template.json").read_bytes()
    body: dict[str, Any] = msgspec.json.decode(text)
    return body


def around(now: int) -> list[str]:
    """The months before, of and after an instant."""
    first = instant.to_datetime(now).replace(day=15)
    middle = instant.from_datetime(first)
    return [instant.month(middle + days * instant.DAY) for days in (-30, 0, 30)]
