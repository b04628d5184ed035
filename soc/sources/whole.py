"""One whole file to records, without a ledger: for `soc replay FILE`, and for samples."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from soc import parse
from soc.errors import ConfigurationError
from soc.record import LogSource, Record
from soc.sources.followed import CHUNK, starts_of_formats
from soc.sources.framing import Framer
from soc.sources.opened import Refused, open_file
from soc.sources.recognised import dated, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soc.sources.framing import Framed
    from soc.sources.opened import Plain


def whole_file(
    path: Path,
    topic: str = "",
    format: str = "",  # noqa: A002 (as the setting is called)
    timezone: str = "UTC",
    sample: bool = False,  # noqa: FBT001, FBT002 (given by name)
) -> Iterator[Record]:
    """The records of a plain or gzip file; their partition is named for its content, they arrived when they happened.

    Without a topic each record gets the one that it belongs to. What lacks a year is taken as near to the file's last
    change, and what has no time as of then.

    Raises:
        ConfigurationError: the file cannot be read, or there is no such format.
        Refused: it is damaged, or unpacks to too much; then nothing has been given out.
    """
    if format:
        parse.named(format)
    source = LogSource(topic, format=format, timezone=timezone, sample=sample, whole=True)
    try:
        file = open_file(path)
        try:
            partition, end = _named_for_content(file)
        finally:
            file.close()
    except OSError as error:
        raise _unreadable(path, error) from None
    return _records(path, partition, end, source)


def _named_for_content(file: Plain) -> tuple[str, int]:
    """The partition, and how many bytes there are."""
    digest, at = hashlib.sha256(), 0
    while data := file.read(at, CHUNK):
        digest.update(data)
        at += len(data)
    if file.is_cut:
        raise Refused(f"{file.path}: its gzip data ends in the middle, after {at} bytes; copy the file anew")
    return f"file:{digest.hexdigest()[:40]}", at


def _records(path: Path, partition: str, end: int, source: LogSource) -> Iterator[Record]:
    try:
        file = open_file(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        arrived = file.modified()
        for stride, framed in _slices(file, end, source):
            for each in framed:
                yield dated(Record(each.raw, partition, each.offset, arrived, source, each.header, stride=stride))
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        file.close()


def _slices(file: Plain, end: int, source: LogSource) -> Iterator[tuple[int, list[Framed]]]:
    """Consecutive records with the stride that they belong to."""
    starts = starts_of_formats()
    framer = Framer(0)
    if starts:
        first = framer.feed(file.read(0, min(CHUNK, end)))
        name = source.format or (format_of(Record(first[0].raw, "file:", 0, 0, source)) if first else "")
        framer = Framer(0, starts.get(name))
    while framer.at < end:
        start = framer.boundary
        data = file.read(framer.at, min(CHUNK, end - framer.at))
        if not data:  # it became shorter meanwhile
            break
        yield start, framer.feed(data)
    yield framer.boundary, framer.close()


def _unreadable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{path}: cannot be read ({error.strerror or error}); name a regular file that this user may read"
    )
