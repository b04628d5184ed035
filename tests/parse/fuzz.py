"""`make fuzz`: records that are damaged in all the ways that lines are, for as many CPU seconds as one gives it.

Nothing may fail, hang or go missing: of each place that fails a record is shown in the end. The seed makes a run repeatable.
"""

from __future__ import annotations

import json
import random
import signal
import time
import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
import orjson

from soc import parse
from soc.cli.parse import document_of
from soc.parse.unknown import is_understood, shape
from soc.record import LogSource, Record
from tests.conftest import SHARED
from tests.parse.test_golden import GOLDEN, cases, record_of
from tests.parse.texts import ARRIVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random
    from types import FrameType

    from soc.event import Event

MALFORMED = SHARED / "data/parser_cases/malformed/malformed.jsonl"
HANGS = 20
"""Seconds after which a record counts as one that hangs."""
SLOW = 2.0
"""CPU seconds that no record of these sizes takes where no work grows faster than the record."""
PIECES = (
    b"\0", b"\x1b[31m", b"\r\n", b"\n", b"\t", b" ", b'"', b"\\", b"'", b"{", b"}", b"[", b"]", b"<", b">", b"|", b"=", b",", b";", b":", b"%", b"#",
    b"\xff", b"\xc3", b"\xed\xa0\x80", "\u202e".encode(), "\u2028".encode(), "\ufeff".encode(), "\u00b2\u0663".encode(), b"CEF:0|", b"LEEF:2.0|",
    b"<134>1 - - - - - -", b"<999>", b"%ASA-6-302013: ", b"[junos@2636 ", b"\\=", b"\\\\", b"\\u0000", b"\\ud800", b'{"message":"', b"<Event><System>",
    b"0x", b"-1", b"99999999999999999999", b"1e999", b"NaN", b"null", b"2026-02-30T25:61:61Z", b"Feb 30 25:61:61 ", b"::", b"1.2.3.4.5", b"/", b"../",
)  # fmt: skip


def corpus() -> list[bytes]:
    """Golden lines of all formats, and malformed ones where the measuring data lies beside the checkout."""
    found = [record_of(case).raw for file in sorted(GOLDEN.glob("*.jsonl")) for case in cases(file)]
    if MALFORMED.exists():
        found += [
            json.loads(line)["raw"].encode("utf-8", "surrogatepass") for line in MALFORMED.read_bytes().splitlines()
        ]
    return found


