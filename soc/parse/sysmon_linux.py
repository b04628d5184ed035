"""Sysmon for Linux 1.0 and later: the XML of Windows' event log inside syslog, with Linux' paths and users."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.event import Logsource
from soc.parse.format import Format
from soc.parse.windows_convention import ELASTIC
from soc.parse.windows_fields import nested_fields, number_of
from soc.parse.windows_sysmon import describe_sysmon
from soc.parse.windows_values import number, text
from soc.parse.windows_xml import document_of

if TYPE_CHECKING:
    from soc.event import Event, Kind
    from soc.parse.format import Document, Native
    from soc.parse.frame import Frame

# Event id -> Sigma's category, ECS category, types, action.
_EVENTS: dict[int, tuple[str, list[str], list[str], str]] = {
    1: ("process_creation", ["process"], ["start"], "process_creation"),
    3: ("network_connection", ["network"], ["start", "connection", "protocol"], "network_connection"),
    4: ("sysmon_status", ["process"], ["change"], "service_state_changed"),
    5: ("process_termination", ["process"], ["end"], "process_terminated"),
    9: ("raw_access_thread", ["process"], ["access"], "raw_access_read"),
    10: ("process_access", ["process"], ["access"], "process_accessed"),
    11: ("file_event", ["file"], ["creation"], "file_created"),
    16: ("sysmon_status", ["configuration"], ["change"], "config_state_changed"),
    23: ("file_delete", ["file"], ["deletion"], "file_deleted"),
    26: ("file_delete", ["file"], ["deletion"], "file_deleted"),
    255: ("sysmon_error", ["process"], ["error"], "error"),
}
_LEVELS = {1: "Critical", 2: "Error", 3: "Warning", 4: "Information", 5: "Verbose"}
_LONGEST = 8192


def decode(frame: Frame) -> Native | None:
    """The event's leaves by Sysmon's names, those of System beside."""
    if "Linux-Sysmon" not in frame.text:
        return None
    document = document_of(frame.text)
    if document is None:
        return None
    fields = nested_fields(document)
    return {**fields, "EventID": _id(fields)}


def _id(fields: Native) -> int:
    told = number_of(fields.get("EventID"))
    return told if isinstance(told, int) else -1


def time(event: Event) -> int | None:
    """Sysmon's own clock, to the microsecond; the syslog header has whole seconds only."""
    for name in ("UtcTime", "SystemTime", "TimeCreated"):
        value = event.native.get(name)
        told = instant.parse_iso(value) if isinstance(value, str) else None
        if told is not None:
            return told
    return None


def ecs(event: Event, document: Document) -> None:
    native = event.native
    code = native["EventID"]
    document["process.name"] = document["process.pid"] = None  # of the header: Sysmon itself
    describe_sysmon(native, document, code, ELASTIC)
    document["event.code"], document["event.provider"] = str(code), text(native.get("Provider_Name"))
    document["event.kind"], document["event.outcome"] = "event", "success"
    _, document["event.category"], document["event.type"], document["event.action"] = _EVENTS.get(
        code, ("", None, None, None)
    )
    created = native.get("SystemTime") or native.get("TimeCreated")
    started = instant.parse_iso(created) if isinstance(created, str) else None
    document["event.start"] = None if started is None else instant.iso(started)
    level = number(native.get("Level"))
    document["log.level"] = None if level is None else _LEVELS.get(level)
    document["host.os.type"] = "linux"
    if computer := text(native.get("Computer")):
        document["host.name"] = document["host.hostname"] = computer
    _processes(document)
    if code == 3:
        _direction(native, document)


def _processes(document: Document) -> None:
    for prefix in ("process", "process.parent"):
        path, command = document.get(f"{prefix}.executable"), document.get(f"{prefix}.command_line")
        document[f"{prefix}.name"] = path.rpartition("/")[2] if isinstance(path, str) else None
        document[f"{prefix}.args"] = _arguments(command) if isinstance(command, str) else None
    path = document.get("file.path")
    if isinstance(path, str) and "/" in path:
        folder, _, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        document["file.directory"], document["file.name"] = folder or "/", name
        document["file.extension"] = extension if dot and stem else None


def _arguments(command: str) -> list[str]:
    try:
        return shlex.split(command[:_LONGEST])
    except ValueError:  # no closing quotation
        return command[:_LONGEST].split()


def _direction(native: Native, document: Document) -> None:
    initiated = native.get("Initiated")
    document["network.direction"] = {"true": "egress", "false": "ingress"}.get(str(initiated).lower())


def kind(native: Native) -> Kind:
    return _KINDS.get(native["EventID"], _OTHER)


_OTHER: Kind = (Logsource(product="linux", service="sysmon"),)
_KINDS: dict[Any, Kind] = {
    code: (Logsource(product="linux", category=category, service="sysmon"),) for code, (category, *_) in _EVENTS.items()
}

FORMAT = Format(
    name="sysmon_linux",
    title="Sysmon for Linux",
    decode=decode,
    time=time,
    ecs=ecs,
    kind=kind,
    programs=frozenset({"sysmon"}),
    hints=("Linux-Sysmon",),
)
