"""Events of text lines, for the tests of text formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc import instant, parse
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from soc.event import Event

ARRIVED = instant.parse_iso("2026-03-01T05:00:00Z") or 0


def event_of(line: str, format_: str = "", timezone: str = "Asia/Ho_Chi_Minh", arrived: int = ARRIVED) -> Event:
    source = LogSource("logs.host", format=format_, timezone=timezone)
    return parse.parse(Record(line.encode("utf-8", "surrogatepass"), "file:texts", 0, arrived, source))


def ecs_of(line: str, *names: str, timezone: str = "Asia/Ho_Chi_Minh") -> dict[str, object]:
    """Only these fields of the ECS document, those that it has."""
    document = parse.ecs(event_of(line, timezone=timezone))
    return {name: document[name] for name in names if name in document}
