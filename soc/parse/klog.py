"""klog: how Kubernetes components and ingress controllers log, `I1221 13:00:58.488494       7 controller.go:202] text`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse.format import Format, Native
from soc.parse.when import klog_time

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(
    r"(?P<level>[IWEF])(?P<time>\d{4} \d\d:\d\d:\d\d\.\d{1,6}) +(?P<thread>\d{1,18}) (?P<file>[\w.-]{1,128}\.go):(?P<line>\d{1,9})\] "
)
_KIND: Kind = (Logsource(product="kubernetes", category="application"),)
_SEVERE = frozenset("EF")


def decode(frame: Frame) -> Native | None:
    line = _LINE.match(frame.text)
    return None if line is None else {**line.groupdict(), "message": frame.text[line.end() :]}


def time(event: Event) -> int | None:
    return klog_time(event.native["time"], event.frame.zone, event.record.arrived)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    level = native["level"]
    document["event.type"] = ["error" if level in _SEVERE else "info"]
    document["log.level"], document["message"], document["log.logger"] = level, native["message"], native["file"]
    document["log.origin.file.name"], document["log.origin.file.line"] = native["file"], int(native["line"])
    document["process.thread.id"] = int(native["thread"])


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="klog", title="Kubernetes component (klog)", decode=decode, time=time, ecs=ecs, kind=kind, hints=(".go:",)
)
