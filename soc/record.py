"""A Record is what a source delivered: the original bytes, where they lay and when they arrived."""

from typing import Literal, NamedTuple

Layer = Literal["network", "host", "application", "data", "platform"]

# The technical group that a raw topic carries.
LAYERS: dict[str, Layer] = {
    "logs.firewall": "network",
    "logs.host": "host",
    "logs.app": "application",
    "logs.data": "data",
}


class LogSource(NamedTuple):
    """Where records come from, as the site's configuration names it."""

    topic: str
    """`logs.firewall`, `logs.host`, `logs.app` or `logs.data`, in both modes."""
    name: str = ""
    """The configured name of a file or syslog source; empty for a topic."""
    format: str = ""
    """A format's name when the configuration fixes it; empty to recognise it."""
    timezone: str = "UTC"
    """For time stamps without a zone: an IANA name or an offset."""
    sample: bool = False
    """Shipped sample data, marked `soc.sample` so that it can be purged."""
    whole: bool = False
    """A whole file (inbox, samples, replay): arrival is the event's own time, and its windows close at its end."""


class Record(NamedTuple):
    """One log record; a NamedTuple because one is made per event on the hottest path."""

    raw: bytes
    partition: str
    """`<topic>:<partition>`, `file:<incarnation>` or `spool:<segment>`."""
    offset: int
    """The position in the partition: a message offset, or the byte offset in a file."""
    arrived: int
    """Instant of arrival (see `instant`), stored once by the source and never taken anew."""
    source: LogSource
    header: str = ""
    """The last header line before it (`#Fields: ...` of IIS and Zeek)."""
    peer: str = ""
    """The address that really sent it (syslog), whatever the record claims."""
    stride: int = 0
    """The start of the fixed slice of the partition that aggregates are cut at (DESIGN 4)."""

    @property
    def ref(self) -> str:
        return f"{self.partition}:{self.offset}"

    @property
    def layer(self) -> Layer:
        return LAYERS.get(self.source.topic, "platform")
