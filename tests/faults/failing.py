"""A process of the service that fails where it is told to: what `python -m soc.service ROLE` runs, with faults built in.

`SOC_FAULT=append soc.hits:3:after` ends it with kill -9 after the third append to `soc.hits`; `SOC_KILLER=text` when it parses
a record with that text; `SOC_BLOCK=40` blocks its event loop for so long at SIGUSR1; `SOC_CLOCK=FILE` adds the seconds in
a file to its wall clock; `SOC_BROKEN=...` breaks a promise on purpose.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soc import clock, finding, parse, service
from soc.correlate import Windows
from soc.correlate.clocks import _Level
from soc.log import DEAD_LETTERS, FINDINGS, HITS, PANES
from soc.log.database import Database
from soc.log.kafka import KafkaLog
from soc.log.kafka_reader import KafkaReader
from soc.sources.files import FilesSource
from soc.sources.kafka import KafkaSource
from soc.stores.elastic_bulk import BulkWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = {
    "detect": (f"append {DEAD_LETTERS}", f"append {HITS}", f"append {FINDINGS}", "commit"),
    "correlate": (f"append {HITS}", f"append {FINDINGS}", "append soc.panes", "commit", "committed", "seek", "offsets"),
    "index": ("bulk", "commit"),
    "pipeline": ("write pipeline.db", "write alerts.db", "write spool.db", "write files.db"),
}
"""Where each role can be ended, before and after."""
RARE = frozenset({f"append {DEAD_LETTERS}", f"append {PANES}", "committed", "seek", "offsets"})
"""Steps of which the first is taken."""
_reached: Counter[str] = Counter()


def strike(step: str, when: str) -> None:
    """The end, if this is the place."""
    told, nth, wanted = os.environ.get("SOC_FAULT", "::").rsplit(":", 2)
    if step != told or when != wanted:
        return
    _reached[step] += 1
    if _reached[step] == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)


def failing(kind: type, name: str, step: Callable[..., str]) -> None:
    """Wrap a coroutine method with its step."""
    inner = getattr(kind, name)

    @wraps(inner)
    async def wrapped(self: Any, *arguments: Any, **named: Any) -> Any:
        at = step(*arguments)
        strike(at, "before")
        done = await inner(self, *arguments, **named)
        strike(at, "after")
        return done

    setattr(kind, name, wrapped)


@contextmanager
def _writing(self: Database) -> Iterator[Any]:
    step = f"write {self.path.name}"
    strike(step, "before")
    with _plain_writing(self) as connection:
        yield connection
        strike(step, "within")
    strike(step, "after")


_plain_writing = Database.writing


def failpoints() -> None:
    failing(KafkaLog, "append", lambda topic, *_: f"append {topic}")
    failing(KafkaReader, "commit", lambda *_: "commit")
    failing(KafkaReader, "committed", lambda *_: "committed")
    failing(KafkaReader, "seek", lambda *_: "seek")
    failing(KafkaReader, "offsets_at", lambda *_: "offsets")
    failing(BulkWriter, "write", lambda *_: "bulk")
    Database.writing = _writing  # type: ignore[method-assign]


def killer(text: bytes) -> None:
    """A record that ends the process, as one that makes a library crash would."""
    inner = parse.parse

    def deadly(record: Any) -> Any:
        if text in record.raw:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(record)

    parse.parse = deadly


def blocked(seconds: float) -> None:
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(seconds))


def jumping(file: Path) -> None:
    """A wall clock that jumps while the process runs."""

    def now() -> int:
        try:
            jump = float(file.read_text() or 0)
        except OSError:
            jump = 0.0
        return time_ns() + int(jump * 1e9)

    time_ns, clock.time.time_ns = time.time_ns, now


def early_commit() -> None:
    """Positions move before the outputs are durable."""
    for kind in (KafkaSource, FilesSource):
        inner = kind.read

        async def read(self: Any, limit: int, wait: float, inner: Any = inner) -> Any:
            batch = await inner(self, limit, wait)
            if batch.records:
                await self.done(batch)
            return batch

        kind.read = read


def random_alert() -> None:
    chance = random.SystemRandom()
    finding.alert_id = lambda *_: f"{chance.getrandbits(160):040x}"


def wall_clock() -> None:
    """Windows close by the present, whatever has been read."""
    Windows.clock = _Level.clock = property(lambda _: time.time_ns() // 1000)


BROKEN: dict[str, Callable[[], None]] = {
    "early_commit": early_commit,
    "random_alert": random_alert,
    "wall_clock": wall_clock,
}


def main(role: str) -> int:
    if told := os.environ.get("SOC_BROKEN"):
        BROKEN[told]()
    if text := os.environ.get("SOC_KILLER"):
        killer(text.encode())
    if seconds := os.environ.get("SOC_BLOCK"):
        blocked(float(seconds))
    if file := os.environ.get("SOC_CLOCK"):
        jumping(Path(file))
    failpoints()
    return service.main(role, supervised=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
