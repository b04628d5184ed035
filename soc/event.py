"""An Event is a record understood: its format, what was decoded, and what it was wrapped in."""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Format
    from soc.parse.frame import Frame
    from soc.record import Record


class Logsource(NamedTuple):
    """What a Sigma `logsource` can ask for; empty means unstated."""

    product: str = ""
    category: str = ""
    service: str = ""

    def __str__(self) -> str:
        return (
            ", ".join(f"{name} {value}" for name, value in zip(self._fields, self, strict=True) if value)
            or "any source"
        )


class WindowsKind(NamedTuple):
    """Windows events are routed by channel and event id instead."""

    channel: str
    """In lower case."""
    event_id: int

    def __str__(self) -> str:
        return f"channel {self.channel}, event id {self.event_id}"


Kind = tuple[Logsource, ...] | WindowsKind
"""What decides which rules an event can meet at all; hashable, and few kinds per format."""


def shown(kind: Kind) -> str:
    """In words, for people who write rules."""
    return str(kind) if isinstance(kind, WindowsKind) else " / ".join(map(str, kind))


class Event(NamedTuple):
    """`native` is the decoded document with its types untouched (null, '' and absent stay different).

    Nobody changes it. ECS is a pure function of the event (`parse.ecs`), not a part of it.
    """

    record: "Record"
    format: "Format"
    native: "Mapping[str, Any]"
    frame: "Frame"

    @property
    def time(self) -> int:
        """When it happened by its own clock; when it arrived, if it does not say or says nonsense."""
        told = self.format.time(self)
        return self.record.arrived if told is None else told

    @property
    def timed(self) -> bool:
        """Whether the record itself carries a usable time."""
        return self.format.time(self) is not None
