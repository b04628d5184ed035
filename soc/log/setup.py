"""`soc setup` on Kafka: topics and first offsets, idempotently; what exists is checked and never changed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soc import instant, logs
from soc.errors import ConfigurationError
from soc.log import DEAD_LETTERS, FINDINGS, HITS, PANES, RAW_TOPICS
from soc.log.first_offsets import LOST_CHOICES, first_offsets
from soc.log.kafka_client import (
    ConfigResource,
    ConfigResourceType,
    KafkaError,
    NewTopic,
    for_code,
    open_admin,
    said_no,
    stopped,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from soc.config import Kafka

log = logs.get(__name__)
GROUPS: dict[str, tuple[str, ...]] = {"soc-detect": RAW_TOPICS, "soc-correlate": (HITS,), "soc-index": (FINDINGS,)}
__all__ = ["GROUPS", "LOST_CHOICES", "check", "setup"]
_LEADER_SECONDS = 30.0
_LARGEST_MESSAGE = str(8 << 20)
"""A record of 1 MB becomes several when it is escaped in JSON."""
_JUDGED = ("message.timestamp.type", "cleanup.policy", "retention.ms")
_ALREADY_EXISTS = 36
_WEEK, _MILLISECOND = 7 * instant.DAY, 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic is created with; of that, `fixed` must hold for one that exists."""

    settings: Mapping[str, str]
    fixed: tuple[str, ...] = ()
    partitions_fixed: bool = False


