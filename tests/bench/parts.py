"""The parts of `matching`, each for a process of its own: `python -m tests.bench.parts NAME RULES ...` prints what it measured."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import tempfile
import time
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import orjson
import yaml

from soc import content, parse, sigma
from soc.record import LogSource, Record
from soc.sigma.ruleset import RuleSet
from tests.bench import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Match = Callable[[RuleSet, bytes], int]

REPEATS = 3
BLOCK = 1 << 18
BYTES = 3_600_000
"""Of each text that grows."""
PASS = 5_000
"""Events."""
SOURCE = LogSource("logs.host")


def load(*folders: Path) -> RuleSet:
    with content.uncollected():
        rules = sigma.load([content.rules_dir() / "fields", *folders])
        rules.prepare()
    gc.freeze()
    return rules


def fresh(rules: RuleSet) -> RuleSet:
    """That has not seen an event yet."""
    made_ = RuleSet(rules.rules, (), rules.logsources)
    made_.prepare()
    return made_


def lean(rules: RuleSet, block: bytes) -> int:
    """As `soc match` does."""
    lines = block.splitlines()
    count = 0
    for number, found in rules.of_lines(block, lines):
        for rule in rules.match(parse.parse(record(lines[number]))) if found is None else found:
            count += len(orjson.dumps({"event": number, "rule": rule.info.id})) > 0
    return count


def full(rules: RuleSet, block: bytes) -> int:
    """As `detect` does."""
    return sum(len(rules.match(parse.parse(record(line)))) for line in block.splitlines())


def record(line: bytes) -> Record:
    return Record(line, "file:bench", 0, 0, SOURCE)


def blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as feed:
        yield from blocks_of(feed)


def blocks_of(feed: BinaryIO) -> Iterator[bytes]:
    while block := feed.read(BLOCK):
        yield block + feed.readline()


def timed(done: Callable[[], int]) -> tuple[float, int]:
    start = time.process_time()
    count = done()
    return time.process_time() - start, count


def decode(block: bytes) -> int:
    for line in block.splitlines():
        orjson.loads(line)
    return 0


def ratio(match: Match, rules: RuleSet, feed: Iterator[bytes] | Sequence[bytes]) -> tuple[float, int]:
    """CPU to decoding, and how many findings; both in turns."""
    base = used = 0.0
    count = 0
    for block in feed:
        base += timed(partial(decode, block))[0]
        took, found = timed(partial(match, rules, block))
        used, count = used + took, count + found
    return used / base, count


def steady(folder: Path, events: Path) -> dict[str, float]:
    rules = load(folder)
    return {
        name: statistics.median(ratio(match, fresh(rules), blocks(events))[0] for _ in range(REPEATS))
        for name, match in (("lean", lean), ("full", full))
    }


def unique(folder: Path) -> dict[str, float]:
    """The first pass is left out, in which plans and scanners are made."""
    rules, maker = load(folder), made.Maker(2)
    passes = [b"\n".join(made.lines([maker.unique() for _ in range(PASS)])) for _ in range(REPEATS + 1)]
    found = [ratio(lean, rules, blocks_of(BytesIO(each)))[0] for each in passes]
    return {"ratio": statistics.median(found[1:])}


def growth(folder: Path) -> dict[str, list[float]]:
    """How a byte's cost grows with what a value or an event is long."""
    maker = made.Maker(3)
    rules = load(folder)
    needles = " ".join(
        text for text in _literals(rules) if text.isascii() and text.isprintable() and not set(text) & set('\\"')
    )
    texts = {
        "random": maker.word,
        "all that rules look for": partial(_repeated, needles),
        "one letter": partial(_repeated, "a"),
    }
    told = {
        f"a command line of 900 KB, {what}": _growing(rules, 225_000, 8, partial(_long, maker, text))
        for what, text in texts.items()
    }
    told["1,960 fields"] = _growing(rules, 490, 400, maker.wide)
    with tempfile.TemporaryDirectory() as own:
        write_patterns(Path(own, "patterns.yml"))
        patterns = load(Path(own))
    for letters in ("a", "ab", "x "):
        told[f"catastrophic patterns on 36 KB of {letters!r}"] = _growing(
            patterns, 9_000, 20, partial(_long, maker, partial(_repeated, letters))
        )
    return told


def write_patterns(file: Path) -> None:
    detection = {"s": {"CommandLine|re|all": list(made.CATASTROPHES)}, "t": {"CommandLine|re": list(made.CATASTROPHES)}}
    rule = {
        "title": "Catastrophes", "id": "catastrophes", "logsource": {"product": "windows", "category": "process_creation"},
        "detection": {**detection, "condition": "s or t"},
    }  # fmt: skip
    file.write_text(yaml.safe_dump(rule), encoding="utf-8")


def _long(maker: made.Maker, text: Callable[[int], str], size: int) -> dict[str, Any]:
    return maker.long(text(size) + "!")


def _growing(rules: RuleSet, size: int, count: int, event: Callable[[int], dict[str, Any]]) -> list[float]:
    """Cost of a byte at twice and four times the size, to that at the size: of so many events, and half and a quarter of them."""
    costs = []
    for times in (1, 2, 4):
        lines = made.lines([event(size * times) for _ in range(count // times)])
        block = b"\n".join(lines)
        costs.append(min(timed(partial(full, rules, block))[0] for _ in range(REPEATS + 1)) / len(block))
    return [costs[1] / costs[0], costs[2] / costs[0]]


def _repeated(text: str, size: int) -> str:
    return (text * (size // len(text) + 1))[:size]


def _literals(rules: RuleSet) -> list[str]:
    """What is searched for in command lines."""
    return list(rules.tables()[0].fields["CommandLine"].literals)


def memory(folder: Path) -> dict[str, float]:
    """Resident MB before, after one and after ten passes of events that have nothing in common."""
    rules, maker = load(folder), made.Maker(4)
    told = [resident()]
    for _ in range(10):
        for _ in range(PASS // 500):
            block = b"\n".join(made.lines([maker.strange() for _ in range(500)]))
            lean(rules, block)
            full(rules, block)
        told.append(resident())
    return {"before": told[0], "first": told[1], "tenth": told[-1]}


def loaded(folder: Path, events: Path, *more: Path) -> dict[str, float]:
    """Loading two folders, and matching then."""
    start = time.process_time()
    rules = load(folder, *more)
    took = time.process_time() - start
    first = ratio(lean, rules, blocks(events))
    peak = status("VmHWM")
    others = [ratio(lean, fresh(rules), blocks(events))[0] for _ in range(REPEATS - 1)]
    return {"load": took, "ratio": statistics.median([first[0], *others]), "findings": first[1], "peak": peak}


def resident() -> float:
    gc.collect()
    return status("VmRSS")


def status(name: str) -> float:
    """MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


PARTS: dict[str, Callable[..., Any]] = {
    "steady": steady, "unique": unique, "growth": growth, "memory": memory, "loaded": loaded,
}  # fmt: skip

if __name__ == "__main__":
    click.echo(json.dumps(PARTS[sys.argv[1]](*map(Path, sys.argv[2:]))))
