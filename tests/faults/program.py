"""The rows of the fault matrix, and how they are run."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from tests import services
from tests.faults import rows_workers
from tests.faults.judge import Result, settle
from tests.faults.plant import Layout, plant
from tests.faults.report import line, save
from tests.faults.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.faults.plant import Plant


@dataclass(frozen=True)
class Live:
    """A row on a plant under load: `act` does the harm, the judge compares with the oracle."""

    act: Callable[[Plant, Scale, Result], Awaitable[None]]
    layout: Layout = field(default_factory=Layout)
    bound: float = 60.0
    """How many seconds recovery may take."""

    async def run(self, result: Result, scale: Scale, elasticsearch: services.Elasticsearch) -> None:
        async with plant(self.layout, result.seed, elasticsearch) as made:
            await self.act(made, scale, result)
            await settle(made, result, self.bound)


ROWS: dict[str, Live] = {
    "F1": Live(rows_workers.f1),
}
QUICK = ("F1",)


async def run_row(name: str, seed: int, scale: Scale, elasticsearch: services.Elasticsearch) -> Result:
    result, began = Result(name, seed), time.monotonic()
    try:
        await ROWS[name].run(result, scale, elasticsearch)
    except Exception as error:  # noqa: BLE001 (the other rows are still worth running)
        result.wrong.append(f"{type(error).__name__}: {str(error)[:400]}")
        traceback.print_exc()
    result.seconds = time.monotonic() - began
    return result


async def run(names: list[str], seed: int, scale: Scale) -> list[Result]:
    elasticsearch = services.Elasticsearch()
    with services.running(elasticsearch):
        done = []
        for name in names:
            result = await run_row(name, seed, scale, elasticsearch)
            click.echo(line(result))
            save(result, scale)
            done.append(result)
        return done


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", action="append", choices=list(ROWS), help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--scale", choices=("quick", "usual", "full"), default="usual")
    told = parser.parse_args(arguments)
    names = told.row or [name for name in ROWS if told.scale != "quick" or name in QUICK]
    results = asyncio.run(run(names, told.seed, Scale(told.scale)))
    return 0 if all(result.verdict == "pass" for result in results) else 1
