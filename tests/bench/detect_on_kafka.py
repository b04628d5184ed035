"""`make bench`: events per CPU-second of `soc replay` and of the role `detect` on a real Kafka, beside decoding the same records.

Real Windows events where the measuring data lies beside the checkout, else the shipped samples.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from soc.log import Message
from tests import services
from tests.conftest import SHARED
from tests.integration.site import PROGRAM, Site
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = int(os.environ.get("SOC_BENCH_EVENTS", "50000"))
EVENTS = SHARED / "data" / "sigma" / "otrf_100k.jsonl.gz"
SAMPLES = Path(__file__).parent.parent.parent / "deploy" / "samples"
_TICKS = os.sysconf("SC_CLK_TCK")


def records() -> list[bytes]:
    """Enough records; the samples are repeated."""
    if EVENTS.exists():
        with gzip.open(EVENTS) as lines:
            return [line.rstrip(b"\n") for line in islice(lines, COUNT)]
    lines = [line for file in sorted(SAMPLES.glob("host*")) for line in _lines(file)]
    return (lines * (COUNT // len(lines) + 1))[:COUNT]


def _lines(file: Path) -> list[bytes]:
    raw = file.read_bytes()
    return (gzip.decompress(raw) if file.suffix == ".gz" else raw).splitlines()


def decoding(lines: list[bytes]) -> float:
    """CPU seconds."""
    start = time.process_time()
    for line in lines:
        if line[:1] == b"{":
            orjson.loads(line)
        else:
            line.decode()
    return time.process_time() - start


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def detect(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    with site.output.open("ab") as output:
        process = subprocess.Popen([PROGRAM, "run", "--role", "detect"], env=site.environment, cwd=site.folder,
                                   stdout=output, stderr=output)  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(40)


async def measure(brokers: str, folder: Path) -> None:
    site = Site(folder, brokers, "")
    site.soc("setup")
    lines = records()
    with detect(site) as process:
        await until(site.ready, 60, "detect is ready")
        idle = cpu_of(process.pid)
        await site.produce("logs.host", [Message(line) for line in lines])
        await site.drained("soc-detect", seconds=600)
        used = cpu_of(process.pid) - idle
    base = min(decoding(lines) for _ in range(3))
    click.echo(
        f"detect on Kafka: {len(lines)} records, {len(lines) / used:,.0f} events per CPU-second, "
        f"{used / base:.1f} times decoding ({len(lines) / base:,.0f} events per CPU-second)"
    )


def replay(folder: Path) -> None:
    """The same records through `soc bench`."""
    file = folder / "records"
    file.write_bytes(b"\n".join(records()) + b"\n")
    subprocess.run([PROGRAM, "bench", "--events", str(COUNT), "--repeat", "2", file], check=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        replay(Path(folder))
    if absent := services.missing():
        click.echo(f"detect on Kafka: not measured, needs {', '.join(absent)}")
        return 0
    kafka = services.Kafka()
    with services.running(kafka), tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(kafka.address, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
