"""What a source must know about a record before it is parsed for good: its topic, and for whole files its arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import parse
from soc.event import WindowsKind

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.record import Record

DEFAULT_TOPIC = "logs.host"
# Sigma categories that decide the topic where the configuration leaves it open; the rest is the host's.
_TOPICS = {
    "firewall": "logs.firewall",
    "dns": "logs.firewall",
    "proxy": "logs.app",
    "webserver": "logs.app",
    "database": "logs.data",
}


def topic_of(record: Record) -> str:
    """The topic that a record belongs to by what it turns out to be."""
    event = _event(record)
    return _topic(event.format.kind(event.native)) if event else DEFAULT_TOPIC


def dated(record: Record) -> Record:
    """A record of a whole file: arrived when it happened, `arrived` only where it does not say; its topic filled in."""
    event = _event(record)
    topic = record.source.topic or (_topic(event.format.kind(event.native)) if event else DEFAULT_TOPIC)
    arrived = _time(event) if event else None
    return record._replace(
        arrived=record.arrived if arrived is None else arrived, source=record.source._replace(topic=topic)
    )


def format_of(record: Record) -> str:
    """The name of the format that recognises a record; empty if none does."""
    event = _event(record)
    return event.format.name if event else ""


def _event(record: Record) -> Event | None:
    """None also where a parser fails: `detect` meets the same record and makes a dead letter of it."""
    try:
        return parse.parse(record)
    except Exception:  # noqa: BLE001 (see above)
        return None


def _time(event: Event) -> int | None:
    try:
        return event.format.time(event)
    except Exception:  # noqa: BLE001 (as above)
        return None


def _topic(kind: Kind) -> str:
    if isinstance(kind, WindowsKind):
        return DEFAULT_TOPIC
    for source in kind:
        if topic := _TOPICS.get(source.category):
            return topic
    return DEFAULT_TOPIC