def _insert(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    at = draw.randint(0, len(raw))
    return raw[:at] + draw.choice(PIECES) * draw.choice((1, 1, 1, 2, 7)) + raw[at:]


def _delete(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    at = draw.randint(0, len(raw))
    return raw[:at] + raw[at + draw.randint(1, 40) :]


def _cut(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    return raw[: draw.randint(0, len(raw))]


def _splice(draw: Random, raw: bytes, lines: list[bytes]) -> bytes:
    other = draw.choice(lines)
    return raw[: draw.randint(0, len(raw))] + other[draw.randint(0, len(other)) :]


def _flip(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    if not raw:
        return raw
    at = draw.randrange(len(raw))
    return raw[:at] + bytes([draw.randrange(256)]) + raw[at + 1 :]


def _repeat(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    """A piece very often: what is quadratic shows."""
    at = draw.randint(0, len(raw))
    piece = raw[at : at + draw.randint(1, 30)] or b"a"
    size = draw.choice((100, 1_000, 10_000, 60_000))
    return raw[:at] + piece * (size // len(piece)) + raw[at:]


def _wrap(draw: Random, raw: bytes, _: list[bytes]) -> bytes:
    text = raw.decode("utf-8", "replace")
    return draw.choice((
        lambda: orjson.dumps({"message": text, "event": {"timezone": "+07:00"}}),
        lambda: b"<134>Feb 28 23:14:02 host1 app[1]: " + raw,
        lambda: b'<13>1 2026-02-28T16:14:02Z h a - - [x@1 k="v"] ' + raw,
        lambda: b"2026-02-28T16:14:05.277747246Z stderr F " + raw,
        lambda: orjson.dumps({"MESSAGE": text, "__REALTIME_TIMESTAMP": "1772295242123456", "_COMM": "x"}),
        lambda: orjson.dumps({"log": text, "stream": "stderr", "time": "2026-02-28T16:14:05.277747246Z"}),
    ))()  # fmt: skip


_DAMAGES: tuple[Callable[[Random, bytes, list[bytes]], bytes], ...] = (
    _insert, _insert, _insert, _delete, _cut, _splice, _splice, _flip, _repeat, _wrap,
)  # fmt: skip


def damaged(draw: Random, lines: list[bytes]) -> Iterator[bytes]:
    while True:
        raw = draw.choice(lines)
        for _ in range(draw.choice((1, 1, 2, 2, 3, 5))):
            raw = draw.choice(_DAMAGES)(draw, raw, lines)
        yield raw


def understand(raw: bytes, zone: str = "Asia/Ho_Chi_Minh") -> str:
    """All that is ever done with a record, what goes wrong raised; the format that has it, or why none has."""
    record = Record(raw, "fuzz", 0, ARRIVED, LogSource("logs.host", timezone=zone))
    try:
        event = parse.parse(record)
    except parse.Unparsable as refused:
        reason = refused.reason
    else:
        _use(event)
        return event.format.name
    assert reason in parse.REASONS
    assert reason != "parser_fault"
    _store(document_of(record))
    return reason


def _use(event: Event) -> None:
    document = parse.ecs(event)
    assert not [name for name in document if name.startswith(("soc.", "triage."))]
    hash(event.format.kind(event.native))
    for _ in event.format.values(event.native):
        pass
    _store(parse.nested(document))
    is_understood(document)
    shape(event.frame.text)
    single = parse.EcsFields(event)
    assert {name: single.get(name) for name in event.format.ecs_fields} == {
        name: document.get(name) for name in event.format.ecs_fields
    }


def _store(document: dict[str, Any]) -> None:
    assert orjson.loads(orjson.dumps(document))


def _hung(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {HANGS} seconds")


@click.command()
@click.option("--seconds", default=600.0, show_default=True, help="CPU seconds.")
@click.option("--seed", default=0, help="Of another run, to repeat it; a new one if not given.")
def main(seconds: float, seed: int) -> None:
    """Damage records for some time; exit status 1 if one breaks something."""
    seed = seed or random.SystemRandom().randrange(1, 1 << 32)
    click.echo(f"seed {seed}")
    parse.prepare()
    signal.signal(signal.SIGALRM, _hung)
    counts: Counter[str] = Counter()
    broken: dict[str, bytes] = {}
    slowest: dict[str, tuple[float, bytes]] = {}
    end = time.process_time() + seconds
    for raw in damaged(random.Random(seed), corpus()):
        start = time.process_time()
        if start >= end:
            break
        found = _watched(raw)
        took = time.process_time() - start
        if took > SLOW and not found.startswith("!"):
            found = f"!slow: {found}"
        counts["broken" if found.startswith("!") else found] += 1
        if found.startswith("!"):
            broken.setdefault(found, raw)
        slowest[found] = max(slowest.get(found, (0.0, b"")), (took, raw))
    click.echo(f"{counts.total()} records, each a document or a reason: {dict(sorted(counts.items()))}")
    for found, (took, raw) in sorted(slowest.items(), key=lambda item: -item[1][0])[:8]:
        click.echo(f"slowest of {found}: {took * 1000:.0f} ms, {len(raw)} bytes {raw[:120]!r}")
    for fault, raw in broken.items():
        click.echo(f"{fault}\n  by {len(raw)} bytes {raw[:2000]!r}", err=True)
    if broken:
        raise SystemExit(1)


def _watched(raw: bytes) -> str:
    """As `understand`; `!` and what broke where, if something did."""
    signal.alarm(HANGS)
    try:
        return understand(raw)
    except Exception as fault:  # noqa: BLE001 (all of them are what is looked for)
        place = traceback.extract_tb(fault.__traceback__)[-2 if isinstance(fault, TimeoutError) else -1]
        return f"!{place.filename.rpartition('/')[2]}:{place.lineno} {type(fault).__name__}"
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    main()
