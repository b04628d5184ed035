"""A fault at every step of input and output: nothing is missing, nothing is extra, every document is the oracle's."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from soc import finding, roles
from soc.correlate import Windows
from tests.faults.world import Fault, Stored, Steps, World, content_in, oracle, records_of

if TYPE_CHECKING:
    from soc.pipeline import Content

SEEDS = range(20)
APPENDS = ("append soc.hits", "append soc.findings", "append soc.deadletter")
ANYWHERE = (
    *APPENDS, "source.read", "source.done", "partitions", "create",
    "join soc-correlate", "join soc-index", "read soc-correlate", "read soc-index",
    "commit soc-correlate", "commit soc-index", "committed soc-correlate",
)  # fmt: skip


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    return content_in(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def reached(content: Content) -> Steps:
    """How often each step comes in an undisturbed run, over all seeds the least."""
    return {}


async def run(content: Content, seed: int, fault: Fault | None = None) -> tuple[Stored, Stored]:
    world = World(records_of(seed), content, seed)
    return await world.to_the_end(fault), oracle(world.records, content)


async def test_without_a_fault_the_roles_give_what_the_oracle_gives(content: Content) -> None:
    for seed in SEEDS:
        stored, expected = await run(content, seed)
        assert len(expected.findings) > 20
        assert {one["soc"]["kind"] for one in expected.findings.values()} == {"rule", "anomaly"}
        assert stored == expected, seed
