"""What carried a message: unwraps shipper envelopes and syslog headers down to the body that a format decodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from soc import instant
from soc.parse import journal
from soc.parse.syslog import Syslog, split
from soc.parse.when import zone_or

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from soc.record import Record

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_LEAVES = 2_000
_MAX_ENVELOPES = 3


class Unparsable(Exception):  # noqa: N818 (a verdict on a record, not a fault of the program)
    """The record becomes a dead letter; `reason` is from a closed set, so that it can be a metric label."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


REASONS = ("encoding", "nul", "too_large", "json", "too_deep", "too_many_fields", "empty", "parser_fault")


class Frame(NamedTuple):
    """The body of a record and all that it was wrapped in."""

    text: str
    """The body; empty when it is a JSON object."""
    json: Mapping[str, Any] | None
    """The body when it is a JSON object."""
    syslog: Syslog | None
    envelope: Mapping[str, Any] | None
    """The shipper's JSON object, without its message."""
    zone: tzinfo
    """For time stamps that name none: the envelope's, else the source's."""
    arrived: int
    header: str = ""
    """The record's header line (`#Fields: ...` of IIS and Zeek)."""


_new = tuple.__new__
"""Makes a named tuple without the Python call that its own constructor is: one of each is made per event."""


def unwrap(record: Record) -> Frame:
    """The frame of a record.

    Raises:
        Unparsable: it is too large, too deep, not UTF-8, or says it is JSON and is not.
    """
    raw, arrived = record.raw, record.arrived
    if len(raw) > MAX_BYTES:
        raise Unparsable("too_large", f"{len(raw)} bytes; the limit is {MAX_BYTES}")
    zone = instant.zone(record.source.timezone)
    if raw[:1] == b"{":
        document = _decoded(raw)
        if is_plain(document):
            return _new(Frame, ("", document, None, None, zone, arrived, record.header))
        return _headed(_from_json(document, zone, arrived), record)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unparsable("encoding", str(error)) from error
    return _headed(_from_text(text.lstrip("\ufeff"), None, zone, arrived), record)


def is_plain(document: Mapping[str, Any]) -> bool:
    """Whether an object is surely an event itself, whatever else it holds: `_from_json` would leave it as it is."""
    return "EventID" in document and not ("message" in document or "MESSAGE" in document or "result" in document)


def _headed(frame: Frame, record: Record) -> Frame:
    return frame._replace(header=record.header) if record.header else frame


def original(record: Record) -> str:
    """The record's text as its device wrote it: a shipper's envelope is taken off; bytes that are no UTF-8 show escaped."""
    if record.raw[:1] == b"{" and len(record.raw) <= MAX_BYTES:
        try:
            document = orjson.loads(record.raw)
        except orjson.JSONDecodeError:
            document = {}
        message = document.get("message")
        if isinstance(message, str) and is_envelope(document):
            return message
    return record.raw[:MAX_BYTES].decode("utf-8", "backslashreplace")


def _from_text(text: str, envelope: Mapping[str, Any] | None, zone: tzinfo, arrived: int, depth: int = 0) -> Frame:
    # Cisco's Management Center ends the records of its audit log with an escaped line feed and NUL between real ones.
    text = text.removesuffix("\0x0a\0x00").rstrip("\r\n\0")
    if "\0" in text:
        raise Unparsable("nul", f"NUL character at {text.index(chr(0))}")
    if not text or text.isspace():
        raise Unparsable("empty", "nothing but white space")
    if text[10:11] == "T" and depth < _MAX_ENVELOPES and (line := _CONTAINER.match(text)):
        return _from_container(text[line.end() :], line[1], envelope, zone, arrived, depth)
    syslog, body = split(text)
    inner = body.lstrip(" \t:")  # relays that cut a tag off leave its colon
    if inner[:1] == "{" and inner.rstrip(_BEHIND)[-1:] == "}":
        try:
            document = _decoded(inner.encode())
        except Unparsable:
            if syslog is None and inner is body:
                raise
        else:
            return _from_json(document, zone, arrived, envelope, syslog, depth)
    elif syslog is None and body[:1] == "{":
        raise Unparsable("json", "starts as a JSON object and does not end as one")
    return Frame(body, None, syslog, envelope, zone, arrived)


def _from_container(
    text: str, time: str, envelope: Mapping[str, Any] | None, zone: tzinfo, arrived: int, depth: int
) -> Frame:
    """What a program in a container wrote; the runtime's clock counts where the text has no header of its own."""
    frame = _from_text(text, envelope, zone, arrived, depth + 1)
    return frame if frame.syslog else frame._replace(syslog=Syslog(None, time, "", "", ""))