def topics_of(horizon: int) -> dict[str, Topic]:
    """All topics; `horizon` is how long the largest window needs hits to be kept."""
    days = str(max(14 * instant.DAY, horizon + _WEEK) // _MILLISECOND)
    ours = {"max.message.bytes": _LARGEST_MESSAGE, "message.timestamp.type": "CreateTime", "retention.ms": days}
    raw = Topic({"message.timestamp.type": "LogAppendTime"}, ("message.timestamp.type",))
    return {
        **dict.fromkeys(RAW_TOPICS, raw),
        HITS: Topic({**ours, "cleanup.policy": "delete"}, ("message.timestamp.type", "cleanup.policy"), True),
        FINDINGS: Topic(ours),
        PANES: Topic({**ours, "cleanup.policy": "compact", "retention.ms": "-1"}, ("cleanup.policy",), True),
        DEAD_LETTERS: Topic({**ours, "retention.ms": str(90 * instant.DAY // _MILLISECOND)}),
    }


async def setup(
    kafka: Kafka, *, horizon: int = 0, lost: str = "", groups: Mapping[str, Sequence[str]] = GROUPS
) -> list[str]:
    """Create what is missing, check what is there, commit first offsets; what was done, one line each.

    `lost` decides for positions that are gone: `beginning` reads again all that is kept (repeats change nothing),
    `end` skips to what comes next; empty refuses to decide.

    Raises:
        ConfigurationError: something that exists is wrong; every fault with its fix.
        Unavailable: no broker answers. Forbidden: a privilege is missing.
    """
    try:
        async with _admin(kafka) as admin:
            created = await _create(admin, kafka, topics_of(horizon))
            faults = await _check(admin, kafka, topics_of(horizon), horizon)
            counts = await _partitions(admin)
        done = [f"topic {name}: created with {kafka.partitions} partitions" for name in created]
        for group, topics in groups.items():
            mine = {topic: counts[topic] for topic in topics}
            told, found = await first_offsets(kafka, group, mine, created=created, lost=lost)
            done += told
            faults += found
    except KafkaError as error:
        raise said_no(error, "the set-up") from error
    for line in done:
        log.info("set up", act=line)
    if faults:
        raise ConfigurationError("\n".join(faults))
    return done


async def check(kafka: Kafka, *, horizon: int = 0) -> list[str]:
    """Every fault of the topics, with its fix; nothing is changed. Raises Unavailable and Forbidden."""
    try:
        async with _admin(kafka) as admin:
            return await _check(admin, kafka, topics_of(horizon), horizon)
    except KafkaError as error:
        raise said_no(error, "the topics' settings") from error


@asynccontextmanager
async def _admin(kafka: Kafka) -> AsyncIterator[Any]:
    admin = await open_admin(kafka)
    try:
        yield admin
    finally:
        await stopped(admin)


async def _create(admin: Any, kafka: Kafka, wanted: Mapping[str, Topic]) -> list[str]:
    there = set(await admin.list_topics())
    missing = [name for name in wanted if name not in there]
    if not missing:
        return []
    safe = {"min.insync.replicas": "2"} if kafka.replication > 2 else {}
    fresh = [
        NewTopic(name, kafka.partitions, kafka.replication, topic_configs={**wanted[name].settings, **safe})
        for name in missing
    ]
    answer = (await admin.create_topics(fresh)).to_object()
    for topic in answer["topic_errors"]:
        if topic["error_code"] not in {0, _ALREADY_EXISTS}:  # somebody else sets up at this moment
            message = topic.get("error_message") or ""
            raise for_code(topic["error_code"])(f"topic {topic['topic']}: {message}")
    await led(admin, missing)
    return missing


async def led(admin: Any, names: Collection[str]) -> None:
    """Until every broker's metadata may be believed: all of the topics are there, each partition with a leader."""
    async with asyncio.timeout(_LEADER_SECONDS):
        while True:
            # All topics: naming one that a broker does not know yet would create it in another way.
            found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()}
            leaders = [partition["leader"] for name in names for partition in found.get(name, [{"leader": -1}])]
            if all(leader >= 0 for leader in leaders):
                return
            await asyncio.sleep(0.1)


async def _partitions(admin: Any) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _check(admin: Any, kafka: Kafka, wanted: Mapping[str, Topic], horizon: int) -> list[str]:
    there = await _partitions(admin)
    faults = [f"topic {name}: missing; run `soc setup`" for name in wanted if name not in there]
    settings = await _settings(admin, [name for name in wanted if name in there])
    for name, actual in settings.items():
        faults += _wrong(kafka, name, wanted[name], actual)
        if wanted[name].partitions_fixed and there[name] != kafka.partitions:
            faults.append(
                f"topic {name}: has {there[name]} partitions, configured are {kafka.partitions}, and keys would meet in "
                f"others than before; set kafka.partitions to {there[name]}, or stop the service, delete the topic and "
                "run `soc setup`"
            )
    kept = int(settings.get(HITS, {}).get("retention.ms", -1))
    needed = (horizon + _WEEK) // _MILLISECOND
    if 0 <= kept < needed:
        faults.append(_fault(kafka, HITS, "retention.ms", str(kept), f"at least {needed}", str(needed)))
    return faults


def _wrong(kafka: Kafka, name: str, wanted: Topic, actual: Mapping[str, str]) -> list[str]:
    return [
        _fault(kafka, name, setting, actual.get(setting, ""), wanted.settings[setting], wanted.settings[setting])
        for setting in wanted.fixed
        if actual.get(setting) != wanted.settings[setting]
    ]


def _fault(kafka: Kafka, topic: str, setting: str, actual: str, needed: str, value: str) -> str:
    return (
        f"topic {topic}: {setting} is {actual}, must be {needed}; kafka-configs.sh --bootstrap-server {kafka.brokers} "
        f"--alter --entity-type topics --entity-name {topic} --add-config {setting}={value}"
    )


async def _settings(admin: Any, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings of topics that we have an opinion on."""
    asked = dict.fromkeys(_JUDGED)
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name, asked) for name in names])
    found: dict[str, dict[str, str]] = {}
    for code, message, _kind, name, entries in (resource for answer in answers for resource in answer.resources):
        if code:
            raise for_code(code)(f"settings of topic {name}: {message}")
        found[name] = {entry[0]: entry[1] for entry in entries}
    return found
