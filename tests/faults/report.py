"""One line for each row, and the table in `docs/reliability.md`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.faults.judge import Result
    from tests.faults.scale import Scale


def line(result: Result) -> str:
    recovery = "-" if result.recovery is None else f"{result.recovery:.1f} s"
    head = (
        f"{result.row:<4} {result.verdict:<10} seed {result.seed:<7} faults {result.faults}/{result.wanted}  expected "
        f"{result.expected}  missing {result.missing}  extra {result.extra}  doubled {result.doubled}  differing "
        f"{result.differing}  recovery {recovery}  took {result.seconds:.0f} s"
    )
    return "\n".join(
        [head, *(f"     wrong: {each}" for each in result.wrong), *(f"     {each}" for each in result.told)]
    )


def save(result: Result, scale: Scale, part: str) -> None:
    """Into the file that `SOC_FAULTS_RESULTS` names, one JSON line each: what the table is made of."""
    if named := os.environ.get("SOC_FAULTS_RESULTS"):
        entry = {
            **asdict(result),
            "verdict": result.verdict,
            "part": part,
            "scale": scale.name,
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        }
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def table(file: str) -> str:
    """The last result of each row, as Markdown; the parts of a row count together."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in map(json.loads, Path(file).read_text(encoding="utf-8").splitlines()):
        last[entry["row"], entry["part"]] = entry
    names = sorted({row for row, _ in last}, key=lambda row: (len(row), row))
    head = "| row | verdict | scale | seed | faults | expected | missing | extra | doubled | recovery | run at (UTC) |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(_joined([each for (row, _), each in last.items() if row == name]) for name in names)])


def _joined(parts: Sequence[Mapping[str, Any]]) -> str:
    def total(name: str) -> str:
        return str(sum(part[name] for part in parts))

    verdicts = {part["verdict"] for part in parts}
    verdict = next(each for each in ("FAIL", "INCOMPLETE", "pass") if each in verdicts)
    waits = [part["recovery"] for part in parts if part["recovery"] is not None]
    told = (
        parts[0]["row"],
        verdict,
        ", ".join(sorted({part["scale"] for part in parts})),
        str(parts[0]["seed"]),
        f"{total('faults')} of {total('wanted')}",
        *map(total, ("expected", "missing", "extra", "doubled")),
        f"{max(waits):.1f} s" if waits else "-",
        max(part["at"] for part in parts),
    )
    return f"| {' | '.join(told)} |"
