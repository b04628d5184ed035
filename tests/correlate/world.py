"""Correlations from their YAML, and logs of hits as detect would append them: raw partitions apart, late, early, repeated."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Raw

from soc import instant, sigma
from soc.correlate.fired import SEPARATOR
from soc.hit import EARLY, Match, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from soc.hit import Hit
    from soc.sigma.correlations import Correlations

START = 1_795_500_000 * instant.SECOND
"""A multiple of an hour and of 10 minutes."""
FAR = START + 3_000 * instant.DAY
RULES = ("asked", "answered", "third")


def rule(name: str) -> dict[str, Any]:
    return {
        "title": name, "id": name, "name": name, "logsource": {"product": "linux"},
        "detection": {"s": {"User": name}, "condition": "s"},
    }  # fmt: skip


def correlation(
    id_: str, kind: str, rules: list[str], span: str = "1m", condition: Any = None, **more: Any
) -> dict[str, Any]:
    body: dict[str, Any] = {"type": kind, "rules": rules, "group-by": ["user"], "timespan": span}
    if condition is not None:
        body["condition"] = condition
    soc = {"lateness": "2m", **more.pop("soc", {})}
    return {"title": id_, "id": id_, "correlation": {**body, **more}, "soc": soc}


def correlations(*documents: dict[str, Any]) -> Correlations:
    """As the loader makes them, over three rules."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "all.yml")
        file.write_text(yaml.safe_dump_all([*map(rule, RULES), *documents]), encoding="utf-8")
        found = sigma.load([file])
    assert [fault for fault in found.faults if fault.severity == "error"] == []
    return found.correlations


@dataclass(frozen=True)
class Happened:
    """An event that a rule matches."""

    rule: str
    time: int
    """Seconds after START."""
    ref: str
    user: str = "lan"
    value: str = "1"
    late: int = 0
    """Seconds from its time to its arrival."""

    def hits(self, found: Correlations) -> list[Match]:
        fields = {"user": self.user, "value": self.value}
        time, arrived = START + self.time * instant.SECOND, START + (self.time + self.late) * instant.SECOND
        return [
            Match(
                correlation=feed.correlation.key,
                group=tuple(fields[name] for name in feed.group),
                time=min(time, arrived + EARLY),
                ref=self.ref,
                arrived=arrived,
                rule=self.rule,
                number=feed.number,
                value=SEPARATOR.join(fields[name] for name in feed.value),
                carried={name: fields[field] for name, field in feed.carried},
                evidence=Raw(b'{"title":"%s"}' % self.rule.encode()),
            )
            for feed in found.feeds.get(self.rule, ())
            if arrived - time <= feed.correlation.lateness
        ]


def all_hits(found: Correlations, happened: Iterable[Happened]) -> list[Match]:
    return [hit for each in happened for hit in each.hits(found)]


def in_some_order(
    found: Correlations, happened: Sequence[Happened], chance: Random, repeated: float = 0.05
) -> list[Hit]:
    """The hits of two raw partitions, each in the order of arrival, read unevenly, with ticks between them; some come again."""
    queues: list[list[Happened]] = [[], []]
    for each in happened:
        queues[chance.randrange(2)].append(each)
    for queue in queues:
        queue.sort(key=lambda each: each.time + each.late)
    log: list[Hit] = []
    clocks = [0, 0]
    even = chance.random() < 0.5
    while any(queues):
        left = [number for number, queue in enumerate(queues) if queue]
        number = min(left, key=lambda n: queues[n][0].time + queues[n][0].late) if even else chance.choice(left)
        for _ in range(1 if even else chance.randint(1, 6)):
            if queues[number]:
                each = queues[number].pop(0)
                log += each.hits(found)
                clocks[number] = START + (each.time + each.late) * instant.SECOND
        if even:
            clocks = [max(clocks)] * 2
            log += [Tick({f"logs.app:{n}": clocks[n]}, {}, 2) for n in range(2)]
        elif chance.random() < 0.4:
            log.append(Tick({f"logs.app:{number}": clocks[number]}, {}, 2))
    for hit in [hit for hit in log if isinstance(hit, Match) and chance.random() < repeated]:
        log.insert(chance.randint(log.index(hit) + 1, len(log)), hit)
    return [*log, Tick({"logs.app:0": FAR, "logs.app:1": FAR}, {}, 2)]