def _from_json(
    document: Mapping[str, Any],
    zone: tzinfo,
    arrived: int,
    envelope: Mapping[str, Any] | None = None,
    syslog: Syslog | None = None,
    depth: int = 0,
) -> Frame:
    if depth < _MAX_ENVELOPES and document.keys() <= _CONTAINER_KEYS:
        line, stamp = document.get("log"), document.get("time")
        if isinstance(line, str) and isinstance(stamp, str) and line.strip("\0\r\n\t "):
            return _from_container(line, stamp, envelope, zone, arrived, depth)
    if depth < _MAX_ENVELOPES and journal.is_entry(document) and (text := journal.text(document)) and text.strip():
        return _from_journal(text, document, Frame("", None, None, envelope, zone, arrived), depth)
    if isinstance(result := document.get("result"), dict) and isinstance(result.get("_raw"), str):
        document = _found(result)
    message = document.get("message")
    if isinstance(message, str) and depth < _MAX_ENVELOPES and is_envelope(document):
        event = document.get("event")
        told = event.get("timezone") if isinstance(event, dict) else document.get("event.timezone")
        if isinstance(told, str):
            zone = zone_or(told, zone)
        wrapping = {key: value for key, value in document.items() if key != "message"}
        if envelope:
            wrapping = {**wrapping, **envelope}
        return _from_text(message, wrapping, zone, arrived, depth + 1)
    return Frame("", document, syslog, envelope, zone, arrived)


def _from_journal(text: str, entry: Mapping[str, Any], around: Frame, depth: int) -> Frame:
    """What a program gave to systemd's journal."""
    told = {name: value for name, value in entry.items() if name != "MESSAGE"}
    envelope = {**(around.envelope or {}), journal.ENTRY: told}
    try:
        frame = _from_text(text, envelope, around.zone, around.arrived, depth + 1)
    except Unparsable as refused:
        if refused.reason != "json":
            raise
        frame = around._replace(text=text, envelope=envelope)
    return frame if frame.syslog else frame._replace(syslog=journal.header(entry))


def _found(result: Mapping[str, Any]) -> dict[str, Any]:
    """A search result as Splunk exports it: the record as it was indexed, and where it came from."""
    return {
        "message": result["_raw"],
        "host": {"name": result.get("host")},
        "log": {"file": {"path": result.get("source")}},
    }


# What container runtimes put around a line: Docker's json-file driver an object, containerd and CRI-O a time, a stream and
# whether the line is full.
_CONTAINER_KEYS = frozenset({"log", "stream", "time", "attrs"})
_CONTAINER = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) std(?:out|err) (?:[FP](?::\S{1,64})? )?(?=[^\S\r\n]{0,64}\S)"
)
_BEHIND = ", \t\r\n"
"""May stand behind an object: elements of an array that is written line by line (MySQL's audit log) end with a comma."""
# What shippers put around a raw line; any other key means that the object is the event itself.
_SHIPPER_KEYS = frozenset({
    "message", "host", "event", "@timestamp", "agent", "log", "input", "ecs", "fields", "tags", "@version", "timestamp",
    "source_type", "file", "hostname", "fileset", "service", "cloud", "container", "kubernetes", "stream", "offset", "path",
    "source", "port", "syslog", "facility", "severity", "fromhost", "fromhost-ip", "programname", "@metadata", "type",
    "event.timezone", "observer", "labels", "prospector", "beat", "topic", "time", "tag", "partition",
})  # fmt: skip
_EVENT_KEYS = ("kind", "category", "code", "action", "outcome", "provider")


def is_envelope(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object with a `message` is a shipper's wrapping rather than an event that was parsed already."""
    if not document.keys() <= _SHIPPER_KEYS:
        return False
    event = document.get("event")
    return not (isinstance(event, dict) and any(key in event for key in _EVENT_KEYS))


def _decoded(raw: bytes) -> dict[str, Any]:
    """A JSON object within bounds.

    Raises:
        Unparsable: it is none, or too deep, or has too many values.
    """
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if raw.rstrip()[-1:] == b",":
            return _decoded(raw.rstrip(_BEHIND.encode()))
        raise Unparsable("json", str(error)) from error
    if type(document) is not dict:
        raise Unparsable("json", "not an object")
    if not is_flat(document, raw):
        # Fewer brackets and commas than the limits cannot break them, so that few documents are walked.
        openers = raw.count(b"{") + raw.count(b"[")
        if openers > MAX_DEPTH or raw.count(b",") + openers > MAX_LEAVES:
            _check(document)
    return document


def is_flat(document: Mapping[str, Any], raw: bytes) -> bool:
    """Whether a decoded object keeps all bounds without being walked."""
    return len(raw) <= MAX_BYTES and len(document) <= MAX_LEAVES and _NESTED.isdisjoint(map(type, document.values()))


def is_bounded(document: dict[str, Any], raw: bytes) -> bool:
    """Whether a decoded object keeps all bounds, walked if it must be."""
    if is_flat(document, raw):
        return True
    try:
        _check(document)
    except Unparsable:
        return False
    return len(raw) <= MAX_BYTES


_NESTED = frozenset({dict, list})


def _check(document: dict[str, Any]) -> None:
    leaves, level, depth = 0, [document], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Unparsable("too_deep", f"more than {MAX_DEPTH} levels")
        below: list[Any] = []
        for node in level:
            for value in node.values() if isinstance(node, dict) else node:
                if isinstance(value, dict | list):
                    below.append(value)
                else:
                    leaves += 1
        if leaves > MAX_LEAVES:
            raise Unparsable("too_many_fields", f"more than {MAX_LEAVES} values")
        level = below
