"""Topics and groups of a test's own on the Kafka that all tests share."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soc.config import Kafka
from soc.log.first_offsets import first_offsets
from soc.log.kafka_client import NewTopic, open_admin, stopped
from soc.log.setup import led

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTITIONS = 4


@dataclass
class KafkaWorld:
    """Names that nobody else uses."""

    brokers: str
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:10])

    def settings(self, slot: str = "a") -> Kafka:
        return Kafka(brokers=self.brokers, session_timeout_ms=6000, slot=f"{self.name}-{slot}", partitions=PARTITIONS)

    async def create(self, topic: str, settings: Mapping[str, str] | None = None, partitions: int = PARTITIONS) -> str:
        """A topic of that name in this world."""
        admin = await open_admin(self.settings())
        try:
            name = f"{self.name}.{topic}"
            answer = await admin.create_topics(
                [NewTopic(name, partitions, 1, topic_configs={"retention.ms": "-1", **(settings or {})})]
            )
            assert [error["error_code"] for error in answer.to_object()["topic_errors"]] == [0]
            await led(admin, [name])
            return name
        finally:
            await stopped(admin)

    async def begin(self, group: str, topics: Mapping[str, int]) -> str:
        """A group of that name in this world, with its first offsets committed."""
        name = f"{self.name}-{group}"
        _, faults = await first_offsets(self.settings(), name, topics, created=topics)
        assert faults == []
        return name
