"""`make bench`: records per CPU-second of each family of logs, to the event and to the full ECS document.

Ratios to decoding and encoding that document with orjson in the same run are what can be compared; seconds depend on the
machine. The measuring data where it lies beside the checkout, else the golden files.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import orjson

from soc import instant, parse
from soc.record import LogSource, Record
from tests.conftest import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = SHARED / "data/parser_cases/open"
GOLDEN = Path(__file__).parent.parent / "golden"
ARRIVED = "2026-03-01T05:00:00Z"
REPEATS = 25


class Cost(NamedTuple):
    """Seconds a record of an otherwise idle processor."""

    event: float
    document: float
    recognition: float
    """What of it goes into finding the format."""
    json: float
    """Decoding and encoding the document with orjson."""


def records_of(file: Path) -> list[Record]:
    """Those of its cases that are events."""
    arrived = instant.parse_iso(ARRIVED)
    assert arrived is not None
    records = []
    for line in file.read_bytes().splitlines():
        case: dict[str, Any] = orjson.loads(line)
        raw = case.get("raw", "").encode("utf-8", "surrogatepass")
        source = LogSource("logs.host", timezone="Asia/Ho_Chi_Minh")
        record = Record(raw, "file:bench", 0, arrived, source, case.get("header", ""))
        try:
            parse.ecs(parse.parse(record))
        except parse.Unparsable:
            continue
        records.append(record)
    return records


def document_of(record: Record) -> dict[str, Any]:
    return parse.nested(parse.ecs(parse.parse(record)))


def cost_of(records: list[Record]) -> Cost:
    """The steps take turns, record by record, and of each the shortest of many times counts: others use the machine too."""
    named = [
        record._replace(source=record.source._replace(format=parse.parse(record).format.name)) for record in records
    ]
    encoded = [orjson.dumps(document_of(record)) for record in records]
    event, document, known, json = [
        sum(shortest) / len(records) / 1e9
        for shortest in zip(*(_shortest(each) for each in zip(records, named, encoded, strict=True)), strict=True)
    ]
    return Cost(event, document, max(event - known, 0), json)


def _shortest(each: tuple[Record, Record, bytes]) -> tuple[int, ...]:
    """Nanoseconds of each step for one record."""
    record, named, encoded = each
    steps: tuple[tuple[Callable[[Any], object], object], ...] = (
        (parse.parse, record), (document_of, record), (parse.parse, named), (_recoded, encoded),
    )  # fmt: skip
    best = [1 << 62] * len(steps)
    for _ in range(REPEATS):
        for number, (step, given) in enumerate(steps):
            start = time.perf_counter_ns()
            step(given)
            best[number] = min(best[number], time.perf_counter_ns() - start)
    return tuple(best)


def _recoded(document: bytes) -> bytes:
    return orjson.dumps(orjson.loads(document))


def main(names: list[str]) -> None:
    files = sorted((CASES if CASES.is_dir() else GOLDEN).glob("*.jsonl"))
    gc.freeze()
    click.echo(f"{'family':<20}{'to the event':>14}{'to ECS':>10}{'times JSON':>12}{'recognition':>13}")
    costs = []
    for file in files:
        if (not names or file.stem in names) and (records := records_of(file)):
            cost = cost_of(records)
            costs.append(cost)
            click.echo(
                f"{file.stem:<20}{1 / cost.event:>14,.0f}{1 / cost.document:>10,.0f}{cost.document / cost.json:>12.1f}"
                f"{cost.recognition / cost.document:>13.0%}",
            )
    ratios = [cost.document / cost.json for cost in costs]
    click.echo(
        f"median {1 / statistics.median(cost.document for cost in costs):,.0f} records per CPU-second to ECS, "
        f"{statistics.median(ratios):.1f} times JSON, at most {max(ratios):.1f}; recognition "
        f"{sum(cost.recognition for cost in costs) / sum(cost.document for cost in costs):.0%}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
