"""The role receive as a process of its own: killed, frozen, and with a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from soc.clock import FixedClock
from soc.config import Config
from soc.record import LogSource
from soc.sources.intake import Intake
from soc.sources.spool import Sender, history, message, open_spool
from tests.services import free_port
from tests.waiting import until, until_now

KILLS, MANY = 3, 12_000


class Process:
    """`receive`, as the supervisor starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.config = Config(data_dir=folder)
        (folder / "soc.yml").write_text(
            yaml.safe_dump(
                {"sources": {"syslog": [{"bind": f"127.0.0.1:{self.port}", "max_messages_per_second": 10**6}]}}
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "SOC_CONFIG": str(self.folder / "soc.yml"), "SOC_DATA_DIR": str(self.folder)}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "soc.service", "receive"], env=environment, stderr=log
            )
        until_now(self._listens, 30, "receive listens")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def frozen(self) -> bool:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def end(self, number: int) -> int:
        assert self._process is not None
        self.signal(number)
        return self._process.wait(30)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self.end(signal.SIGKILL)

    def spooled(self) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "spool.db")) as database:
            return int(database.execute("SELECT count(*) FROM message").fetchone()[0])

    async def raws(self) -> list[bytes]:
        spool = await open_spool(self.config, FixedClock(0))
        try:
            return [record.raw async for batch in history(spool) for record in batch]
        finally:
            await spool.close()


@pytest.fixture
def receive(tmp_path):
    process = Process(tmp_path)
    yield process
    process.stop()


def flood(port: int, name: int) -> None:
    """One connection that sends numbered messages until it breaks."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
        for number in range(10**6):
            connection.sendall(b"<34>%d-%d %s\n" % (name, number, b"z" * 200))


async def test_a_killed_receiver_has_spooled_the_beginning_of_each_connection_and_each_message_once(receive) -> None:
    for kill in range(KILLS):
        receive.start()
        enough = receive.spooled() + 200 * (kill + 1)
        sending = asyncio.create_task(asyncio.to_thread(flood, receive.port, kill))
        await until(lambda enough=enough: receive.spooled() > enough)
        receive.end(signal.SIGKILL)
        await sending
    with contextlib.closing(sqlite3.connect(receive.folder / "spool.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    raws = await receive.raws()
    for kill in range(KILLS):
        mine = [raw.split(b" ")[0] for raw in raws if raw.startswith(b"<34>%d-" % kill)]
        assert len(mine) > 200
        assert mine == [b"<34>%d-%d" % (kill, number) for number in range(len(mine))]


async def test_a_frozen_receiver_loses_nothing_of_a_connection(receive) -> None:
    receive.start()

    def send() -> None:
        with socket.create_connection(("127.0.0.1", receive.port)) as connection:
            for number in range(MANY):
                connection.sendall(b"<34>%d %s\n" % (number, b"z" * 1000))

    sending = asyncio.create_task(asyncio.to_thread(send))
    await until(lambda: receive.spooled() > 100)
    receive.signal(signal.SIGSTOP)
    await until(receive.frozen)
    receive.signal(signal.SIGCONT)
    await sending
    await until(lambda: receive.spooled() == MANY, 30)
    assert receive.end(signal.SIGTERM) == 0
    assert [int(raw[4:].split(b" ")[0]) for raw in await receive.raws()] == list(range(MANY))


async def test_a_full_spool_holds_senders_back_and_goes_on_by_itself(tmp_path) -> None:
    spool = await open_spool(Config(data_dir=tmp_path), FixedClock(0))
    intake = Intake(spool)
    running = asyncio.create_task(intake.run())
    sender, sent = Sender("192.0.2.7", LogSource("logs.host")), 0

    async def send() -> None:
        nonlocal sent
        for number in range(100):
            await intake.put([message(b"%d %s" % (number, b"z" * 10_000), sender)])
            sent += 1

    def pages(most: int) -> None:
        with spool._database.writing() as connection:
            connection.execute(f"PRAGMA max_page_count = {most}").fetchall()

    await asyncio.to_thread(pages, 60)
    with capture_logs() as logs:
        sending = asyncio.create_task(send())
        await until(lambda: logs)
    assert "database or disk is full; free space on that disk" in logs[0]["error"]
    held = sent
    await asyncio.to_thread(pages, 1 << 30)
    await sending
    assert 0 < held < 100
    raws = [record.raw async for batch in history(spool) for record in batch]
    assert [int(raw.split(b" ")[0]) for raw in raws] == list(range(100))
    intake.close()
    await running
    await spool.close()
