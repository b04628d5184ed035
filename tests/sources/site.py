"""One folder of logs, read by the files source as one process after the other would."""

from __future__ import annotations

import gzip
import os
import shutil
from typing import TYPE_CHECKING

from soc.clock import FixedClock, SystemClock
from soc.config import Config, FileInput, Sources
from soc.sources.files import FilesSource
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from soc.record import Record


class Site:
    """`app.log*` is tailed; `clock` stands still until a test moves it."""

    def __init__(self, folder: Path, pattern: str = "app.log*") -> None:
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.config = Config(
            data_dir=folder / "var",
            sources=Sources(files=[FileInput(str(self.logs / pattern), "logs.app", "app")], syslog=[]),
        )
        self.inbox = folder / "var" / "inbox"
        self.inbox.mkdir(parents=True)
        self.log = self.logs / "app.log"
        self.clock = FixedClock(SystemClock().now())
        self.source: FilesSource | None = None

    async def open(self) -> FilesSource:
        await self.close()
        self.source = await FilesSource.open(self.config, self.clock)
        return self.source

    async def close(self) -> None:
        source, self.source = self.source, None
        if source:
            await source.close()

    def write(self, text: str, path: Path | None = None) -> None:
        with (path or self.log).open("a") as file:
            file.write(text)
        os.utime(path or self.log, (self.clock.now() / 1e6,) * 2)

    def rename(self, to: str = "app.log.1") -> Path:
        return self.log.rename(self.logs / to)

    def copy_and_truncate(self, to: str = "app.log.1") -> None:
        shutil.copy(self.log, self.logs / to)
        os.truncate(self.log, 0)

    def pack(self, path: Path) -> Path:
        packed = path.with_name(path.name + ".gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        return packed

    async def records(self, *, done: bool = True, quiet: int = 3) -> list[Record]:
        """All there is now: until several reads in a row gave nothing."""
        assert self.source is not None
        found: list[Record] = []
        empty = 0

        async def drained() -> bool:
            nonlocal empty
            self.source._rest = 0.0  # a slow machine looks less often than a test reads
            batch = await self.source.read(1000, 0.0)
            found.extend(batch.records)
            if done:
                assert await self.source.done(batch)
            empty = 0 if batch.records else empty + 1
            return empty == quiet

        await until(drained, 20)
        return found

    async def lines(self, *, done: bool = True) -> list[str]:
        return [record.raw.decode("utf-8", "replace") for record in await self.records(done=done)]
