"""A fault at every step of input and output: nothing is missing, nothing is extra, every document is the oracle's."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from soc import finding, pipeline
from soc.correlate import Windows
from soc.hit import END
from soc.replaying import replay
from tests.faults.world import CORRELATIONS, Fault, Stored, World, content_in, direct, oracle, records_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from soc.pipeline import Content
    from soc.record import Record

SEEDS = range(20)
APPENDS = ("append soc.hits", "append soc.findings", "append soc.panes", "append soc.deadletter")
REBUILT = ("offsets soc-correlate", "seek soc-correlate")
"""Steps of a process that was there before."""
ANYWHERE = (
    *APPENDS, "source.read", "source.done", "partitions", "create",
    "join soc-correlate", "join soc-index", "read soc-correlate", "read soc-index",
    "commit soc-correlate", "commit soc-index", "committed soc-correlate", "kept soc.panes", *REBUILT,
)  # fmt: skip

RARE = {
    "join soc-correlate",
    "join soc-index",
    "committed soc-correlate",
    "kept soc.panes",
    *REBUILT,
    "append soc.deadletter",
    "append soc.panes",
}
"""Steps that are reached once or twice in a run."""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return content_in(tmp_path_factory.mktemp("content"))


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", direct)


@pytest.fixture(scope="module")
def expected(content: Content) -> list[Stored]:
    """By seed."""
    return [oracle(records_of(seed), content) for seed in SEEDS]


async def run(content: Content, seed: int, *faults: Fault) -> Stored:
    return await World(records_of(seed), content, seed).to_the_end(*faults)


async def test_without_a_fault_the_roles_give_what_the_oracle_gives(content: Content, expected: list[Stored]) -> None:
    for seed in SEEDS:
        assert len(expected[seed].findings) > 10
        assert {one["soc"]["kind"] for one in expected[seed].findings.values()} == {"rule", "anomaly", "correlation"}
        assert await run(content, seed) == expected[seed], seed
    fired = {one["rule"]["id"] for each in expected for one in each.findings.values()}
    assert fired >= CORRELATIONS.keys()


async def test_a_replay_of_the_same_records_gives_it_too(content: Content, expected: list[Stored]) -> None:
    for seed in SEEDS:
        found: list[finding.Finding] = []
        await replay(batches(seed), content, found.extend, until=END)
        unique, alerts = pipeline.index(found)
        assert {each.id for each in unique} == expected[seed].findings.keys(), seed
        assert {each.id for each in alerts} == expected[seed].alerts.keys(), seed


async def batches(seed: int) -> AsyncIterator[Sequence[Record]]:
    for records in records_of(seed).values():
        for start in range(0, len(records), 5):
            yield records[start : start + 5]


def faults(step: str, kind: str) -> list[tuple[int, Fault]]:
    """One for each seed: sometimes before the step and sometimes after it, early and late."""
    found = []
    for seed in SEEDS:
        chance = random.Random(f"{step} {kind} {seed}")
        nth = 1 if step in RARE else chance.randrange(1, 9)
        found.append((seed, Fault(step, nth, chance.random() < 0.5, kind)))
    return found


async def strike(content: Content, expected: list[Stored], step: str, kind: str) -> None:
    happened = 0
    for seed, fault in faults(step, kind):
        before = [Fault("create", 2, after=True, kind="crash")] if step in REBUILT else []
        assert await run(content, seed, *before, fault) == expected[seed], (seed, fault)
        happened += fault.happened
    assert happened >= len(SEEDS) * 0.7, f"{happened} faults at {step}"


@pytest.mark.parametrize("step", ANYWHERE)
async def test_the_process_may_end_at_every_step(content: Content, expected: list[Stored], step: str) -> None:
    await strike(content, expected, step, "crash")


@pytest.mark.parametrize("step", ANYWHERE)
async def test_an_exception_at_any_step_loses_and_doubles_nothing(
    content: Content, expected: list[Stored], step: str
) -> None:
    await strike(content, expected, step, "exception")


@pytest.mark.parametrize(
    "step", [*APPENDS, "partitions", "create", "committed soc-correlate", "kept soc.panes", "offsets soc-correlate"]
)
async def test_a_server_may_be_away_at_any_step(content: Content, expected: list[Stored], step: str) -> None:
    await strike(content, expected, step, "unavailable")


async def test_the_harness_sees_positions_that_move_before_the_outputs_are_durable(
    content: Content, expected: list[Stored]
) -> None:
    missing = 0
    for seed, fault in faults("append soc.findings", "crash"):
        world = World(records_of(seed), content, seed)
        world.early_commit = True
        stored = await world.to_the_end(fault)
        missing += len(expected[seed].findings.keys() - stored.findings.keys())
    assert missing


async def test_the_harness_sees_a_random_alert_id(
    content: Content, expected: list[Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)
    monkeypatch.setattr(finding, "alert_id", lambda *_: f"{chance.getrandbits(160):040x}")
    stored = await run(content, 0)
    assert stored.findings.keys() == expected[0].findings.keys()
    assert stored.alerts.keys() != expected[0].alerts.keys()


async def test_the_harness_sees_windows_that_close_by_the_foremost_clock(
    content: Content, expected: list[Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the wall clock: partitions that are behind find their windows closed."""
    foremost = property(lambda windows: max(windows._clocks.values(), default=0))
    monkeypatch.setattr(Windows, "clock", foremost)
    assert any([await run(content, seed) != expected[seed] for seed in SEEDS])
