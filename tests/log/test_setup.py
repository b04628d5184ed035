"""`soc setup` makes what is missing, changes nothing that is there, and says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from soc import instant
from soc.config import Kafka
from soc.errors import ConfigurationError, Unavailable
from soc.log import DEAD_LETTERS, FINDINGS, HITS, PANES, RAW_TOPICS
from soc.log.kafka_client import NewTopic, TopicPartition, open_admin, stopped
from soc.log.setup import GROUPS, check, setup, topics_of
from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.services
TOPICS = (*RAW_TOPICS, HITS, FINDINGS, PANES, DEAD_LETTERS)


@pytest.fixture
def kafka() -> Iterator[Kafka]:
    """The settings for an empty Kafka."""
    server = services.Kafka()
    with services.running(server):
        yield Kafka(brokers=server.address, partitions=2, session_timeout_ms=6000)


async def made(kafka: Kafka, *topics: NewTopic) -> None:
    admin = await open_admin(kafka)
    await admin.create_topics(list(topics))
    await stopped(admin)


async def test_an_empty_kafka_is_set_up_once(kafka: Kafka) -> None:
    done = await setup(kafka)
    begun = [
        f"group {group}: begins {topic}:{number} at 0"
        for group, topics in GROUPS.items()
        for topic in topics
        for number in range(2)
    ]
    assert done == [*(f"topic {name}: created with 2 partitions" for name in TOPICS), *begun]
    assert await setup(kafka) == []
    assert await check(kafka) == []
    admin = await open_admin(kafka)
    offsets = await admin.list_consumer_group_offsets("soc-correlate")
    await stopped(admin)
    assert {at: told.offset for at, told in offsets.items()} == {TopicPartition(HITS, n): 0 for n in range(2)}


async def test_what_exists_is_checked_and_left_alone(kafka: Kafka) -> None:
    await made(
        kafka,
        NewTopic("logs.host", 3, 1),
        NewTopic(HITS, 5, 1, topic_configs={"retention.ms": "3600000"}),
        NewTopic(PANES, 2, 1),
    )
    with pytest.raises(ConfigurationError) as refused:
        await setup(kafka, horizon=instant.HOUR)
    alter = f"kafka-configs.sh --bootstrap-server {kafka.brokers} --alter --entity-type topics --entity-name"
    assert str(refused.value).splitlines() == [
        (
            f"topic logs.host: message.timestamp.type is CreateTime, must be LogAppendTime; {alter} logs.host "
            "--add-config message.timestamp.type=LogAppendTime"
        ),
        (
            "topic soc.hits: has 5 partitions, configured are 2, and keys would meet in others than before; set "
            "kafka.partitions to 5, or stop the service, delete the topic and run `soc setup`"
        ),
        (
            f"topic soc.panes: cleanup.policy is delete, must be compact; {alter} soc.panes --add-config "
            "cleanup.policy=compact"
        ),
        (
            f"topic soc.hits: retention.ms is 3600000, must be at least 608400000; {alter} soc.hits --add-config "
            "retention.ms=608400000"
        ),
    ]


async def test_a_check_changes_nothing(kafka: Kafka) -> None:
    assert await check(kafka) == [f"topic {name}: missing; run `soc setup`" for name in TOPICS]
    admin = await open_admin(kafka)
    assert await admin.list_topics() == []
    await stopped(admin)


async def test_no_broker_is_said_at_once() -> None:
    with pytest.raises(Unavailable, match="can be reached"):
        await setup(Kafka(brokers=f"127.0.0.1:{services.free_port()}"))


def test_hits_are_kept_a_week_longer_than_the_largest_window() -> None:
    month = 30 * instant.DAY
    assert topics_of(month)[HITS].settings["retention.ms"] == str(37 * 86_400_000)
