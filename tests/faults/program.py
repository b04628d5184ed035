"""How the rows of the fault matrix are run: `make faults`, `make soak`, and the self-test."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from tests import services
from tests.faults import report, soak
from tests.faults.judge import Result
from tests.faults.matrix import OURS, QUICK, ROWS, USUAL, only
from tests.faults.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.matrix import Live, Own


async def run(groups: Sequence[Live | Own], seed: int, scale: Scale) -> list[Result]:
    elasticsearch, done = services.Elasticsearch(), list[Result]()

    def tell(result: Result) -> None:
        click.echo(report.line(result))
        report.save(result, scale, group.part)
        done.append(result)

    with ExitStack() as stack:
        if any(group.store for group in groups):
            stack.enter_context(services.running(elasticsearch))
        for group in groups:
            try:
                await group(seed, scale, elasticsearch, tell)
            except Exception as error:  # noqa: BLE001 (the other groups are still worth running)
                traceback.print_exc()
                tell(Result("+".join(group.rows), seed, wrong=[f"{type(error).__name__}: {str(error)[:300]}"]))
    return done


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", action="append", choices=ROWS, help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--scale", choices=("quick", "usual", "full"), default="usual")
    parser.add_argument("--self-test", action="store_true", help="break promises on purpose: each must be seen")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="run under load with faults at random (F25)")
    parser.add_argument("--table", metavar="FILE", help="print the table of results that SOC_FAULTS_RESULTS collected")
    told = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that brokers go away is the point
    scale = Scale(told.scale)
    if told.table:
        click.echo(report.table(told.table))
        return 0
    if told.soak:
        return asyncio.run(soak.run(told.soak, told.seed))
    if told.self_test:
        results = asyncio.run(run(OURS, told.seed, scale))
        missed = [result.row for result in results if not result.lost]
        click.echo(f"not seen: {', '.join(missed)}" if missed else "all were seen")
        return 1 if missed else 0
    groups = QUICK if told.scale == "quick" and not told.row else USUAL
    results = asyncio.run(run(only(groups, told.row or ROWS), told.seed, scale))
    return 0 if all(result.verdict == "pass" for result in results) else 1
