"""The rows of the fault matrix: what is done, on what, and the faults of our own making that the judge must see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.faults import content, rows_broker, rows_data, rows_site, rows_spool, rows_store, rows_volume, rows_workers
from tests.faults.judge import Result, settle
from tests.faults.plant import Layout, plant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from tests.faults.plant import Plant
    from tests.faults.scale import Scale
    from tests.services import Elasticsearch

    Act = Callable[[Plant, Scale, Result], Awaitable[None]]
    Tell = Callable[[Result], None]

_TWO_OF_EACH = {"detect": 2, "correlate": 2, "index": 2, "jobs": 1}
_ONE_OF_EACH = {"detect": 1, "correlate": 1, "index": 1, "jobs": 1}
_BAD = {"odd": (b"\xff\x00 bad",)}


@dataclass(frozen=True)
class Live:
    """Rows on one plant under load, one after the other: each does its harm, the judge compares with the oracle.

    They share a plant because what starts it costs more than most faults.
    """

    layout: Layout
    rows: Mapping[str, Act]
    bounds: Mapping[str, float] = field(default_factory=dict)
    """How many seconds recovery may take, if not a minute."""
    store: bool = True
    part: str = "plant"
    """Several groups may have parts of one row."""

    once: bool = False
    """Judged once, after the last row: what is lost then may be any row's, and time is saved."""

    async def __call__(self, seed: int, scale: Scale, elasticsearch: Elasticsearch, tell: Tell) -> None:
        async with plant(self.layout, seed, elasticsearch) as made:
            waiting: list[Result] = []
            for number, (name, act) in enumerate(self.rows.items(), 1):
                result = Result(name, seed)
                made.strike()  # a row without a moment of harm is not to be measured from the one before
                with result.kept():
                    await act(made, scale, result)
                    if self.once and number < len(self.rows):
                        waiting.append(result)
                        continue
                    await settle(made, result, self.bounds.get(name, 60.0))
                for each in waiting:
                    each.share(result)
                    tell(each)
                waiting.clear()
                tell(result)
                for worker in made.crew.workers:
                    worker.extra = dict(self.layout.extra)


@dataclass(frozen=True)
class Own:
    """A row that builds what it needs itself, one part after the other."""

    name: str
    parts: tuple[Callable[[Result, Scale, Elasticsearch], Awaitable[None]], ...]
    store: bool = False
    """Whether Elasticsearch is needed."""
    part: str = "site"

    @property
    def rows(self) -> tuple[str, ...]:
        return (self.name,)

    async def __call__(self, seed: int, scale: Scale, elasticsearch: Elasticsearch, tell: Tell) -> None:
        result = Result(self.name, seed)
        with result.kept():
            for part in self.parts:
                done = Result(self.name, seed)
                await part(done, scale, elasticsearch)
                result.add(done)
        tell(result)


WORKERS = Live(
    Layout(_TWO_OF_EACH, lateness=20, load=_BAD),
    {
        "F2": rows_workers.f2,
        "F1": rows_workers.f1,
        "F3": rows_workers.f3,
        "F26": rows_workers.f26,
        "F30": rows_workers.f30,
        "F4": rows_workers.f4,
        "F5": rows_workers.f5,
        "F24": rows_workers.f24,
    },
)
BROKER = Live(
    Layout(front="broker", load=_BAD, aside=frozenset({"long"})),
    {
        "F8": rows_data.f8,
        "F29": rows_broker.f29,
        "F6": rows_broker.f6,
        "F17": rows_broker.f17,
        "F7": rows_broker.f7,
        "F9": rows_broker.f9,
        "F27": rows_broker.f27_topic,
    },
    {"F7": 300},
)
STORE = Live(
    Layout(front="store"),
    {
        "F12": rows_store.f12,
        "F13": rows_store.f13,
        "F10": rows_store.f10,
        "F14": rows_store.f14,
        "F15": rows_store.f15,
        "F11": rows_store.f11,
    },
    {"F11": 300},
)
DATA = Live(
    Layout(
        lateness=30,
        flood=True,
        aside=frozenset({content.NOISY, rows_data.EXTRA}),
        load={"odd": rows_data.POISON, "disorder": 20, "repeats": 0.05, "clocks": rows_data.FAR},
    ),
    {
        "F18": rows_data.f18,
        "F21": rows_data.f21,
        "F20": rows_data.f20,
        "F16": rows_data.f16,
        "F19": rows_volume.f19,
    },
)
SPOOL = Live(Layout({**_ONE_OF_EACH, "receive": 1}, syslog=True), {"F2": rows_spool.f2_spool}, part="spool")
DISK = Live(Layout(disk="300m"), {"F22": rows_broker.f22_broker}, part="broker")
SITES = (
    Own("F23", (rows_site.f23,)),
    Own("F22", (rows_site.f22_site,)),
    Own("F27", (rows_site.f27_files,)),
    Own("F28", (rows_site.f28,), store=True),
)
USUAL: tuple[Live | Own, ...] = (WORKERS, BROKER, STORE, DATA, SPOOL, DISK, *SITES)
ROWS = sorted({name for each in USUAL for name in each.rows}, key=lambda name: int(name[1:]))
QUICK = (
    Live(
        Layout(_TWO_OF_EACH, front="broker", load={"odd": rows_data.POISON, "rate": 40}),
        {
            "F1": rows_workers.f1,
            "F3": rows_workers.f3,
            "F26": rows_workers.f26,
            "F16": rows_data.f16,
            "F8": rows_data.f8,
            "F14": rows_store.f14,
        },
        once=True,
    ),
    Own("F23", (rows_site.f23,)),
)
"""What CI has the time for; F2 and F12 run there over memory (`test_every_step.py`, `tests/stores`)."""


def only(groups: Sequence[Live | Own], names: Collection[str]) -> list[Live | Own]:
    """Of these groups the named rows."""
    found: list[Live | Own] = []
    for each in groups:
        if isinstance(each, Own):
            found += [each] if each.name in names else []
        elif rows := {name: act for name, act in each.rows.items() if name in names}:
            found.append(replace(each, rows=rows))
    return found


def _broken(how: str, name: str, act: Act) -> Live:
    return Live(Layout(load=_BAD, extra={"SOC_BROKEN": how}), {name: act})


OURS = (
    _broken("early_commit", "early-commit", rows_workers.f2_detect),
    _broken("random_alert", "random-alert", rows_workers.nothing),
    _broken("wall_clock", "wall-clock", rows_workers.f26),
)
"""Promises broken on purpose: each must fail."""
