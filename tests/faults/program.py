"""The rows of the fault matrix, and how they are run."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from tests import services
from tests.faults import content, rows_broker, rows_data, rows_site, rows_store, rows_volume, rows_workers
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
    store: bool = True

    async def __call__(self, result: Result, scale: Scale, elasticsearch: services.Elasticsearch) -> None:
        async with plant(self.layout, result.seed, elasticsearch) as made:
            result.note("works")
            await self.act(made, scale, result)
            await settle(made, result, self.bound)


@dataclass(frozen=True)
class Own:
    """Rows that build what they need themselves, one after the other."""

    acts: tuple[Callable[[Result, Scale, services.Elasticsearch], Awaitable[None]], ...]
    store: bool = False
    """Whether Elasticsearch is needed."""

    async def __call__(self, result: Result, scale: Scale, elasticsearch: services.Elasticsearch) -> None:
        for act in self.acts:
            part = Result(result.row, result.seed)
            await act(part, scale, elasticsearch)
            result.add(part)


ROWS: dict[str, Live | Own] = {
    "F1": Live(rows_workers.f1),
    "F2": Live(rows_workers.f2, Layout(load={"odd": (b"\xff\x00 bad",)})),
    "F3": Live(rows_workers.f3, Layout({"detect": 2, "correlate": 2, "index": 2, "jobs": 1})),
    "F4": Live(rows_workers.f4, Layout({"detect": 1, "correlate": 1, "index": 1, "jobs": 1})),
    "F5": Live(rows_workers.f5, Layout({"detect": 2, "correlate": 2, "index": 2, "jobs": 1})),
    "F6": Live(rows_broker.f6),
    "F7": Live(rows_broker.f7, bound=300),
    "F8": Live(rows_data.f8, Layout(front="broker")),
    "F9": Live(rows_broker.f9),
    "F10": Live(rows_store.f10),
    "F11": Live(rows_store.f11, bound=300),
    "F12": Live(rows_store.f12, Layout(front="store")),
    "F13": Live(rows_store.f13, Layout(front="store")),
    "F14": Live(rows_store.f14),
    "F15": Live(rows_store.f15),
    "F16": Live(rows_data.f16, Layout(load={"odd": rows_data.POISON, "rate": 40})),
    "F17": Live(rows_broker.f17, Layout(load={"odd": (b"\xff\x00 bad",)})),
    "F18": Live(rows_data.f18, Layout(lateness=30, load={"disorder": 20, "repeats": 0.05, "clocks": rows_data.FAR})),
    "F19": Live(rows_volume.f19, Layout(flood=True, aside=frozenset({content.NOISY}))),
    "F20": Live(rows_data.f20, Layout(aside=frozenset({rows_data.EXTRA}))),
    "F21": Live(rows_data.f21),
    "F22": Own((rows_site.f22_site, Live(rows_broker.f22_broker, Layout(disk="300m"))), store=True),
    "F23": Own((rows_site.f23,)),
    "F24": Live(rows_workers.f24, Layout({"detect": 2, "correlate": 2, "index": 2, "jobs": 1})),
    "F26": Live(rows_workers.f26, Layout(lateness=20)),
    "F27": Own((rows_site.f27_files, Live(rows_broker.f27_topic)), store=True),
    "F28": Own((rows_site.f28,), store=True),
    "F29": Live(rows_broker.f29),
    "F30": Live(rows_workers.f30),
}
QUICK = ("F1", "F2", "F3", "F8", "F12", "F14", "F16", "F23", "F26")


async def run_row(name: str, seed: int, scale: Scale, elasticsearch: services.Elasticsearch) -> Result:
    result, began = Result(name, seed), time.monotonic()
    try:
        await ROWS[name](result, scale, elasticsearch)
    except Exception as error:  # noqa: BLE001 (the other rows are still worth running)
        result.wrong.append(f"{type(error).__name__}: {str(error)[:400]}")
        traceback.print_exc()
    result.seconds = time.monotonic() - began
    return result


async def run(names: list[str], seed: int, scale: Scale) -> list[Result]:
    elasticsearch = services.Elasticsearch()
    with ExitStack() as stack:
        if any(ROWS[name].store for name in names):
            stack.enter_context(services.running(elasticsearch))
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
