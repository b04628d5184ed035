"""The rows of the fault matrix: what is done, on what, and the faults of our own making that the judge must see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults import content, rows_broker, rows_data, rows_site, rows_store, rows_volume, rows_workers
from tests.faults.judge import Result, settle
from tests.faults.plant import Layout, plant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests import services
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

_TWO_OF_EACH = {"detect": 2, "correlate": 2, "index": 2, "jobs": 1}
_ONE_OF_EACH = {"detect": 1, "correlate": 1, "index": 1, "jobs": 1}
_BAD = {"odd": (b"\xff\x00 bad",)}


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
    """Rows that build what they need themselves, one part after the other."""

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
    "F2": Live(rows_workers.f2, Layout(load=_BAD)),
    "F3": Live(rows_workers.f3, Layout(_TWO_OF_EACH)),
    "F4": Live(rows_workers.f4, Layout(_ONE_OF_EACH)),
    "F5": Live(rows_workers.f5, Layout(_TWO_OF_EACH)),
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
    "F17": Live(rows_broker.f17, Layout(load=_BAD)),
    "F18": Live(rows_data.f18, Layout(lateness=30, load={"disorder": 20, "repeats": 0.05, "clocks": rows_data.FAR})),
    "F19": Live(rows_volume.f19, Layout(flood=True, aside=frozenset({content.NOISY}))),
    "F20": Live(rows_data.f20, Layout(aside=frozenset({rows_data.EXTRA}))),
    "F21": Live(rows_data.f21),
    "F22": Own((rows_site.f22_site, Live(rows_broker.f22_broker, Layout(disk="300m"))), store=True),
    "F23": Own((rows_site.f23,)),
    "F24": Live(rows_workers.f24, Layout(_TWO_OF_EACH)),
    "F26": Live(rows_workers.f26, Layout(lateness=20)),
    "F27": Own((rows_site.f27_files, Live(rows_broker.f27_topic)), store=True),
    "F28": Own((rows_site.f28,), store=True),
    "F29": Live(rows_broker.f29),
    "F30": Live(rows_workers.f30),
}
QUICK = ("F1", "F3", "F8", "F14", "F16", "F23", "F26")
"""What CI has the time for; F2 and F12 run there too, over memory (`test_every_step.py`, `tests/stores`)."""


def _broken(how: str) -> Layout:
    return Layout(load=_BAD, extra={"SOC_BROKEN": how})


OURS: dict[str, Live] = {
    "early-commit": Live(rows_workers.f2_detect, _broken("early_commit")),
    "random-alert": Live(rows_workers.nothing, _broken("random_alert")),
    "wall-clock": Live(rows_workers.f26, _broken("wall_clock")),
}
"""Promises broken on purpose: each must fail."""
