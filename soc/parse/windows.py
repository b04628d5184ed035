"""Windows events in the JSON of four collectors: flat, evtx_dump, Winlogbeat, NXLog. Rules see the same names in each."""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import WindowsKind
from soc.parse import windows_fields as shape
from soc.parse.format import ABSENT, Format, flat_field, leaves
from soc.parse.frame import is_plain
from soc.parse.windows_convention import ELASTIC, LOGSTASH, NXLOG, Convention
from soc.parse.windows_ecs import describe, fields_of
from soc.parse.windows_given import given, given_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from soc.event import Event
    from soc.parse.format import Accessor, Document, Native
    from soc.parse.frame import Frame

_LONGEST_CHANNEL = 256  # longer ones exist in attacks only and need not be told apart


@lru_cache(maxsize=4096, typed=True)
def _remembered(channel: str, event_id: int) -> WindowsKind:
    return WindowsKind(channel.lower(), event_id)


def kind_of(channel: Any, event_id: Any) -> WindowsKind:
    """Channel and event id as they come: ids may be text or objects, either may be missing."""
    if type(event_id) is not int:
        event_id = _number(event_id)
    if type(channel) is not str:
        channel = "" if channel is None or channel is ABSENT else str(channel)
    if len(channel) > _LONGEST_CHANNEL:
        return WindowsKind(channel[:_LONGEST_CHANNEL].lower() + "...", event_id)
    return _remembered(channel, event_id)


def _number(value: Any) -> int:
    if isinstance(value, dict):
        value = value.get("#text", value.get("Value"))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    value = shape.number_of(value)
    return value if type(value) is int else -1


def is_flat(document: Native) -> bool:
    return "EventID" in document and (
        "Provider_Name" in document or ("Channel" in document and "SourceName" not in document)
    )


def is_bare(document: Native) -> bool:
    """Whether it is such an event, and no carrier of one."""
    return is_plain(document) and ("Provider_Name" in document or is_flat(document))


def _flat(frame: Frame) -> Native | None:
    native = frame.json
    return native if native is not None and is_flat(native) else None


_NXLOG_MODULES = ("im_msvistalog", "im_mseventlog", "im_wseventing")


def _nxlog(frame: Frame) -> Native | None:
    native = frame.json
    if native is None or "Provider_Name" in native:
        return None
    if "EventID" in native:
        return native if "SourceName" in native else None
    return native if native.get("SourceModuleType") in _NXLOG_MODULES else None


def _evtx_dump(frame: Frame) -> Native | None:
    native = frame.json
    return native if native is not None and shape.section(native, "Event", "System") else None


def _winlogbeat(frame: Frame) -> Native | None:
    native = frame.json
    if native is None:
        return None
    if isinstance(native.get("winlog"), dict):
        return native
    return native if "event_id" in native and "log_name" in native else None


# Sysmon tells the time of the event itself; System tells when it was logged, and forwarders when they read it.
_TIMES = ("UtcTime", "SystemTime", "TimeCreated", "EventTime", "TimeGenerated", "@timestamp")
_WINLOG_TIMES = (("winlog", "event_data", "UtcTime"), ("winlog", "time_created"), ("@timestamp",))
_STAMP = "@version"  # what Logstash adds to every document


def _flat_time(event: Event) -> int | None:
    native, zone = event.native, event.frame.zone
    for name in _TIMES:
        value = native.get(name)
        if isinstance(value, str):
            told = instant.parse_iso(value, UTC if name == "UtcTime" else zone)
            if told is not None:
                return told
    return None


def _evtx_dump_time(event: Event) -> int | None:
    native = event.native
    system = shape.attributes(shape.section(native, "Event", "System"), "TimeCreated").get("SystemTime")
    return _first_time((shape.nested_leaves(native).get("UtcTime"), system))


def _winlogbeat_time(event: Event) -> int | None:
    paths = reversed(_WINLOG_TIMES) if _STAMP in event.native else _WINLOG_TIMES
    return _first_time(shape.at(event.native, path) for path in paths)


