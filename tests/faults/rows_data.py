"""Faults of what comes in, of rules and of clocks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import yaml

from soc import instant
from soc.log import DEAD_LETTERS, Message
from soc.log.dead_letters import decode
from soc.log.kafka import KafkaLog
from soc.log.kafka_history import history
from tests.faults.judge import stored
from tests.faults.kafka_errors import COMMIT, COMMITTED, FETCH, HEARTBEAT, JOIN, PRODUCE, SYNC
from tests.faults.load import TOPIC
from tests.waiting import until

if TYPE_CHECKING:
    from tests.faults.judge import Result
    from tests.faults.plant import Plant
    from tests.faults.scale import Scale

FAR = (instant.parse_iso("2099-01-01T00:00:00Z") or 0, 1_000_000)
"""Clocks of hosts that nobody has set."""
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
LARGE = b"<38>1 2026-11-25T10:00:00Z host-1 cron 12 - - " + b"z" * 900_000
POISON = (
    b"\xff\x00 bad",
    DEEP,
    LARGE,
    b'{"EventID": 1, "Channel": "Security", "a": "\\ud800"}',
    b'{"EventID": 1, "Channel": "Security", "a": NaN}',
    b"\x00" * 64,
)
KILLER = b"this ends the process"
_ERRORS = (
    *((COMMIT, code) for code in (14, 15, 16, 22, 25, 27)),
    *((COMMITTED, code) for code in (14, 15, 16)),
    *((HEARTBEAT, code) for code in (15, 16, 22, 25, 27)),
    *((JOIN, code) for code in (14, 15, 16)),
    (SYNC, 27),
    *((FETCH, code) for code in (1, 6)),
    *((PRODUCE, code) for code in (6, 7, 19, 20)),
)


async def f8(plant: Plant, scale: Scale, result: Result) -> None:
    """Answers of the broker that are errors, although it did what it was asked."""
    each, errors = scale.of(quick=1, usual=2, full=10), plant.front.errors
    result.wanted = each * len(_ERRORS)
    for api, code in _ERRORS:
        errors.due[api, code] = each
        if api in {JOIN, SYNC, COMMITTED}:
            plant.crew.one("detect-0").kill()
        try:
            await until(lambda at=(api, code): errors.due[at] <= 0, 12)
        except AssertionError:
            result.told.append(f"no request {api} to answer with {code}")
        errors.due[api, code] = 0
        await asyncio.sleep(1)
    result.faults = errors.happened
    plant.strike()


async def f16(plant: Plant, scale: Scale, result: Result) -> None:
    """Poison, also such that ends the process: the dead letters are exactly those, byte for byte."""
    for worker in plant.crew.of("detect"):
        worker.extra = {"SOC_KILLER": KILLER.decode()}
        worker.kill()
    await asyncio.sleep(5)
    result.wanted = scale.of(quick=1, usual=3, full=5)
    log = await KafkaLog.open(plant.site.kafka, [TOPIC])
    try:
        for number in range(result.wanted):
            await log.append(
                TOPIC, [Message(b"<38>1 2026-11-25T10:00:00Z host-1 cron 12 - - %s %d" % (KILLER, number))]
            )
            await asyncio.sleep(scale.of(quick=15, usual=20, full=30))
            result.faults += 1
    finally:
        await log.close()
    plant.strike()
    plant.load.pause(True)
    await until(lambda: _read(plant), 180, "all is read")
    letters: dict[str, bytes] = {}
    async for messages in history(plant.site.kafka, [DEAD_LETTERS]):
        letters |= {letter.ref: letter.raw for message in messages if (letter := decode(message.value))}
    bad: dict[str, bytes] = {}
    async for messages in history(plant.site.kafka, [TOPIC]):
        poisoned = [message for message in messages if message.value in POISON or KILLER in message.value]
        bad |= {f"{at.topic}:{at.partition}:{at.offset}": at.value for at in poisoned if at.value != LARGE}
    result.told.append(f"{len(bad)} poisoned records, {len(letters)} dead letters")
    if bad != letters:
        odd = sorted(set(bad.items()) ^ set(letters.items()))
        result.wrong.append("dead letters: " + "; ".join(f"{ref} {raw[:40]!r}" for ref, raw in odd[:4]))
    # To the oracle, which has no such flaw, these are ordinary records of long ago: in no window, matched by nothing.
    plant.load.pause(False)


async def _read(plant: Plant) -> bool:
    return await plant.behind("soc-detect") == 0


async def f18(plant: Plant, scale: Scale, result: Result) -> None:
    """Out of order by 20 s, one in twenty twice, hosts in 2099 and in 1970."""
    result.wanted = 1
    await asyncio.sleep(scale.of(quick=30, usual=60, full=600))
    result.faults = 1
    plant.strike()


async def f20(plant: Plant, scale: Scale, result: Result) -> None:
    """Rules change every 5 s under load, once into a broken file."""
    result.wanted = scale.of(quick=6, usual=14, full=60)
    folder = plant.site.folder / "var" / "site" / "rules"
    extra = {
        "title": "Rule of changes", "id": EXTRA, "status": "test", "level": "low", "logsource": {"product": "linux"},
        "detection": {"keywords": ["job 1"], "condition": "keywords"},
    }  # fmt: skip
    while result.faults < result.wanted:
        file = folder / "extra.yml"
        if result.faults % 2:
            file.unlink()
        else:
            file.write_text("title: [broken" if result.faults == 2 else yaml.safe_dump(extra))
        result.faults += 1
        await asyncio.sleep(5)
    (folder / "extra.yml").unlink(missing_ok=True)
    plant.strike()
    await asyncio.sleep(5)
    told = await asyncio.to_thread(stored, plant.elasticsearch.url)
    hashes = {kind: {one["soc"]["ruleset"] for one in found} for kind, found in _by_rule(told.findings).items()}
    if not hashes[True] or len(hashes[True]) != 1 or not hashes[True] <= hashes[False] | hashes[True]:
        result.wrong.append(f"findings of the changing rule name other content: {hashes}")
    if not told.health["soc-health-rules-broken"]:
        result.wrong.append("no alert tells of the broken file")
    result.told.append(f"{len(hashes[False] | hashes[True])} contents were in force")


EXTRA = "33333333-3333-4333-8333-333333333333"


def _by_rule(findings: dict[str, dict]) -> dict[bool, list[dict]]:
    found: dict[bool, list[dict]] = {True: [], False: []}
    for one in findings.values():
        found[one["rule"]["id"] == EXTRA].append(one)
    return found


async def f21(plant: Plant, scale: Scale, result: Result) -> None:
    """The wall clock of all workers jumps by an hour, forth and back, and back and forth."""
    file = plant.site.folder / "clock"
    file.write_text("0")
    for worker in plant.crew.workers:
        worker.extra = {"SOC_CLOCK": str(file)}
        worker.kill()
    await asyncio.sleep(15)
    result.wanted = 4
    for jump in (3600, 0, -3600, 0):
        file.write_text(str(jump))
        result.faults += 1
        await asyncio.sleep(scale.of(quick=12, usual=20, full=60))
    plant.strike()
