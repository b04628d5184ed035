"""How dear folding hits is, as a ratio to decoding the same hits: `python -m tests.bench.correlate [HITS]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import process_time

import click
import orjson
import yaml
from msgspec import Raw

from soc import hit, instant, sigma
from soc.correlate import Correlator
from soc.hit import Match, Tick

BATCH = 500
DISTINCT = 1_800
AT_MOST = {"event_count, 1,800 groups": 6.0, "value_count, 1,800 values": 10.0}
START = 1_795_500_000 * instant.SECOND
SPREAD = 40 * instant.MINUTE
_RULE = {
    "title": "Failed logon", "id": "failed", "logsource": {"product": "linux"},
    "detection": {"s": {"User": "x"}, "condition": "s"},
}  # fmt: skip


def main(count: int = 100_000) -> int:
    """Exit status 1 if a fold is dearer than it may be."""
    failed = 0
    for name, most in AT_MOST.items():
        ratio, speed = measured(name, count)
        failed += ratio > most
        click.echo(f"{name}: {ratio:.1f} x decoding (at most {most:.0f}), {speed:,.0f} hits a CPU-second with decoding")
    return int(failed > 0)


def measured(name: str, count: int) -> tuple[float, float]:
    """The least of three: time to fold over time to decode; hits a second for both together."""
    by_value = name.startswith("value")
    rules = _rules("value_count" if by_value else "event_count")
    lines = _lines(rules.correlations.all[0].key, count, by_value=by_value)
    best = min((_once(rules, lines) for _ in range(3)), key=lambda pair: pair[1] / pair[0])
    return best[1] / best[0], count / sum(best)


def _rules(kind: str) -> sigma.RuleSet:
    condition = {"gte": 10, **({"field": "user.name"} if kind == "value_count" else {})}
    body = {"type": kind, "rules": ["failed"], "group-by": ["source.ip"], "timespan": "5m", "condition": condition}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "rules.yml")
        file.write_text(yaml.safe_dump_all([_RULE, {"title": kind, "id": "c", "correlation": body}]), encoding="utf-8")
        return sigma.load([file])


def _lines(key: str, count: int, *, by_value: bool) -> list[bytes]:
    original = (
        "Nov 24 08:00:00 web-1 sshd[4711]: Failed password for invalid user admin from 192.0.2.10 port 50122 ssh2"
    )
    return [
        hit.encode(
            Match(
                correlation=key,
                group=("192.0.2.1" if by_value else f"192.0.2.{number * 7919 % DISTINCT}",),
                time=(at := START + SPREAD * number // count),
                ref=f"logs.host:3:{1_000_000 + number}",
                arrived=at + instant.SECOND,
                rule="failed",
                value=f"user{number * 7919 % DISTINCT}" if by_value else "",
                evidence=Raw(
                    orjson.dumps({"title": "Failed logon", "fields": {"user.name": "admin"}, "original": original})
                ),
            )
        )
        for number in range(count)
    ]


def _once(rules: sigma.RuleSet, lines: list[bytes]) -> tuple[float, float]:
    decoding = folding = 0.0
    correlator = Correlator(rules.correlations)
    for place in range(0, len(lines), BATCH):
        begin = process_time()
        for line in lines[place : place + BATCH]:
            orjson.loads(line)
        decoding += process_time() - begin
        hits = [hit.decode(line) for line in lines[place : place + BATCH]]
        last = hits[-1]
        assert isinstance(last, Match)
        begin = process_time()
        correlator.take([*hits, Tick({"logs.host:3": last.arrived}, {}, 1)])
        correlator.advance()
        folding += process_time() - begin
    return decoding, folding


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
