"""One line for each row, and the table in `docs/reliability.md`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def save(result: Result, scale: Scale) -> None:
    """Into the file that `SOC_FAULTS_RESULTS` names, one JSON line each: what the table is made of."""
    if named := os.environ.get("SOC_FAULTS_RESULTS"):
        entry = {
            **asdict(result),
            "verdict": result.verdict,
            "scale": scale.name,
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        }
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def table(file: str) -> str:
    """The last result of each row, as Markdown."""
    last = {}
    for entry in map(json.loads, Path(file).read_text(encoding="utf-8").splitlines()):
        last[entry["row"]] = entry
    rows = sorted(last.values(), key=lambda entry: int(entry["row"][1:]))
    head = "| row | verdict | seed | faults | expected | missing | extra | doubled | recovery | run at (UTC) |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|"]
    for each in rows:
        recovery = "-" if each["recovery"] is None else f"{each['recovery']:.1f} s"
        numbers = " | ".join(str(each[name]) for name in ("expected", "missing", "extra", "doubled"))
        lines.append(
            f"| {each['row']} | {each['verdict']} | {each['seed']} | {each['faults']} of {each['wanted']} | {numbers} | "
            f"{recovery} | {each['at']} |"
        )
    return "\n".join(lines)
