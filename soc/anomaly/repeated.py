"""Counting whole files: what hosts log repeats itself, so events that differ in nothing but their time are read once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc import instant, parse

if TYPE_CHECKING:
    from soc.anomaly.strides import Strides, Told
    from soc.record import LogSource, Record

_HEAD = re.compile(rb'\{"@timestamp": ?"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z)"')
_FORMAT = "ecs_json"
"""The format whose events take their time from `@timestamp` and all else from the rest."""
_MANY = 65_536
_LONG = 4_096
"""Bytes; longer ones hardly repeat."""


class Repeated:
    """Adds the records of whole files to strides: to the same effect as parsing each of them."""

    def __init__(self, strides: Strides) -> None:
        self._strides = strides
        self._source: LogSource | None = None
        self._known: dict[bytes, tuple[Told, ...]] = {}

    def add(self, record: Record) -> None:
        """Count a record.

        Raises:
            parse.Unparsable: it cannot be read.
        """
        head = _HEAD.match(record.raw)
        if head is None or record.header or not record.source.whole or len(record.raw) > _LONG:
            self._strides.add(parse.parse(record))
            return
        if record.source is not self._source:
            self._source, self._known = record.source, {}
        rest = record.raw[head.end() :]
        time = instant.parse_iso(head[1].decode())
        told = None if time is None else self._known.get(rest)
        if told is None or time is None:
            self._learn(record, rest, time)
        else:
            self._strides.count(record, time, told)

    def _learn(self, record: Record, rest: bytes, time: int | None) -> None:
        event = parse.parse(record)
        self._strides.add(event)
        # A second @timestamp further on would be the one that counts.
        if event.format.name == _FORMAT and event.time == time and record.source.topic in self._strides.topics:
            if len(self._known) >= _MANY:
                self._known.clear()
            self._known[rest] = self._strides.told(event)
