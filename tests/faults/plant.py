"""One run's own Kafka, data folder and processes on a shared Elasticsearch, under load until the run is over."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from soc.log import FINDINGS, HITS, RAW_TOPICS
from soc.roles.partitions import mark_of
from tests import services
from tests.faults import content
from tests.faults.gauge import Gauge
from tests.faults.http_faults import Store
from tests.faults.kafka_errors import ErrorProxy
from tests.faults.load import Load
from tests.faults.workers import Crew
from tests.integration.site import Site
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

GROUPS = {"soc-detect": RAW_TOPICS, "soc-correlate": (HITS,), "soc-index": (FINDINGS,)}
_PAUSE = 0.3
USUAL: Mapping[str, int] = {"detect": 2, "correlate": 2, "index": 1, "jobs": 1}


@dataclass(frozen=True)
class Layout:
    """What a run needs that is not usual."""

    workers: Mapping[str, int] = field(default_factory=lambda: USUAL)
    lateness: int = 10
    front: str = ""
    """What stands behind a proxy: `broker` or `store`."""
    syslog: bool = False
    """With a port of its own that the role receive listens on."""
    load: Mapping[str, Any] = field(default_factory=dict)
    flood: bool = False
    """With the correlation that row F19 floods."""
    aside: frozenset[str] = frozenset()
    """Rules whose findings the row judges by itself."""
    disk: str = ""
    """The size of a disk of the broker's own."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Variables of every worker: see `failing.py`."""


@dataclass
class Plant:
    seed: int
    layout: Layout
    kafka: services.Kafka
    elasticsearch: services.Elasticsearch
    site: Site
    crew: Crew
    load: Load
    gauge: Gauge
    front: Any = None
    """The proxy, if there is one."""
    syslog: int = 0
    """The port of the role receive, if there is one."""
    since: str = ""
    """Findings of before are not judged: records of theirs are gone, and nobody can say any more what is right."""
    judged: set[str] = field(default_factory=set)
    """What was found wrong in an earlier row."""
    struck: float = field(default_factory=time.monotonic)
    """When the last fault was over."""

    def strike(self) -> None:
        self.struck = time.monotonic()

    async def behind(self, *groups: str) -> int:
        """Messages that groups have not committed; a million while nobody can tell. Asked no more often than it changes."""
        await asyncio.sleep(_PAUSE)
        total = 0
        for group in groups:
            told = await self.gauge.read(group, GROUPS[group])
            total += sum(end - committed for committed, _, end in told.values()) if told else 1_000_000
        return total

    async def clock(self) -> int:
        """How far the role correlate has come, in its slowest partition and level."""
        await asyncio.sleep(_PAUSE)
        told = await self.gauge.read("soc-correlate", (HITS,))
        return min((min(mark_of(metadata).clocks.values()) for _, metadata, _ in told.values()), default=0)

    async def oracle(self) -> dict[str, Any]:
        """The findings by one pass over the raw topics, whole documents by id."""
        return await asyncio.to_thread(self.site_documents)

    def site_documents(self) -> dict[str, Any]:
        lines = self.site.soc("replay", "--log", "--documents").splitlines()
        found = (httpx.Response(200, content=line).json() for line in lines if line.startswith("{"))
        return {document["soc"]["id"]: document for document in found}


@asynccontextmanager
async def plant(layout: Layout, seed: int, elasticsearch: services.Elasticsearch) -> AsyncIterator[Plant]:
    """Set up, working and under load; everything ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="soc-faults-"))
    port = services.free_port() if layout.front else 0
    told = (f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",) if layout.front == "broker" else ()
    kafka = services.Kafka(extra=told)
    async with AsyncExitStack() as stack:
        if layout.disk:
            kafka.folder = Path(tempfile.mkdtemp(prefix="soc-kafka-"))
            await asyncio.to_thread(mount, kafka.folder, layout.disk)
            stack.callback(unmount, kafka.folder)
            await asyncio.to_thread(kafka.prepare)
        stack.enter_context(services.running(kafka))
        front = await stack.enter_async_context(_FRONTS[layout.front](port, kafka, elasticsearch, seed).serving())
        wipe(elasticsearch)
        site = _site(folder, layout, port, kafka, elasticsearch)
        listening = services.free_port() if layout.syslog else 0
        syslog = [{"bind": f"127.0.0.1:{listening}", "topic": "logs.host"}] if listening else []
        _configure(folder, {"sources": {"inbox": False, "syslog": syslog}})
        await asyncio.to_thread(site.soc, "setup")
        crew = Crew(folder)
        load = Load(site.kafka, seed, **layout.load)
        gauge = Gauge(site.kafka)
        tasks = [asyncio.create_task(crew.keep(), name="crew")]
        try:
            for role, count in layout.workers.items():
                for slot in range(count):
                    crew.hire(role, slot, layout.extra)
            made = Plant(seed, layout, kafka, elasticsearch, site, crew, load, gauge, front, listening)
            tasks.append(asyncio.create_task(load.run(), name="load"))
            await until(lambda: _works(made), 90, "the plant works")
            yield made
        finally:
            load.stop()
            crew.destroy()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await gauge.close()
            shutil.rmtree(folder, ignore_errors=True)


async def _works(made: Plant) -> bool:
    """Findings have come through to the store."""
    return made.load.sent > 100 and await made.clock() > 0 and await made.behind("soc-index") < 1000


class _NoFront:
    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        yield None


_FRONTS: dict[str, Any] = {
    "": lambda *_: _NoFront(),
    "broker": lambda port, kafka, *_: ErrorProxy(port, kafka.port),
    "store": lambda port, _, elasticsearch, seed: Store(port, elasticsearch.url, seed),
}


def _site(
    folder: Path, layout: Layout, port: int, kafka: services.Kafka, elasticsearch: services.Elasticsearch
) -> Site:
    broker = f"127.0.0.1:{port}" if layout.front == "broker" else kafka.address
    store = f"http://127.0.0.1:{port}" if layout.front == "store" else elasticsearch.url
    site = Site(folder, broker, store)
    site.elasticsearch = elasticsearch.url
    content.install(folder / "var" / "site", layout.lateness, flood=layout.flood)
    return site


def _configure(folder: Path, settings: Mapping[str, Any]) -> None:
    file = folder / "soc.yml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **settings}))


def mount(folder: Path, size: str) -> None:
    """A small disk in memory."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=False)


def wipe(elasticsearch: services.Elasticsearch) -> None:
    """Nothing of an earlier run is left."""
    with httpx.Client(base_url=elasticsearch.url, timeout=60) as client:
        for name in client.get("/soc-*/_alias").raise_for_status().json():
            client.delete(f"/{name}").raise_for_status()
