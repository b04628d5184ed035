"""The role `receive`: syslog into the spool, and from there, where there is a Kafka, on to the raw topics."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from soc import instant, logs
from soc.errors import Unavailable
from soc.log import DEAD_LETTERS, RAW_TOPICS, Message
from soc.log.database import patiently
from soc.log.dead_letters import refused
from soc.sources import spool as spooled
from soc.sources.intake import Intake
from soc.sources.spool import READER, TOPIC, open_spool
from soc.sources.syslog import Listener
from soc.sources.tls import watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from typing import Any

    from soc.clock import Clock
    from soc.config import Config
    from soc.log import Delivered, Log
    from soc.log.sqlite import SqliteLog
    from soc.metrics import Metrics

log = logs.get(__name__)
_BATCH = 500
_WAIT = 0.3
_TRIM_SECONDS = 30.0
_DRAIN_SECONDS = 8.0
LARGEST = 1_000_000
"""What a broker takes with its default settings, whatever compression makes of it."""


async def run(
    config: Config, metrics: Metrics, clock: Clock, stopping: asyncio.Event, started: Callable[[], Awaitable[None]]
) -> None:
    """Until stopped; what was taken by then is in the spool.

    Raises:
        ConfigurationError: an address or a certificate cannot be had. Unavailable: the spool cannot be opened.
    """
    spool = await open_spool(config, clock)
    intake = Intake(spool)
    listeners: Sequence[Listener] = ()
    writing = asyncio.create_task(intake.run(), name="spool")
    try:
        listeners = [Listener(each, config.timezone, intake, metrics, clock) for each in config.sources.syslog]
        for listener in listeners:
            await listener.open()
        await started()
        loops: dict[str, Coroutine[Any, Any, None]] = {"trim": _trim(config, spool, clock, stopping)}
        if certificates := [each.certificate for each in listeners if each.certificate]:
            loops["certificates"] = watch(certificates, stopping)
        if not config.embedded:
            loops["forward"] = _forward_to_kafka(config, spool, clock, stopping)
        await _until_stopped(stopping, writing, loops)
    finally:
        await _drain(listeners, intake, writing)
        await spool.close()


async def forward(spool: SqliteLog, to: Log, clock: Clock, stopping: asyncio.Event) -> None:
    """Everything that is spooled goes on to its topic; the position moves once it is acknowledged there.

    What a crash comes between is sent again. The sender's address stays in the spool: a topic holds the record only.
    """
    reader = await spool.reader(READER, [TOPIC])
    try:
        while not stopping.is_set():
            batch = await reader.read(_BATCH, _WAIT)
            if not batch.messages:
                continue
            for topic, messages in (await asyncio.to_thread(_sorted, batch.messages, clock.now())).items():
                await patiently(partial(to.append, topic, messages), f"sending to {topic}")
            await reader.commit(batch.epoch, {each.position: each.offset + 1 for each in batch.messages})
    finally:
        await reader.close()


def _sorted(messages: Sequence[Delivered], now: int) -> dict[str, list[Message]]:
    """The original bytes by topic; what no broker would take is a dead letter at once."""
    found: dict[str, list[Message]] = {}
    for record in spooled.records(messages):
        if len(record.raw) > LARGEST:
            detail = f"{len(record.raw)} bytes; brokers take {LARGEST}"
            found.setdefault(DEAD_LETTERS, []).append(Message(refused(record, "receive", "too_large", detail, now)))
        else:
            found.setdefault(record.source.topic, []).append(Message(record.raw, None, record.arrived))
    return found


async def _forward_to_kafka(config: Config, spool: SqliteLog, clock: Clock, stopping: asyncio.Event) -> None:
    from soc.log.kafka import KafkaLog  # noqa: PLC0415 (embedded sites need no Kafka client in memory)

    to = await KafkaLog.open(config.kafka, (*RAW_TOPICS, DEAD_LETTERS))
    try:
        await forward(spool, to, clock, stopping)
    finally:
        await to.close()


async def _trim(config: Config, spool: SqliteLog, clock: Clock, stopping: asyncio.Event) -> None:
    """Delete what is done and older than the retention, a little at a time: appends use the same thread."""
    keep = config.retention.spool_hours * instant.HOUR
    while not stopping.is_set():
        try:
            while await spooled.trim(spool, clock.now() - keep) and not stopping.is_set():
                await asyncio.sleep(0)
        except Unavailable as error:
            log.warning("the spool keeps what is old until it can be written", error=str(error))
        try:
            await asyncio.wait_for(stopping.wait(), _TRIM_SECONDS)
        except TimeoutError:
            continue


async def _until_stopped(
    stopping: asyncio.Event, writing: asyncio.Task[None], loops: dict[str, Coroutine[Any, Any, None]]
) -> None:
    """If one of the loops dies, all end and its error is raised."""
    tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
    waiter = asyncio.create_task(stopping.wait(), name="stopping")
    try:
        await asyncio.wait({*tasks, writing, waiter}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)
    finally:
        for task in (*tasks, waiter):
            task.cancel()
        await asyncio.gather(*tasks, waiter, return_exceptions=True)
    for task in (*tasks, writing):
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error


async def _drain(listeners: Sequence[Listener], intake: Intake, writing: asyncio.Task[None]) -> None:
    """Everything that was taken becomes durable, unless the disk refuses it for too long."""
    closing = [asyncio.create_task(listener.close()) for listener in listeners]
    if closing:
        await asyncio.wait(closing, timeout=_DRAIN_SECONDS / 2)
    intake.close()
    await asyncio.wait({writing}, timeout=_DRAIN_SECONDS / 2)
    for task in (*closing, writing):
        task.cancel()
    await asyncio.gather(*closing, writing, return_exceptions=True)
