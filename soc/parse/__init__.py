"""Bytes to events: `parse` recognises and decodes, `ecs` turns an event into an ECS document. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc.event import Event
from soc.parse import recognition
from soc.parse.dotted import flat, nested
from soc.parse.ecs import ecs
from soc.parse.ecs_fields import EcsFields
from soc.parse.format import ABSENT, Accessor, Document, Format
from soc.parse.frame import REASONS, Frame, Unparsable, original, unwrap
from soc.parse.table import WINDOWS, formats, named, of_json

if TYPE_CHECKING:
    from soc.record import Record

__all__ = [
    "ABSENT", "REASONS", "Accessor", "Document", "EcsFields", "Format", "Frame", "Unparsable", "ecs", "flat", "formats", "named",
    "nested", "original", "parse", "prepare",
]  # fmt: skip


def parse(record: Record) -> Event:
    """The event of a record, in the format that its source names or else the one that recognises it.

    Raises:
        Unparsable: the record is a dead letter.
    """
    frame = unwrap(record)
    if record.source.format:
        return _as_named(record, frame)
    if frame.json is None:
        found = _first(recognition.of_texts().candidates(frame), record, frame)
    else:
        found = _first(WINDOWS, record, frame) or _first(of_json(), record, frame)
    if found is None:
        raise Unparsable("json", "an object of no known shape")
    return found


def prepare() -> None:
    """Import and compile now what else the first record of its kind waits for."""
    formats()
    recognition.of_texts()


_new = tuple.__new__
"""Makes a named tuple without the Python call that its own constructor is."""


def _first(candidates: tuple[Format, ...], record: Record, frame: Frame) -> Event | None:
    for format_ in candidates:
        native = format_.decode(frame)
        if native is not None and (format_.claims is None or format_.claims(native)):
            return _new(Event, (record, format_, native, frame))
    return None


def _as_named(record: Record, frame: Frame) -> Event:
    format_ = named(record.source.format)
    native = format_.decode(frame)
    if native is None:
        raise Unparsable("parser_fault", f"not a record of format {format_.name}")
    return Event(record, format_, native, frame)
