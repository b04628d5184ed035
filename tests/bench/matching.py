"""`make bench`: what matching costs against its goals, on real events and on events made to be dear.

Every part runs in a process of its own, small at its start, and measures in ratios: to decoding the same lines in the same
process, block by block, so that whatever else the machine does meets both. SigmaHQ's rules and real events where the
measuring data lies beside the checkout, else the shipped rules and made events. Exit status 1 if a goal is missed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import orjson

from soc import content
from tests.bench import made, tenfold
from tests.conftest import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA = SHARED / "data" / "sigma"
FOLDERS = ("rules/", "rules-emerging-threats/", "rules-threat-hunting/")
MOST = int(os.environ.get("SOC_BENCH_EVENTS", "1000000"))
MADE = 60_000
REPEATS = 3
SOC = Path(sys.executable).with_name("soc")


class Goal(NamedTuple):
    what: str
    now: float
    most: float | None = None
    """None where the number is only told."""
    unit: str = "x"

    @property
    def is_met(self) -> bool:
        return self.most is None or self.now <= self.most

    def __str__(self) -> str:
        goal = "" if self.most is None else f"<= {self.most:g} {self.unit}"
        verdict = "" if self.most is None else "ok" if self.is_met else "SHORT"
        return f"{self.what:<76}{goal:>12}{self.now:>10.2f} {self.unit:<3}{verdict}"


class Run(NamedTuple):
    """One run of a command."""

    cpu: float
    peak: float
    """MB."""
    output: bytes


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_real = DATA.is_dir()
        self.rules = self._rules()
        self.empty = self._file("empty", ())

    def _rules(self) -> Path:
        if not self.is_real:
            return content.rules_dir()
        with tarfile.open(DATA / "sigmahq-rules.tar.gz") as archive:
            wanted = [member for member in archive.getmembers() if member.name.startswith(FOLDERS)]
            archive.extractall(self.folder / "rules", wanted, filter="data")
        return self.folder / "rules"

    def _file(self, name: str, lines: Iterable[bytes]) -> Path:
        """Line by line: what this process has in memory counts for the commands that it starts too."""
        file = self.folder / f"{name}.ndjson"
        with file.open("wb") as feed:
            feed.writelines(line.rstrip(b"\n") + b"\n" for line in lines)
        return file

    def events(self, name: str) -> Path:
        if not self.is_real:
            return self._file(name, map(orjson.dumps, made.Maker().usual(min(MADE, MOST))))
        with gzip.open(DATA / f"{name}.jsonl.gz") as lines:
            return self._file(name, islice(lines, MOST))

    def goals(self) -> Iterator[Goal]:
        first, second = self.events("otrf_400k"), self.events("attack_evtx")
        yield from self.steady(first, 4.0)
        yield from self.steady(second, 14.0)
        yield from self.hostile()
        yield from self.tenfold(first)
        yield from self.jobs(first)
        yield from self.start(first)

    def steady(self, events: Path, most: float) -> Iterator[Goal]:
        told = part("steady", self.rules, events)
        yield Goal(f"{events.stem}: `soc match`, memos cold, to decoding", told["lean"], most)
        yield Goal(f"{events.stem}: parse and match as `detect` does, to decoding", told["full"])

    def hostile(self) -> Iterator[Goal]:
        told = part("unique", self.rules)
        yield Goal("every text unique, to decoding", told["ratio"], 12.0)
        for what, ratios in part("growth", self.rules).items():
            for times, ratio in zip((2, 4), ratios, strict=True):
                yield Goal(f"{what}: a byte's cost at {times}n to that at n", ratio, 1.3)
        told = part("memory", self.rules)
        yield Goal(
            "all channels, event ids and texts new: memory, ten passes less one",
            told["tenth"] - told["first"],
            20.0,
            "MB",
        )
        yield Goal("the same: memory after ten passes", told["tenth"], 200.0, "MB")

    def tenfold(self, events: Path) -> Iterator[Goal]:
        folder = self.folder / "tenfold"
        folder.mkdir()
        tenfold.write(self.rules, folder)
        plain, more = part("loaded", self.rules, events), part("loaded", self.rules, events, folder)
        yield Goal("rules times ten: an event's cost", more["ratio"] / plain["ratio"], 1.3)
        yield Goal("rules times ten: loading, without a cache", more["load"] / plain["load"], 11.0)
        yield Goal("rules times ten: peak memory", more["peak"], 500.0, "MB")
        yield Goal("rules times ten: findings of the copies", more["findings"] - plain["findings"], unit="")

    def jobs(self, events: Path) -> Iterator[Goal]:
        """Whole runs of the command: what both have in common counts for both."""
        runs = [(self.match(events), self.match(events, "--jobs", "2")) for _ in range(REPEATS)]
        differing = sum(digest(one.output) != digest(two.output) for one, two in runs)
        yield Goal("`--jobs 2`: runs with another output than `--jobs 1`", differing, 0, "")
        yield Goal("`--jobs 2`: CPU to `--jobs 1`", statistics.median(two.cpu / one.cpu for one, two in runs), 1.15)

    def start(self, events: Path) -> Iterator[Goal]:
        cold = [self.match(self.empty, cache=self.folder / f"cache{number}") for number in range(REPEATS)]
        warm = [self.match(self.empty, cache=self.folder / "cache0") for _ in range(REPEATS)]
        yield Goal("start of `soc match` without a cache, CPU", statistics.median(run.cpu for run in cold), 3.0, "s")
        yield Goal("start of `soc match` with it, CPU", statistics.median(run.cpu for run in warm), 0.5, "s")
        yield Goal("peak memory of `soc match` at its start without a cache", max(run.peak for run in cold), None, "MB")
        whole = self.match(events, cache=self.folder / "cache0")
        yield Goal(f"peak memory of `soc match` on {events.stem}", whole.peak, 200.0, "MB")

    def match(self, events: Path, *options: str, cache: Path | None = None) -> Run:
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(cache or self.folder / "cache"),
            "SOC_SITE_DIR": str(self.folder / "site"),
        }
        process = subprocess.Popen(
            [SOC, "match", "--rules", self.rules, *options, events], stdout=subprocess.PIPE, env=environment
        )
        assert process.stdout
        with process.stdout as stream:
            output = stream.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise click.ClickException(f"soc match ended with {process.returncode}")
        return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def digest(output: bytes) -> str:
    return hashlib.sha256(output).hexdigest()


def part(name: str, *paths: Path) -> dict[str, Any]:
    """What `tests.bench.parts` measures in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.parts", name, *paths], stdout=subprocess.PIPE, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@click.command()
@click.option("--only", default="", help="Only this group: steady, hostile, tenfold, jobs or start.")
def main(only: str) -> None:
    """What matching costs, and whether that is as little as it must be."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        if not bench.is_real:
            click.echo(f"no measuring data in {DATA}: measured with the shipped rules on made events")
        missed = 0
        for goal in _chosen(bench, only):
            click.echo(str(goal))
            missed += not goal.is_met
    sys.exit(missed > 0)


def _chosen(bench: Bench, only: str) -> Iterator[Goal]:
    if not only:
        return bench.goals()
    if only == "hostile":
        return bench.hostile()
    events = bench.events("otrf_400k")
    return bench.steady(events, 4.0) if only == "steady" else getattr(bench, only)(events)  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
