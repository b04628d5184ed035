"""Text that no other format knows: the syslog header is kept and the body is the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse.format import Format, Native
from soc.parse.when import syslog_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame


def decode(frame: Frame) -> Native | None:
    return {"message": frame.text}


def time(event: Event) -> int | None:
    header = event.frame.syslog
    return syslog_time(header.time, event.frame.zone, event.record.arrived) if header else None


def ecs(event: Event, document: Document) -> None:
    """Everything it says is in the frame already."""


def kind(native: Native) -> Kind:
    return (Logsource(product="linux", service="syslog"),)


FORMAT = Format(
    name="plain", title="Text with or without a syslog header", decode=decode, time=time, ecs=ecs, kind=kind
)
