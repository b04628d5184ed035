"""Kafka: reachable, topics and their settings, positions of our groups, what this user may read, the broker's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant, loading
from soc.cli._doctor import TOLERATED, Result, clock, in_thread
from soc.clock import SystemClock
from soc.errors import SocError
from soc.log import RAW_TOPICS
from soc.log.kafka_positions import newest, standing
from soc.log.setup import GROUPS, check, topics_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.config import Config, Kafka


async def kafka(config: Config) -> list[Result]:
    """What cannot be reached is not asked further."""
    loaded, _ = await in_thread(loading.load, config)
    horizon = loaded.horizon
    faults = await check(config.kafka, horizon=horizon)
    results = [Result("ok", "Kafka", f"{config.kafka.brokers} answers")]
    results += [Result("FAIL", "Kafka topics", *_split(fault)) for fault in faults]
    if not faults:
        results.append(
            Result("ok", "Kafka topics", f"{len(topics_of(horizon))} are there, with the settings they need")
        )
    for group, topics in GROUPS.items():
        results.append(await _group(config.kafka, group, topics))
    return [*results, await _clock(config.kafka)]


def _split(fault: str) -> tuple[str, str]:
    told, _, mend = fault.partition("; ")
    return told, mend


async def _group(kafka: Kafka, group: str, topics: Sequence[str]) -> Result:
    try:
        found = await standing(kafka, group, topics)
    except SocError as error:
        return Result("FAIL", f"group {group}", str(error))
    if found.lost:
        where, why = next(iter(sorted(found.lost.items())))
        told = f"{len(found.lost)} of {found.partitions} partitions without a position; {where.topic}:{where.partition}: {why}"
        mend = "`soc setup`; with the service stopped, `soc setup --lost beginning` or `--lost end` decides"
        return Result("FAIL", f"group {group}", told, mend)
    return Result("ok", f"group {group}", f"{found.partitions} partitions, {found.behind} messages behind")


async def _clock(kafka: Kafka) -> Result:
    """A broker tells its time with each record that it appends; the last one can be old, but not of tomorrow."""
    try:
        last = await newest(kafka, RAW_TOPICS)
    except SocError as error:
        return Result("FAIL", "Kafka clock", str(error))
    if last is None:
        return Result("ok", "Kafka clock", "unknown: the raw topics are empty")
    ahead = (last - SystemClock().now()) / instant.SECOND
    if ahead <= TOLERATED:
        return Result("ok", "Kafka clock", f"the last raw record was appended {max(0.0, -ahead):.0f} s ago")
    return clock("Kafka clock", ahead, "synchronise both clocks (NTP); windows close by the broker's")
