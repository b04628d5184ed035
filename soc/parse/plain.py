"""Text that no other format knows: the syslog header is kept and the body is the message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.when import iso, syslog_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_KIND: Kind = (Logsource(product="linux", service="syslog"),)
# `from 192.0.2.1:4711`, `from=192.0.2.1`: how most daemons name their peer.
_PEER = re.compile(r"\bfrom[ =]\[?(\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]{2,45})\]?(?:[:#](\d{1,5}))?(?![\w.:])")
_STAMP = re.compile(
    r"(?:\[|[A-Z]{3,8}:? {1,2})?(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?)"
)
_FAULT = re.compile(r"(?:\[ *\d+\.\d+\] )?([\w.-]{1,64})\[(\d{1,10})\]: segfault at ")


def decode(frame: Frame) -> Native | None:
    return {"message": frame.text}


def time(event: Event) -> int | None:
    """The header's, else one that the text begins with; shared by the formats whose bodies have none."""
    header = event.frame.syslog
    if header and header.time:
        return syslog_time(header.time, event.frame.zone, event.record.arrived)
    stamp = _STAMP.match(event.frame.text)
    return iso(f"{stamp[1].replace('/', '-')}T{stamp[2].replace(' ', '')}", event.frame.zone) if stamp else None


def ecs(event: Event, document: Document) -> None:
    """What the frame does not say: the peer that a daemon names, and the process that crashed."""
    text = event.frame.text
    if (peer := _PEER.search(text)) and (address := network.ip(peer[1])):
        document["source.ip"], document["source.port"] = address, network.number(peer[2])
    if fault := _FAULT.match(text):
        document["process.pid"] = int(fault[2])


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="plain",
    title="Text with or without a syslog header",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
)
