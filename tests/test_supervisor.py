"""The supervisor: what dies is started again, later and later; a wrong configuration stops all; a stop drains."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from soc.config import Config, Console, Metrics, Sources
from soc.errors import ConfigurationError
from soc.service import EMBEDDED_ROLES, KAFKA_ROLES, roles_of, socket_of
from soc.supervisor import Supervisor
from tests.services import free_port
from tests.waiting import until


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        data_dir=tmp_path,
        sources=Sources(syslog=[]),
        metrics=Metrics(f"127.0.0.1:{free_port()}"),
        console=Console(f"127.0.0.1:{free_port()}"),
    )


def program(text: str, **others: str):
    """A command that runs a small program for a role."""
    return lambda role: [sys.executable, "-c", others.get(role, text)]


SLEEPS = "import time; time.sleep(600)"


def restarts(config: Config) -> list[dict]:
    path = config.data_dir / "run" / "restarts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def stopped(task: asyncio.Task, supervisor: Supervisor) -> int:
    supervisor.stopping.set()
    return await task


async def test_what_dies_is_started_again_with_a_growing_pause_and_written_down(config) -> None:
    supervisor = Supervisor(config, program(SLEEPS, jobs="import sys; sys.exit(3)"))
    task = asyncio.create_task(supervisor.run())
    await until(lambda: len(restarts(config)) >= 2, 20)
    assert {(one["role"], one["detail"]) for one in restarts(config)} == {("jobs", "jobs: exit status 3")}
    (jobs,) = (child for child in supervisor.children if child.role == "jobs")
    assert jobs.wait >= 1.0
    assert await stopped(task, supervisor) == 0


async def test_a_killed_process_is_told_by_its_signal(config) -> None:
    supervisor = Supervisor(config, program(SLEEPS))
    task = asyncio.create_task(supervisor.run())
    await until(lambda: all(child.process for child in supervisor.children))
    killed = supervisor.children[0]
    first = killed.process.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: killed.process.pid != first)
    assert restarts(config)[0]["detail"] == f"{killed.name}: killed by signal 9"
    await stopped(task, supervisor)


async def test_a_wrong_configuration_stops_everything_with_status_2(config) -> None:
    supervisor = Supervisor(config, program(SLEEPS, console="import sys; sys.exit(2)"))
    assert await supervisor.run() == 2
    assert all(child.process.returncode is not None for child in supervisor.children)


async def test_a_stop_asks_every_process_to_drain(config, tmp_path) -> None:
    drains = (
        "import os, signal, sys, time\n"
        f"def drain(*_): open({str(tmp_path)!r} + '/drained-' + os.environ['SOC_PROCESS'], 'w'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, drain)\n"
        f"open({str(tmp_path)!r} + '/started-' + os.environ['SOC_PROCESS'], 'w')\n"
        "time.sleep(600)"
    )
    supervisor = Supervisor(config, program(drains))
    task = asyncio.create_task(supervisor.run())
    await until(lambda: len(list(tmp_path.glob("started-*"))) == len(EMBEDDED_ROLES))
    assert await stopped(task, supervisor) == 0
    assert {path.name for path in tmp_path.glob("drained-*")} == {f"drained-{role}" for role in EMBEDDED_ROLES}
    assert restarts(config) == []


async def test_an_address_in_use_is_named_with_what_to_do(config) -> None:
    host, port = config.metrics.bind.split(":")
    with (
        socket.create_server((host, int(port))),
        pytest.raises(ConfigurationError, match=f"{host}:{port}.*SOC_METRICS"),
    ):
        await Supervisor(config, program(SLEEPS)).run()


async def test_a_program_that_cannot_be_started_is_tried_again(config) -> None:
    supervisor = Supervisor(config, lambda _: ["/nonexistent/program"])
    task = asyncio.create_task(supervisor.run())
    await until(lambda: len(restarts(config)) >= len(supervisor.children))
    assert not task.done()
    await stopped(task, supervisor)


async def test_without_space_for_its_note_a_process_is_still_started_again(config) -> None:
    (config.data_dir / "run").write_text("a file where the folder should be")
    supervisor = Supervisor(config, program("import sys; sys.exit(3)"))
    task = asyncio.create_task(supervisor.run())
    await until(lambda: all(child.wait > 0.5 for child in supervisor.children))
    assert not task.done()
    await stopped(task, supervisor)


def test_each_mode_has_its_processes() -> None:
    import msgspec

    from soc.config import Kafka

    embedded = Config()
    kafka = msgspec.structs.replace(embedded, kafka=Kafka(brokers="b:9092"), detect_workers=3)
    assert roles_of(embedded) == EMBEDDED_ROLES
    assert roles_of(kafka) == KAFKA_ROLES
    assert roles_of(msgspec.structs.replace(kafka, sources=Sources(syslog=[]))) == KAFKA_ROLES[1:]
    names = [child.name for child in Supervisor(kafka).children]
    assert names == ["receive", "detect", "detect-1", "detect-2", "correlate", "index", "jobs", "console"]


def test_a_socket_in_a_deep_folder_has_a_path_that_fits(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    deep = tmp_path / ("d" * 120)
    assert socket_of(Config(data_dir=deep), "jobs") == Path("d" * 120) / "run" / "jobs.sock"