def _first_time(values: Any) -> int | None:
    for value in values:
        told = instant.parse_iso(value) if isinstance(value, str) else None
        if told is not None:
            return told
    return None


def _kind(field: Callable[[str], Accessor]) -> Callable[[Native], WindowsKind]:
    channel, event_id = field("Channel"), field("EventID")
    return lambda native: kind_of(channel(native), event_id(native))


_FIXED = ("Channel", "EventID")


def place(native: Native) -> tuple[Any, ...]:
    """Channel and event id as they stand; the kind alone where they are of other types than usual, since 1 == True."""
    channel, event_id = native.get("Channel"), native.get("EventID")
    if type(event_id) is int and type(channel) is str and len(channel) <= _LONGEST_CHANNEL:
        return channel, event_id
    return (kind_of(channel, event_id),)


def _values(fields: Callable[[Native], Mapping[str, Any]]) -> Callable[[Native], Iterator[Any]]:
    return lambda native: leaves(fields(native))


def _ecs(
    fields: Callable[[Native], Mapping[str, Any]], convention: Convention = ELASTIC
) -> Callable[[Event, Document], None]:
    return lambda event, document: describe(fields(event.native), document, convention)


def _one(
    field: Callable[[str], Accessor], fields: Callable[[Native], Mapping[str, Any]]
) -> Callable[[str], Callable[[Native], Any]]:
    """What `fields` says under one name, by the accessor where that finds something; rare spellings need the whole."""

    def of(name: str) -> Callable[[Native], Any]:
        accessor = field(name)

        def get(native: Native) -> Any:
            value = accessor(native)
            return fields(native).get(name) if value is ABSENT else value

        return get

    return of


def _winlogbeat_convention(native: Native) -> Convention:
    return LOGSTASH if _STAMP in native else ELASTIC


def _winlogbeat_ecs(event: Event, document: Document) -> None:
    convention = _winlogbeat_convention(event.native)
    fields = shape.winlog_fields(event.native)
    describe(fields, document, convention)
    given(event.native, fields, document, convention)


_OF_WINLOGBEAT = _one(shape.winlog_field, shape.winlog_fields)

FLAT = Format(
    name="windows_flat",
    title="Windows events, flat JSON",
    decode=_flat,
    time=_flat_time,
    ecs=_ecs(lambda native: native),
    ecs_fields=fields_of(lambda name: lambda native: native.get(name)),
    kind=_kind(flat_field),
    place=place,
    fixed=_FIXED,
    json=True,
)
NXLOG_JSON = Format(
    name="windows_nxlog",
    title="Windows events from NXLog (im_msvistalog, JSON)",
    decode=_nxlog,
    time=_flat_time,
    ecs=_ecs(shape.nxlog_fields, NXLOG),
    ecs_fields=fields_of(_one(shape.nxlog_field, shape.nxlog_fields)),
    kind=_kind(shape.nxlog_field),
    field=shape.nxlog_field,
    json=True,
)
EVTX_DUMP = Format(
    name="windows_evtx_dump",
    title="Windows events from evtx_dump (JSON of the XML)",
    decode=_evtx_dump,
    time=_evtx_dump_time,
    ecs=_ecs(shape.nested_fields),
    ecs_fields=fields_of(_one(shape.nested_field, shape.nested_fields)),
    kind=_kind(shape.nested_field),
    field=shape.nested_field,
    values=_values(shape.nested_fields),
    json=True,
)
WINLOGBEAT = Format(
    name="windows_winlogbeat",
    title="Windows events from Winlogbeat and Elastic Agent",
    decode=_winlogbeat,
    time=_winlogbeat_time,
    ecs=_winlogbeat_ecs,
    ecs_fields=given_fields(fields_of(_OF_WINLOGBEAT), _OF_WINLOGBEAT("Task"), _winlogbeat_convention),
    kind=_kind(shape.winlog_field),
    field=shape.winlog_field,
    values=_values(shape.winlog_fields),
    json=True,
)
