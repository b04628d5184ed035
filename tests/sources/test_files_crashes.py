"""Whatever happens to files, and wherever the process dies, each line is told with one ref, and none is missed."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from soc.sources import files
from soc.sources.ledger import Ledger
from tests.sources.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from soc.record import Record


class Died(BaseException):
    """The process is gone."""


class Dying(Ledger):
    """Dies at one step: before or after it is durable."""

    steps = 0
    at = -1

    @classmethod
    def step(cls) -> None:
        cls.steps += 1
        if cls.steps == cls.at:
            raise Died

    def files(self):
        self.step()
        return super().files()

    def slices(self, incarnation, beyond):
        self.step()
        return super().slices(incarnation, beyond)

    def put(self, *arguments):
        self.step()
        super().put(*arguments)
        self.step()

    def done(self, positions):
        self.step()
        super().done(positions)
        self.step()


def seen_again(found: list[Record], taken: dict[str, Record]) -> None:
    """A record that comes again is the same in all."""
    for record in found:
        assert taken.setdefault(record.ref, record) == record


def each_once(taken: dict[str, Record]) -> list[str]:
    return sorted(record.raw.decode() for record in taken.values())


async def _read(site: Site, taken: dict[str, Record]) -> None:
    """To the end, in batches of two; what was taken is known even if `done` never returned."""
    while (batch := await site.source.read(2, 0)).records:
        site.source._rest = 0.0
        seen_again(list(batch.records), taken)
        await site.source.done(batch)


async def _run(site: Site, acts: list[Callable[[Site], None]], taken: dict[str, Record]) -> None:
    """All acts with reading between them; after a death a new process goes on."""
    pending = list(acts)
    while True:
        try:
            await site.open()
            while True:
                await _read(site, taken)
                if not pending:
                    return
                pending.pop(0)(site)
        except Died:
            if site.source:  # what is left of the dead process: its threads and connections
                site.source._thread.shutdown()
                site.source._ledger.close()
            site.source = None


def _acts() -> list[Callable[[Site], None]]:
    return [
        lambda site: site.write("one\ntwo\n"),
        lambda site: site.write("three\nfo"),
        lambda site: site.write("ur\n"),
        lambda site: site.write("five\n"),
        lambda site: site.rename() and None,
        lambda site: site.write("six\n"),
        lambda site: site.pack(site.logs / "app.log.1") and None,
        lambda site: site.write("seven\n"),
        lambda site: site.copy_and_truncate("app.log.2"),
        lambda site: site.write("eight\n"),
    ]


LINES = sorted(["one", "two", "three", "four", "five", "six", "seven", "eight"])


@pytest.fixture
def dying(monkeypatch):
    monkeypatch.setattr(files, "Ledger", Dying)
    monkeypatch.setattr(Dying, "steps", 0)
    return Dying


async def test_a_death_at_any_step_of_the_ledger_loses_and_doubles_nothing(dying, tmp_path, monkeypatch) -> None:
    for at in itertools.count(1):
        monkeypatch.setattr(dying, "steps", 0)
        monkeypatch.setattr(dying, "at", at)
        folder = tmp_path / str(at)
        folder.mkdir()
        site, taken = Site(folder), {}
        await _run(site, _acts(), taken)
        await site.close()
        assert each_once(taken) == LINES, f"death at step {at}"
        if dying.steps < at:
            break
    assert at > 20


OPERATIONS = st.lists(
    st.sampled_from(
        ["line", "lines", "part", "rename", "copytruncate", "truncate after reading", "pack", "delete after reading", "read", "read without done", "restart", "wait"]
    ),
    max_size=25,
)  # fmt: skip


class Model:
    """Writes numbered lines, so that each is unlike any other."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.written: list[str] = []
        self.taken: dict[str, Record] = {}
        self.turn = 0

    async def act(self, name: str) -> None:
        self.turn += 1
        site = self.site
        if name in {"line", "lines", "part"}:
            text = "".join(self._line() for _ in range(1 if name != "lines" else 200))
            site.write(text[:-5] if name == "part" else text)
            if name == "part":
                await self._read()
                site.write(text[-5:])
        elif name == "read":
            await self._read()
        elif name == "read without done":
            seen_again(await site.records(done=False), self.taken)
        elif name == "restart":
            await site.open()
        elif name == "wait":
            site.clock.advance(90_000_000)
        elif site.log.exists():
            await self._rotate(name)

    async def _rotate(self, name: str) -> None:
        site, to = self.site, f"app.log.{self.turn}"
        if "after reading" in name:
            await self._read()
        if name == "rename":
            site.rename(to)
        elif name == "copytruncate":
            site.copy_and_truncate(to)
        elif name == "truncate after reading":
            site.log.write_text("")
        elif name == "pack":
            await self._read()
            site.pack(site.rename(to))
        else:
            site.log.unlink()

    async def _read(self) -> None:
        seen_again(await self.site.records(), self.taken)

    def _line(self) -> str:
        self.written.append(f"line {len(self.written)} of this test")
        return self.written[-1] + "\n"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OPERATIONS)
def test_no_order_of_writing_rotating_and_restarting_loses_or_doubles_a_line(operations) -> None:
    async def run(folder: Path) -> tuple[list[str], list[str]]:
        model = Model(Site(folder))
        await model.site.open()
        for operation in operations:
            await model.act(operation)
        await model._read()
        await model.site.open()
        await model._read()
        await model.site.close()
        return each_once(model.taken), sorted(model.written)

    with tempfile.TemporaryDirectory() as folder:
        found, written = asyncio.run(run(Path(folder)))
    assert found == written


async def test_a_death_while_packed_content_is_read_repeats_the_same_records(dying, tmp_path, monkeypatch) -> None:
    text = "".join(f"line {number} {'x' * 5000}\n" for number in range(200))
    for at in (3, 5, 7, 9):
        monkeypatch.setattr(dying, "steps", 0)
        monkeypatch.setattr(dying, "at", at)
        folder = tmp_path / str(at)
        folder.mkdir()
        site, taken = Site(folder), {}
        (site.inbox / "day.gz").write_bytes(gzip.compress(text.encode()))
        await _run(site, [], taken)
        await site.close()
        assert len(taken) == 200
        assert dying.steps >= at
