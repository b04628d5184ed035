"""An embedded site whose processes are killed: lines come over syslog and from a file, everything lies in SQLite."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from soc.stores import indexed
from tests.faults import content
from tests.faults.judge import Result, Stored, compare, stored, wrong_counts
from tests.faults.load import Load
from tests.faults.plant import mount, unmount
from tests.faults.workers import ROOT, Crew
from tests.services import free_port
from tests.waiting import until

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Mapping

DATABASES = ("pipeline.db", "alerts.db", "spool.db", "files.db", "ledger.db")


@dataclass
class Embedded:
    folder: Path
    port: int
    crew: Crew
    load: Load
    store: str = ""
    """Elasticsearch's address, if alerts go there."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Variables of every command."""
    struck: float = field(default_factory=time.monotonic)
    sent: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def data(self) -> Path:
        return self.folder / "var"

    @property
    def file(self) -> Path:
        return self.folder / "app.log"

    def strike(self) -> None:
        self.struck = time.monotonic()

    async def feed(self) -> None:
        """Half over a connection, half into a file; a connection that breaks is made anew."""
        connection: socket.socket | None = None
        while not self._stopping.is_set():
            raws = self.load.batch()
            half = len(raws) // 2
            with suppress(OSError), self.file.open("ab") as file:
                file.write(b"".join(raw + b"\n" for raw in raws[:half]))
            try:
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", self.port), timeout=1)
                await asyncio.to_thread(connection.sendall, b"".join(raw + b"\n" for raw in raws[half:]))
            except OSError:
                connection = None
            self.sent += len(raws)
            await asyncio.sleep(0.1)
        if connection:
            connection.close()

    def stop(self) -> None:
        self._stopping.set()

    def soc(self, *arguments: str) -> str:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOC_")}
        environment = {**inherited, "SOC_CONFIG": str(self.folder / "soc.yml"), "PYTHONPATH": str(ROOT), **self.extra}
        done = subprocess.run([sys.executable, "-m", "tests.faults.clocked", *arguments], env=environment,
                              cwd=self.folder, capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"soc {' '.join(arguments)}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return done.stdout

    def oracle(self) -> dict[str, Any]:
        lines = self.soc("replay", "--log", "--documents").splitlines()
        return {one["soc"]["id"]: one for line in lines if line.startswith("{") and (one := json.loads(line))}

    def stored(self) -> Stored:
        return stored(self.store) if self.store else stored_in(self.data / "alerts.db")

    def integrity(self) -> list[str]:
        """What SQLite says of its files."""
        wrong = []
        for name in DATABASES:
            if (self.data / name).exists():
                with closing(sqlite3.connect(self.data / name, timeout=30)) as database:
                    (told,) = database.execute("PRAGMA integrity_check").fetchone()
                    wrong += [] if told == "ok" else [f"{name}: {told}"]
        return wrong


def stored_in(file: Path) -> Stored:
    found = Stored()
    with closing(sqlite3.connect(file, timeout=30)) as database:
        for collection, into in (("finding", found.findings), ("alert", found.alerts)):
            for (text,) in database.execute(f"SELECT json FROM {collection}_document"):
                document = indexed.whole(json.loads(text))
                if document["soc"]["kind"] == "health":
                    found.health[document["rule"]["id"]] += collection == "finding"
                    continue
                found.doubled += document["soc"]["id"] in into
                into[document["soc"]["id"]] = document
    return found


@asynccontextmanager
async def embedded(
    seed: int,
    *,
    size: str = "",
    store: str = "",
    extra: Mapping[str, str] | None = None,
    load: Mapping[str, Any] | None = None,
) -> AsyncIterator[Embedded]:
    """Working and under load. `size`: the data folder is a small disk of its own."""
    folder = Path(tempfile.mkdtemp(prefix="soc-embedded-"))
    port, crew = free_port(), Crew(folder)
    (folder / "var").mkdir()
    if size:
        await asyncio.to_thread(mount, folder / "var", size)
    settings = {
        "data_dir": str(folder / "var"),
        "samples": False,
        "sources": {
            "inbox": False,
            "syslog": [{"bind": f"127.0.0.1:{port}", "topic": "logs.host"}],
            "files": [{"path": str(folder / "app.log*"), "topic": "logs.host"}],
        },
        "console": {"bind": f"127.0.0.1:{free_port()}"},
        "metrics": {"bind": f"127.0.0.1:{free_port()}"},
        **({"elasticsearch": {"url": store}} if store else {}),
    }
    (folder / "soc.yml").write_text(yaml.safe_dump(settings))
    content.install(folder / "var" / "site", 10)
    from soc.config import Kafka

    made = Embedded(folder, port, crew, Load(Kafka(), seed, **(load or {})), store, extra or {})
    tasks = [asyncio.create_task(crew.keep(), name="crew")]
    try:
        if store:
            await asyncio.to_thread(made.soc, "setup")
        for role in ("receive", "pipeline", "jobs"):
            crew.hire(role, 0, extra)
        tasks.append(asyncio.create_task(made.feed(), name="feed"))
        await until(lambda: _works(made), 60, "the site works")
        yield made
    finally:
        made.stop()
        crew.destroy()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if size:
            await asyncio.to_thread(unmount, folder / "var")
        shutil.rmtree(folder, ignore_errors=True)


def _works(made: Embedded) -> bool:
    try:
        return len(made.stored().findings) > 10
    except (sqlite3.Error, KeyError, OSError):
        return False


async def settle(site: Embedded, result: Result, bound: float = 60.0) -> None:
    """End the load, wait until what is expected is there, and judge."""
    site.stop()
    await asyncio.sleep(0.5)
    least = await asyncio.to_thread(site.oracle)

    def there() -> bool:
        return least.keys() <= site.stored().findings.keys()

    try:
        await until(there, bound + 30, "all findings are stored")
        result.recovery = time.monotonic() - site.struck
    except AssertionError as error:
        result.wrong.append(str(error)[:200])
    await asyncio.sleep(6)  # the roll-up
    await site.crew.rest()
    most = await asyncio.to_thread(site.oracle)
    told = site.stored()
    if wrong := wrong_counts(told):
        result.wrong.append(f"{len(wrong)} alerts count other than their findings")
    compare(told, least, most, result)
    result.wrong += site.integrity()
    if site.crew.broken:
        result.wrong.append(site.crew.broken)


def torn(file: Path, chance: random.Random) -> None:
    """What a write that was cut leaves behind the last whole frame of a write-ahead log."""
    wal = file.with_name(f"{file.name}-wal")
    if wal.exists():
        with wal.open("ab") as log:
            log.write(chance.randbytes(chance.randrange(1, 6000)))
