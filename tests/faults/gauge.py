"""Where groups stand, asked again and again over one connection; a broker that is away is no answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from soc.errors import SocError
from soc.log.kafka_client import KafkaError, OffsetAndMetadata, TopicPartition, open_admin, open_consumer, stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from soc.config import Kafka

Told = dict[tuple[str, int], tuple[int, str, int]]
"""Topic and partition -> committed offset, its metadata, the end."""


class Gauge:
    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._clients: tuple[Any, Any] | None = None

    async def read(self, group: str, topics: Sequence[str]) -> Told:
        """Empty while it cannot be told, or not for every partition that has a commit."""
        try:
            async with asyncio.timeout(10):
                return await self._read(group, topics)
        except (SocError, KafkaError, OSError, TimeoutError):
            await self.close()
            return {}

    async def _read(self, group: str, topics: Sequence[str]) -> Told:
        if self._clients is None:
            admin = await open_admin(self._kafka)
            self._clients = admin, await open_consumer(self._kafka, None, patient=False)
        admin, consumer = self._clients
        offsets = await admin.list_consumer_group_offsets(group)
        mine = {at: each for at, each in offsets.items() if at.topic in topics and each.offset >= 0}
        if not mine:
            return {}
        ends = await consumer.end_offsets([TopicPartition(*at) for at in mine])
        return {(at.topic, at.partition): (told.offset, told.metadata or "", ends[at]) for at, told in mine.items()}

    async def rewrite(self, group: str, change: Callable[[str], str]) -> None:
        """Commit a group's positions again with other metadata; it has no members at the moment."""
        admin = await open_admin(self._kafka)
        consumer = await open_consumer(self._kafka, group, patient=False)
        try:
            offsets = {
                at: each for at, each in (await admin.list_consumer_group_offsets(group)).items() if each.offset >= 0
            }
            consumer.assign([TopicPartition(*at) for at in offsets])
            await consumer.commit(
                {
                    TopicPartition(*at): OffsetAndMetadata(each.offset, change(each.metadata or ""))
                    for at, each in offsets.items()
                }
            )
        finally:
            await stopped(consumer)
            await stopped(admin)

    async def close(self) -> None:
        clients, self._clients = self._clients, None
        for client in clients or ():
            with suppress(Exception):
                await stopped(client)
