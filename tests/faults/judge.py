"""The verdict on a run: what lies in the store against what one pass over the raw topics gives."""

from __future__ import annotations

import asyncio
import copy
import time
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
import httpx

from soc.clock import SystemClock
from soc.stores import indexed
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.faults.plant import Plant

_DETAIL = 3
_ROLLED_UP = 90
"""Seconds: what became visible too late for the role jobs is found by its look back, which comes once a minute."""


@dataclass
class Result:
    """One line of the report."""

    row: str
    seed: int
    faults: int = 0
    wanted: int = 0
    expected: int = 0
    missing: int = 0
    extra: int = 0
    doubled: int = 0
    differing: int = 0
    recovery: float | None = None
    """Seconds from the last fault until nothing waited."""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    """What else was not as it should be."""
    told: list[str] = field(default_factory=list)
    """Figures worth knowing."""

    began: float = field(default_factory=time.monotonic)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """What goes wrong while a row is run is in its result; the others are still worth running."""
        self.note("begins")
        try:
            yield
        except Exception as error:  # noqa: BLE001 (see above)
            self.wrong.append(f"{type(error).__name__}: {str(error)[:300]}")
            traceback.print_exc()
        self.seconds = time.monotonic() - self.began

    def share(self, last: Result) -> None:
        """The verdict on several rows that were judged together."""
        for name in ("expected", "missing", "extra", "doubled", "differing", "recovery"):
            setattr(self, name, getattr(last, name))
        self.told.append(f"judged together with {last.row}")

    def add(self, part: Result) -> None:
        """What one part of a row has brought."""
        for name in ("faults", "wanted", "expected", "missing", "extra", "doubled", "differing"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.wrong += part.wrong
        self.told += part.told
        self.recovery = max((each for each in (self.recovery, part.recovery) if each is not None), default=None)

    def note(self, what: str) -> None:
        """How far it has come, for who watches."""
        click.echo(f"{self.row} {time.monotonic() - self.began:5.0f} s  {what}", err=True)

    @property
    def lost(self) -> int:
        """Findings and alerts that are not as they should be."""
        return self.missing + self.extra + self.doubled + self.differing

    @property
    def verdict(self) -> str:
        if self.lost or self.wrong:
            return "FAIL"
        return "INCOMPLETE" if self.faults < self.wanted or not self.expected else "pass"


@dataclass
class Stored:
    """What lies in the store, without health."""

    findings: dict[str, Any] = field(default_factory=dict)
    alerts: dict[str, Any] = field(default_factory=dict)
    doubled: int = 0
    health: Counter[str] = field(default_factory=Counter)


def stored(url: str) -> Stored:
    found = Stored()
    with httpx.Client(base_url=url, timeout=60) as client:
        client.post("/soc-*/_refresh").raise_for_status()
        for collection, into in (("findings", found.findings), ("alerts", found.alerts)):
            for source in _all(client, f"/soc-{collection}-*/_search"):
                document = indexed.whole(source)
                if document["soc"]["kind"] == "health":
                    found.health[document["rule"]["id"]] += collection == "findings"
                    continue
                found.doubled += document["soc"]["id"] in into
                into[document["soc"]["id"]] = document
    return found


def _all(client: httpx.Client, path: str) -> Any:
    query: dict[str, Any] = {"size": 5000, "sort": [{"soc.id": "asc"}, {"_index": "asc"}]}
    while True:
        hits = client.post(path, json=query).raise_for_status().json()["hits"]["hits"]
        if not hits:
            return
        yield from (hit["_source"] for hit in hits)
        query["search_after"] = hits[-1]["sort"]


def plain(document: Mapping[str, Any]) -> Any:
    """Without what depends on the moment; of a correlation also what was known of it when it was told."""
    copied = copy.deepcopy(dict(document))
    copied["event"].pop("ingested", None)
    copied["soc"].pop("search", None)
    if copied["soc"]["kind"] == "correlation":
        for name in ("why", "ref", "evidence"):
            copied["soc"].pop(name, None)
    return copied


def alerts_of(findings: Mapping[str, Any]) -> Counter[str]:
    """How many findings each alert has."""
    return Counter(one["soc"]["alert_id"] for one in findings.values() if one["soc"].get("alert_id"))


async def settle(plant: Plant, result: Result, bound: float = 60.0) -> None:
    """Let the load rest, wait until all has come through, and judge; the plant may go on afterwards."""
    result.note("harm done")
    await wait_recovered(plant, result, bound)
    plant.load.pause(True)
    least = await plant.oracle()
    reached = SystemClock().now()
    result.note("oracle has told")

    async def through() -> bool:
        return await plant.clock() >= reached and await plant.behind("soc-detect", "soc-index") == 0

    try:
        await until(through, 90, "correlate's clock passes the oracle's")
        await until(lambda: _rolled_up(plant), _ROLLED_UP, "alerts are rolled up")
    except AssertionError as error:
        result.wrong.append(str(error)[:200])
    result.note("all is through")
    told = await asyncio.to_thread(stored, plant.elasticsearch.url)
    most = await plant.oracle()
    if wrong := wrong_counts(told):
        result.wrong.append(f"{len(wrong)} alerts count other than their findings")
    least, most, told.findings = (judged_by(found, plant) for found in (least, most, told.findings))
    # With `since`: alerts are of an hour, and may have findings of before only.
    known = alerts_of(most).keys() if plant.since else told.alerts.keys()
    told.alerts = {
        id_: one for id_, one in told.alerts.items() if id_ in known and one["rule"]["id"] not in plant.layout.aside
    }
    compare(told, least, most, result, plant.judged)
    if plant.crew.broken:
        result.wrong.append(plant.crew.broken)
    plant.load.pause(False)


async def wait_recovered(plant: Plant, result: Result, bound: float) -> None:
    """Until nothing waits, while the load goes on."""

    async def done() -> bool:
        waits = await plant.behind("soc-detect", "soc-correlate", "soc-index")
        return waits < max(60, plant.load.rate)

    try:
        await until(done, bound + 240, "nothing waits")
        result.recovery = max(0.0, time.monotonic() - plant.struck)
        if result.recovery > bound:
            result.wrong.append(f"recovered only after {result.recovery:.0f} s, allowed are {bound:g}")
    except AssertionError:
        result.wrong.append(f"still behind after {bound + 240:g} s")


async def _rolled_up(plant: Plant) -> bool:
    await asyncio.sleep(1)
    told = await asyncio.to_thread(stored, plant.elasticsearch.url)
    return not wrong_counts(told)


def judged_by(found: Mapping[str, Any], plant: Plant) -> dict[str, Any]:
    """Without what the row judges by itself, and what nobody can judge any more."""
    aside, since = plant.layout.aside, plant.since
    kept = {id_: one for id_, one in found.items() if one["rule"]["id"] not in aside and one["@timestamp"] >= since}
    for one in kept.values() if aside else ():
        one["soc"].pop("ruleset", None)
    return kept


def wrong_counts(told: Stored) -> list[str]:
    """Alerts whose count is not that of their findings."""
    counts = alerts_of({id_: one for id_, one in told.findings.items() if one["soc"]["kind"] == "rule"})
    return [id_ for id_, count in counts.items() if told.alerts.get(id_, {"soc": {}})["soc"].get("count") != count]


def compare(
    told: Stored, least: Mapping[str, Any], most: Mapping[str, Any], result: Result, judged: set[str] | None = None
) -> None:
    """`least` must be there, nothing but `most` may be: between them lie windows that closed while it was asked.

    What was found wrong in an earlier row (`judged`) is not told again.
    """
    judged = set() if judged is None else judged
    result.expected = len(least)
    result.doubled += told.doubled
    both = told.findings.keys() & most.keys()
    differing = {id_ for id_ in both if plain(told.findings[id_]) != plain(most[id_])} - judged
    missing, extra = least.keys() - told.findings.keys() - judged, told.findings.keys() - most.keys() - judged
    alerts_missing = alerts_of(least).keys() - told.alerts.keys() - judged
    alerts_extra = told.alerts.keys() - alerts_of(most).keys() - judged
    judged |= differing | missing | extra | alerts_missing | alerts_extra
    result.missing += len(missing) + len(alerts_missing)
    result.extra += len(extra) + len(alerts_extra)
    result.differing += len(differing)
    for name, ids, documents in (("missing", missing, least), ("extra", extra, told.findings)):
        for id_ in sorted(ids)[:_DETAIL]:
            result.told.append(f"{name} {_short(documents[id_])}")
    for id_ in sorted(differing)[:_DETAIL]:
        result.told.append(f"differs {_short(told.findings[id_])}: {_difference(told.findings[id_], most[id_])}")
    result.told += [f"health {name}: {count}" for name, count in sorted(told.health.items())]


def _short(document: Mapping[str, Any]) -> str:
    soc = document["soc"]
    return f"{document['rule']['id'][:8]} {soc['kind']} {soc.get('ref')} {document['@timestamp']} {soc.get('entity')}"


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    a, b = plain(one), plain(other)
    names = [name for name in {**a, **b} if a.get(name) != b.get(name)]
    return "; ".join(f"{name}: {a.get(name)!r:.150} / {b.get(name)!r:.150}" for name in names[:2])
