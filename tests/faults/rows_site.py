"""Faults of an embedded site: its processes, its disk, its files, and the edge of a month."""

from __future__ import annotations

import asyncio
import gzip
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from soc import instant
from soc.clock import SystemClock
from soc.stores.elastic_indices import around
from tests.faults.embedded import embedded, settle, torn
from tests.faults.plant import wipe
from tests.faults.rows_data import FAR
from tests.faults.world import line_of
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.embedded import Embedded
    from tests.faults.judge import Result
    from tests.faults.scale import Scale
    from tests.services import Elasticsearch


async def f23(result: Result, scale: Scale, _: Elasticsearch) -> None:
    """kill -9 again and again, with a write-ahead log that ends in the middle of a write."""
    chance = random.Random(result.seed)
    result.wanted = scale.of(quick=20, usual=50, full=200)
    async with embedded(result.seed) as site:
        result.note("works")
        while result.faults < result.wanted:
            await asyncio.sleep(chance.uniform(0.5, 3.5) * scale.pace)
            site.crew.held = True
            worker = chance.choice([*site.crew.of("pipeline") * 3, *site.crew.of("receive")])
            worker.kill()
            for name in ("pipeline.db", "alerts.db"):
                if worker.role == "pipeline" and chance.random() < 0.3:
                    torn(site.data / name, chance)
            site.crew.held = False
            site.strike()
            result.faults += 1
        result.note("harm done")
        await settle(site, result)


async def f22_site(result: Result, scale: Scale, _: Elasticsearch) -> None:
    """The disk of the data folder is full for a while."""
    result.wanted = scale.of(quick=1, usual=2, full=5)
    async with embedded(result.seed, size="96m") as site:
        result.note("works")
        for _round in range(result.wanted):
            filler = site.data / "filler"
            await asyncio.to_thread(fill, filler)
            await asyncio.sleep(25)
            filler.unlink()
            site.strike()
            result.faults += 1
            await asyncio.sleep(10)
        result.note("harm done")
        await settle(site, result)
        if not site.stored().health["soc-health-disk-full"]:
            result.wrong.append("no alert tells that the disk was full")


def fill(file: Path) -> None:
    try:
        with file.open("wb", buffering=0) as out:
            while True:
                out.write(b"\0" * 4096)
    except OSError:
        return


async def f27_files(result: Result, scale: Scale, _: Elasticsearch) -> None:
    """Rotation, copytruncate, an inode used again, packed files: every line alerts once."""
    result.wanted = 5 * scale.of(quick=1, usual=3, full=20)
    chance, number = random.Random(result.seed), 0
    async with embedded(result.seed) as site:
        result.note("works")
        site.stop()
        file = site.folder / "app.log.x"
        acts = [_renamed, _copytruncated, _made_anew, _packed, _deleted]
        while result.faults < result.wanted:
            for _step in range(chance.randrange(3, 8)):
                _write(file, range(number, number + 20))
                number += 20
                await asyncio.sleep(chance.uniform(0, 0.4))
            await until(lambda count=number: len(_numbers(site)) >= count, 40, f"{number} lines alert")
            await asyncio.to_thread(acts[result.faults % len(acts)], file)
            result.faults += 1
        found = _numbers(site)
        result.expected = number
        result.missing = len(set(range(number)) - found.keys())
        result.doubled = sum(count - 1 for count in found.values())


def _write(file: Path, numbers: range) -> None:
    now = SystemClock().now()
    with file.open("ab") as out:
        out.writelines(line_of(now, 1, f"attack no {number} end")[1] + b"\n" for number in numbers)


def _numbers(site: Embedded) -> dict[int, int]:
    """How often each line alerts."""
    found: dict[int, int] = {}
    for one in site.stored().findings.values():
        text = str(one.get("event", {}).get("original", "") or one.get("message", ""))
        if one["soc"]["kind"] == "rule" and " no " in text:
            number = int(text.partition(" no ")[2].split()[0])
            found[number] = found.get(number, 0) + 1
    return found


def _renamed(file: Path) -> None:
    file.rename(file.with_name(f"{file.name}.{random.randrange(10**9)}"))


def _copytruncated(file: Path) -> None:
    shutil.copy(file, file.with_name(f"{file.name}.{random.randrange(10**9)}"))
    with file.open("r+b") as out:
        out.truncate(0)


def _made_anew(file: Path) -> None:
    """The next file of that name gets the inode of this one, as file systems do."""
    file.unlink()
    file.touch()


def _packed(file: Path) -> None:
    packed = file.with_name(f"{file.name}.{random.randrange(10**9)}.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()


def _deleted(file: Path) -> None:
    file.unlink()


async def f28(result: Result, scale: Scale, elasticsearch: Elasticsearch) -> None:
    """Over the edge of a month, hosts in 1970 and in 2099, and all of it replayed."""
    wipe(elasticsearch)
    result.wanted = 2
    now = datetime.now(UTC)
    edge = (now.replace(day=1, hour=0, minute=0, second=0) + timedelta(days=32)).replace(day=1)
    clock = Path(f"/tmp/soc-clock-{result.seed}-{result.wanted}")
    clock.write_text(str((edge - now).total_seconds() - 60))
    ahead = int(float(clock.read_text()) * instant.SECOND)
    load = {"clocks": FAR, "ahead": ahead}
    try:
        async with embedded(result.seed, store=elasticsearch.url, extra={"SOC_CLOCK": str(clock)}, load=load) as site:
            result.note("works")
            begun = SystemClock().now() + ahead
            await until(lambda: SystemClock().now() + ahead > instant.from_datetime(edge) + 20 * instant.SECOND, 200)
            result.faults += 1
            await asyncio.to_thread(site.soc, "replay", "--log", "--store", elasticsearch.url)
            result.faults += 1
            site.strike()
            result.note("harm done")
            await settle(site, result)
            allowed = {*around(begun), *around(instant.from_datetime(edge) + instant.HOUR)}
            async with httpx.AsyncClient(base_url=elasticsearch.url, timeout=30) as client:
                names = sorted((await client.get("/soc-*/_alias")).json())
            result.told.append(f"indices {', '.join(names)}")
            if odd := [name for name in names if name.rpartition("-")[2] not in allowed]:
                result.wrong.append(f"indices of other months: {odd}")
    finally:
        clock.unlink(missing_ok=True)
