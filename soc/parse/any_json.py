"""JSON objects of no known shape: an event all the same, with its time and the few names that most programs agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.event import Logsource
from soc.parse import plain
from soc.parse.ecs_json import field, instant_of, lookup
from soc.parse.format import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

_TIMES = ("@timestamp", "timestamp", "time", "ts", "eventTime", "event_time", "datetime", "date", "created_at", "t")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value not in {"", "-"} else None


def _lower(value: Any) -> str | None:
    told = _text(value)
    return told.lower() if told else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if type(value) is int else None


# In the order of preference where several are present.
_NAMES: tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...] = (
    ("message", ("message", "msg", "log", "short_message", "full_message"), _text),
    ("host.name", ("host", "hostname", "host_name", "computer", "device_name", "devname"), _text),
    ("log.level", ("level", "severity", "loglevel", "log_level"), _text),
    ("log.logger", ("logger", "logger_name"), _text),
    ("user.name", ("user", "username", "user_name", "account"), _text),
    ("source.address", ("source.ip", "src_ip", "srcip", "source_ip", "src", "client_ip", "clientip", "remote_addr", "remote_ip", "sourceIPAddress"), _text),
    ("source.port", ("src_port", "srcport", "source_port", "client_port"), _number),
    ("destination.address", ("destination.ip", "dst_ip", "dstip", "dest_ip", "destination_ip", "dst", "server_ip"), _text),
    ("destination.port", ("dst_port", "dstport", "dest_port", "destination_port"), _number),
    ("network.transport", ("proto", "protocol", "transport"), _lower),
    ("event.action", ("action", "eventName", "event_name"), _text),
    ("process.name", ("process", "program", "process_name", "app"), _text),
    ("process.pid", ("pid", "process_id"), _number),
)  # fmt: skip


def decode(frame: Frame) -> Native | None:
    return frame.json


def time(event: Event) -> int | None:
    for name in _TIMES:
        told = instant_of(event.native.get(name), event)
        if told is not None:
            return told
    return plain.time(event)


def ecs(event: Event, document: Document) -> None:
    for target, names, convert in _NAMES:
        if target in document and target != "message":
            continue
        for name in (target, *names):
            value = convert(lookup(event.native, name))
            if value is not None:
                document[target] = value
                break


def kind(_native: Native) -> Kind:
    return (Logsource(),)


FORMAT = Format(
    name="json", title="JSON of no known shape", decode=decode, time=time, ecs=ecs, kind=kind, field=field, json=True
)
