"""Finds the record that kills the process: what is being worked on is written down before the work starts.

After two ends of the process during one batch its records are worked on one by one; a record that alone was worked on
at two ends becomes a dead letter. The mark is a write of some hundred bytes into the page cache: it outlives the process,
which is all it is for, and costs microseconds.
"""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from soc import logs, pipeline
from soc.finding import digest
from soc.metrics import CRASH
from soc.pipeline import DeadLetter, Detected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soc.anomaly import Strides
    from soc.pipeline import Content
    from soc.record import Record

log = logs.get(__name__)
PATIENCE = 2
"""How often a process may end during the same work."""
_MOST_KILLERS = 100


class Mark(msgspec.Struct, frozen=True):
    """Records by first and last offset per partition, and how often the process ended during the work on them."""

    spans: dict[str, tuple[int, int]] = {}
    ends: int = 0
    working: bool = False
    killers: tuple[str, ...] = ()
    """Records that were found out, as digests: when another one ends the process, they are handed out again."""

    def holds(self, record: Record) -> bool:
        span = self.spans.get(record.partition)
        return span is not None and span[0] <= record.offset <= span[1]

    @property
    def is_one(self) -> bool:
        return len(self.spans) == 1 and all(first == last for first, last in self.spans.values())


_NOTHING = Mark()


class Suspects:
    def __init__(self, file: Path | None) -> None:
        """Without a file nothing is suspected (tests, and replay, which does not start again)."""
        self._descriptor: int | None = None
        self._suspect = _NOTHING
        self._killers: tuple[str, ...] = ()
        if file is None:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        left = _decoded(os.pread(self._descriptor, 1 << 20, 0))
        self._killers = left.killers
        if left.spans:
            self._suspect = Mark(left.spans, left.ends + left.working)
            self._write(self._suspect)
            log.warning("the process ended during its work", spans=left.spans, ends=self._suspect.ends)

    def detect(self, records: Sequence[Record], content: Content, strides: Strides) -> Detected:
        """`pipeline.detect`, in steps that find a killer if there may be one."""
        if not self._suspect.spans and not self._killers:
            return self._work(records, content, strides, 0)
        done = Detected()
        for suspected, run in groupby(records, self._suspect.holds):
            for part, ends in self._steps(list(run), suspected=suspected):
                _add(done, self._step(part, content, strides, ends))
        self._forget(records)
        return done

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _steps(self, records: list[Record], *, suspected: bool) -> list[tuple[list[Record], int]]:
        """What is worked on at once, each with how often the process ended during exactly that."""
        suspect = self._suspect
        known = bool(self._killers) and any(_digest(record) in self._killers for record in records)
        if suspected and suspect.is_one:
            return [(records, suspect.ends)]
        if known or (suspected and suspect.ends >= PATIENCE):
            return [([record], 0) for record in records]
        return [(records, suspect.ends if suspected else 0)]

    def _step(self, records: list[Record], content: Content, strides: Strides, ends: int) -> Detected:
        if len(records) > 1:
            return self._work(records, content, strides, ends)
        killer = _digest(records[0])
        if ends >= PATIENCE and killer not in self._killers:
            self._killers = (*self._killers, killer)[-_MOST_KILLERS:]
            self._write(self._suspect)
        if killer not in self._killers:
            return self._work(records, content, strides, ends)
        log.error("a record ends the process and is set aside", ref=records[0].ref)
        detail = f"the process ended {PATIENCE} times while it worked on this record alone"
        return Detected(dead_letters=[DeadLetter(records[0], "detect", CRASH, detail)])

    def _work(self, records: Sequence[Record], content: Content, strides: Strides, ends: int) -> Detected:
        spans: dict[str, tuple[int, int]] = {}
        for record in records:
            first, last = spans.get(record.partition, (record.offset, record.offset))
            spans[record.partition] = (min(first, record.offset), max(last, record.offset))
        self._write(Mark(spans, ends, working=True))
        done = pipeline.detect(records, content, strides)
        self._write(self._suspect)
        return done

    def _forget(self, records: Sequence[Record]) -> None:
        """Whoever got past the end of a suspected span has survived it."""
        passed = {record.partition: record.offset for record in records}
        spans = self._suspect.spans
        left = {name: span for name, span in spans.items() if passed.get(name, -1) < span[1]}
        self._suspect = Mark(left, self._suspect.ends) if left else _NOTHING
        self._write(self._suspect)

    def _write(self, mark: Mark) -> None:
        if self._descriptor is None:
            return
        data = msgspec.json.encode(msgspec.structs.replace(mark, killers=self._killers))
        try:
            os.pwrite(self._descriptor, len(data).to_bytes(4, "big") + data, 0)
        except OSError as error:  # a full disk must not stop detection
            log.warning("cannot write down what is being worked on", error=str(error))


def _digest(record: Record) -> str:
    return digest(record.ref, record.raw)[:16]


def _decoded(data: bytes) -> Mark:
    try:
        return msgspec.json.decode(data[4 : 4 + int.from_bytes(data[:4], "big")], type=Mark)
    except msgspec.DecodeError:
        return _NOTHING


def _add(whole: Detected, part: Detected) -> None:
    whole.clean += part.clean
    whole.alerting += part.alerting
    whole.findings += part.findings
    whole.partials += part.partials
    whole.hits += part.hits
    whole.missing += part.missing
    whole.late += part.late
    whole.dead_letters += part.dead_letters
    for counts, more in ((whole.formats, part.formats), (whole.matches, part.matches)):
        for name, number in more.items():
            counts[name] = counts.get(name, 0) + number
