"""`make docs`: docs/formats.md, the book of formats, from what the code says of itself and what the golden files hold."""

from __future__ import annotations

import inspect
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from soc import parse
from soc.event import WindowsKind, shown
from soc.parse import plain, table
from tests.parse.test_golden import GOLDEN, cases, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from soc.event import Event
    from soc.parse import Format

BOOK = Path(__file__).parents[2] / "docs" / "formats.md"
_HEAD = """\
# The formats that are understood

Made from the code and its golden files by `make docs`; changes are made there. `soc parse FILE` shows what becomes of a file's
records, `soc parse --unknown FILE` what of it is not understood.

A record is recognised by itself, wherever it comes from: bare, behind a syslog header of RFC 3164 or RFC 5424 (also with the octet
count of RFC 6587), in a shipper's JSON envelope, an entry of systemd's journal or a container runtime's line. Formats are tried in
the order of `soc/parse/table.py`; of text only those that the program of its header is known for, or one of whose literals occurs
in it. A source's `format` setting names one instead.

What a header or envelope tells (`host.*`, `process.name`, `process.pid`, `log.syslog.*`, `message`) and what follows from other
fields (`related.*`, `*.address`, `network.community_id`, `network.type`) is in the documents of every format; the lists below name
what each format adds in its golden files. Fields that ECS does not have stand under the vendor's name.
"""
_ORIGINS = ("@timestamp", "message", "host.name", "host.hostname", "process.name", "process.pid", "log.syslog.", "related.", "observer.ip")  # fmt: skip
_FOLLOWING = ("network.type", "network.community_id", "event.kind")
_SHOWN = 12
_DEFAULT_TIME = inspect.getdoc(plain.time)


def book() -> str:
    events = _golden_events()
    modules: dict[str, list[Format]] = defaultdict(list)
    for format_ in parse.formats().values():
        place = (table._JSON | table._TEXT).get(format_.name, "windows.")
        modules[f"soc.parse.{place.partition('.')[0]}"].append(format_)
    chapters = (
        _chapter(inspect.getdoc(import_module(name)) or "", formats, events) for name, formats in modules.items()
    )
    return "\n".join([_HEAD, *sorted(chapters, key=str.lower)])


def _golden_events() -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for file in sorted(GOLDEN.glob("*.jsonl")):
        for case in cases(file):
            try:
                event = parse.parse(record_of(case))
            except parse.Unparsable:
                continue
            found[event.format.name].append(event)
    return found


def _chapter(told: str, formats: list[Format], events: dict[str, list[Event]]) -> str:
    """A module's: most hold one format, some one more of the same vendor's JSON."""
    titles = [format_.title for format_ in formats if not format_.json or len(formats) == 1]
    described = ["\n".join(_described(format_, events[format_.name])) for format_ in formats]
    return "\n\n".join([f"## {titles[0] if titles else told.partition(':')[0]}", told, *described]) + "\n"


def _described(format_: Format, events: list[Event]) -> Iterator[str]:
    yield f"- **`{format_.name}`**: {format_.title}"
    yield f"  - recognised by {_recognition(format_)}"
    if format_.start:
        pattern = format_.start.pattern.decode()
        yield f"  - records of several lines begin with {_code([pattern])}"
    time = inspect.getdoc(format_.time)
    if time and time != _DEFAULT_TIME:
        yield f"  - time: {' '.join(time.split())}"
    if kinds := _kinds(events):
        yield f"  - rules: {kinds}"
    yield f"  - fields: {', '.join(_grouped(_fields(events))) or 'those of its header'}"


def _recognition(format_: Format) -> str:
    if format_.json:
        return "its JSON object's own names"
    parts = []
    if format_.programs:
        parts.append(f"the programs {_some(sorted(format_.programs))}")
    if format_.hints:
        parts.append(f"texts with {_some(format_.hints)}")
    return "; ".join(parts) or "what it reads itself (tried for every text)"


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return _code(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _code(texts: Iterable[str]) -> str:
    """Each as code; a backtick inside needs two around."""
    shown_ = [text.replace("\t", "\\t").replace("\n", "\\n") for text in texts]
    return ", ".join(f"`` {text} ``" if "`" in text or text.strip() != text else f"`{text}`" for text in shown_)


def _kinds(events: list[Event]) -> str:
    kinds = {event.format.kind(event.native) for event in events}
    if any(isinstance(kind, WindowsKind) for kind in kinds):
        return "by channel and event id"
    return "; ".join(sorted({shown((source,)) for kind in kinds for source in kind if any(source)}))


def _fields(events: list[Event]) -> list[str]:
    names = {name for event in events for name in parse.ecs(event)}
    return sorted(name for name in names if not name.startswith(_ORIGINS) and name not in _FOLLOWING)


def _grouped(names: list[str]) -> Iterator[str]:
    """`source.ip`, `source.port` as `source.{ip, port}`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        root, _, rest = name.partition(".")
        groups[root].append(rest)
    for root, rests in groups.items():
        yield (
            f"`{root}.{{{', '.join(rests)}}}`"
            if len(rests) > 1
            else f"`{root}.{rests[0]}`"
            if rests[0]
            else f"`{root}`"
        )


if __name__ == "__main__":
    BOOK.write_text(book(), encoding="utf-8")
