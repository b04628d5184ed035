"""Golden files, one per format: what was delivered -> the ECS document, whole.

A line of `tests/golden/<format>.jsonl` is `{"raw": ..., "ecs": {...}}`, and where it matters `"timezone"`, `"arrived"` (ISO),
`"header"`, or `"raw64"` instead of `"raw"` for bytes that are no text; of a dead letter it has `"unparsable": reason` instead of `"ecs"`.
`SOC_GOLDEN=write` writes what the parsers say now: read every value before committing it.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from soc import instant, parse
from soc.record import LogSource, Record

GOLDEN = Path(__file__).parent.parent / "golden"
ARRIVED = "2026-03-01T05:00:00Z"


def record_of(case: dict[str, Any]) -> Record:
    raw = base64.b64decode(case["raw64"]) if "raw64" in case else case["raw"].encode("utf-8", "surrogatepass")
    arrived = instant.parse_iso(case.get("arrived", ARRIVED))
    assert arrived is not None
    source = LogSource("logs.host", timezone=case.get("timezone", "Asia/Ho_Chi_Minh"))
    return Record(raw, "file:golden", 0, arrived, source, case.get("header", ""))


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    """What the parsers make of a case: `format` and `ecs`, or `unparsable`."""
    try:
        event = parse.parse(record_of(case))
    except parse.Unparsable as refused:
        return {"unparsable": refused.reason}
    document = orjson.loads(orjson.dumps(parse.ecs(event)))  # as it is stored
    return {"format": event.format.name, "ecs": dict(sorted(document.items()))}


def cases(file: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip()]


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.jsonl")), ids=lambda file: file.stem)
def test_records_become_these_documents(file: Path) -> None:
    given = cases(file)
    told = [
        {**{name: case[name] for name in case if name not in {"ecs", "format", "unparsable"}}, **outcome(case)}
        for case in given
    ]
    if os.environ.get("SOC_GOLDEN") == "write":
        file.write_bytes(b"".join(orjson.dumps(case) + b"\n" for case in told))
    assert told == given


def test_every_format_has_a_golden_file_that_it_recognises_by_itself() -> None:
    """A file may hold records of other formats too, but its own must occur."""
    missing = [
        name
        for name in parse.formats()
        if not any(case.get("format") == name for file in GOLDEN.glob(f"{name}.jsonl") for case in cases(file))
    ]
    assert missing == []
