"""A data folder with real SQLite files, and the command as it is called on it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from soc import alerting, instant
from soc.cli import main
from soc.config import Config
from soc.finding import RuleInfo
from soc.log import DEAD_LETTERS, Message
from soc.log.dead_letters import encode
from soc.log.opening import open_log
from soc.pipeline import DeadLetter
from soc.record import LogSource, Record
from soc.stores.opening import store_of

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from soc.finding import Finding

NOON = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z, seven in the morning in Ha Noi
SSH = RuleInfo(
    "ssh-guessing", "SSH guessing", "Dò mật khẩu SSH", "1", "rule", "high", "host",
    controls=("tcvn14423.5.6.1c",), techniques=("T1110.001",), tactics=("TA0006",), national_category=6, national_severity=3,
    runbook_en=("Block the source.",), runbook_vi=("Chặn địa chỉ nguồn.",), falsepositives=("A forgotten script.",),
)  # fmt: skip
SCAN = RuleInfo("port-scan", "Port scan", "Quét cổng", "1", "rule", "low", "network")
HOSTILE = "\x1b[2J\u202egnp.exe\x07"


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = Config(data_dir=folder)

    def call(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(main, arguments, input=stdin)

    def store(self, *findings: Finding, roll_up: bool = True) -> None:
        async def fill() -> None:
            opened = await store_of(self.config)
            alerts = [alert for alert in map(alerting.alert_of, findings) if alert]
            await opened.create(findings, alerts, NOON)
            if roll_up:
                await opened.roll_up(0)
            await opened.close()

        asyncio.run(fill())

    def within(self, use: Any) -> Any:
        """The answer of an async function that is given the open store."""

        async def opened() -> Any:
            store = await store_of(self.config)
            try:
                return await use(store)
            finally:
                await store.close()

        return asyncio.run(opened())

    def bury(self, *letters: DeadLetter, at: int = NOON) -> None:
        self.append(DEAD_LETTERS, *(encode(letter, "5e7", at) for letter in letters))

    def append(self, topic: str, *values: bytes) -> None:
        async def fill() -> None:
            log = await open_log(self.config)
            await log.append(topic, [Message(value, partition=0) for value in values])
            await log.close()

        asyncio.run(fill())


def finding(
    info: RuleInfo, number: int, *, source: str = "203.0.113.7", raw: str = "", sample: bool = False
) -> Finding:
    """One finding; all of one rule and source within an hour make one alert."""
    time, ref = NOON + number * instant.MINUTE, f"file:x:{number}"
    document = {"source.ip": source, "host.name": f"host-{source}", "message": raw}
    group = alerting.Group((("source.ip", source),), instant.floor(time, info.bucket))
    why = [{"selection": "selection", "field": "event.action", "asked": "'failed'", "value": "failed"}]
    return alerting.finding_of(
        info, group, document, time=time, arrived=time, ref=ref, raw=raw.encode() or b"raw", why=why, sample=sample
    )


def letter(
    raw: bytes, offset: int = 1, *, reason: str = "json", topic: str = "logs.host", name: str = ""
) -> DeadLetter:
    record = Record(raw, f"{topic}:0", offset, NOON - instant.MINUTE, LogSource(topic, name), peer="192.0.2.9")
    return DeadLetter(record, "parse", reason, "no object")
