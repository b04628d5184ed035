"""Docker Engine, containerd, Podman and other Go programs that log with logrus or Go kit: `time="..." level=info msg="..." key=value`.

What a container runtime puts around the lines of a container is taken off before (see `frame`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc.event import Kind, Logsource
from soc.parse import network, plain
from soc.parse.ecs_fields import FRAME
from soc.parse.format import Format, Native
from soc.parse.keyvalue import pairs
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document
    from soc.parse.frame import Frame

_LINE = re.compile(r"(?:(?:time|ts)=\"?\d{4}-\d\d-\d\dT|(?:level|lvl)=\"?[a-z]{4,7}\"? )")
_CALLER = re.compile(r"([\w./-]{1,128}\.go):(\d{1,9})")
_MOST = 65536
_KIND: Kind = (Logsource(product="linux", service="docker"), Logsource(product="docker", category="application"))
_SEVERE = frozenset({"error", "fatal", "panic", "err"})


def decode(frame: Frame) -> Native | None:
    """The pairs by the program's names."""
    text = frame.text
    if not _LINE.match(text):
        return None
    found = pairs(text[:_MOST])
    if not ("level" in found or "lvl" in found) or not ("msg" in found or "err" in found or "error" in found):
        return None
    if "devname" in found or "logid" in found:  # an appliance's
        return None
    return {"message": text, **found}


def time(event: Event) -> int | None:
    stamp = event.native.get("time") or event.native.get("ts") or ""
    return iso(stamp, event.frame.zone) or plain.time(event)


def ecs(event: Event, document: Document) -> None:
    native = event.native
    level = native.get("level") or native.get("lvl", "")
    document["event.type"] = ["error" if level in _SEVERE else "info"]
    document["log.level"], document["message"] = level, native.get("msg") or native["message"]
    document["error.message"] = native.get("error") or native.get("err")
    document["log.logger"] = native.get("module") or native.get("component") or native.get("logger")
    document["container.id"] = native.get("container") or native.get("containerID") or native.get("container_id")
    document["container.image.name"] = native.get("image")
    document["service.name"] = native.get("app")
    if caller := _CALLER.search(native.get("caller") or native.get("file") or native.get("source") or ""):
        document["log.origin.file.name"], document["log.origin.file.line"] = caller[1], network.number(caller[2])
    for name, value in native.items():
        if name not in _ELSEWHERE:
            document[f"docker.daemon.{name}"] = value


_ELSEWHERE = frozenset(
    {
        "message",
        "time",
        "ts",
        "level",
        "lvl",
        "msg",
        "error",
        "err",
        "module",
        "container",
        "containerID",
        "image",
        "app",
        "caller",
    }
)


def kind(_: Native) -> Kind:
    return _KIND


FORMAT = Format(
    name="docker",
    title="Docker Engine, containerd and other logrus programs",
    decode=decode,
    time=time,
    ecs=ecs,
    ecs_fields=FRAME,
    kind=kind,
    programs=frozenset({"dockerd", "containerd", "docker", "podman"}),
    hints=(" level=", "level=", " lvl="),
)
