"""One process: it owns its data folder, ends as one, and says why."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from soc.config import Config
from soc.errors import ConfigurationError
from soc.metrics import Metrics
from soc.service import Status, _until_stopped, owned
from tests.waiting import until_now


def test_a_data_folder_has_one_owner_and_the_second_is_told_which(tmp_path) -> None:
    config = Config(data_dir=tmp_path / "var")
    with (
        owned(config),
        pytest.raises(ConfigurationError, match=f"process {os.getpid()} runs.*SOC_DATA_DIR"),
        owned(config),
    ):
        pass
    with owned(config):
        assert (tmp_path / "var" / "pipeline.lock").read_text() == f"{os.getpid()}\n"


def test_a_killed_owner_leaves_no_lock_behind(tmp_path) -> None:
    program = (
        "import os, pathlib\nfrom soc.config import Config\nfrom soc.service import owned\n"
        f"with owned(Config(data_dir=pathlib.Path({str(tmp_path)!r}))): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    with owned(Config(data_dir=tmp_path)):
        pass


async def test_when_one_loop_dies_the_others_end_and_its_fault_is_told() -> None:
    stopping, ended = asyncio.Event(), []

    async def waits() -> None:
        await stopping.wait()
        ended.append("waits")

    async def dies() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await _until_stopped(stopping, {"waits": waits(), "dies": dies()})
    assert ended == ["waits"]


async def test_a_stop_lets_every_loop_end_by_itself() -> None:
    stopping, ended = asyncio.Event(), []

    async def waits(name: str) -> None:
        await stopping.wait()
        await asyncio.sleep(0)
        ended.append(name)

    stopping.set()
    await _until_stopped(stopping, {name: waits(name) for name in "ab"})
    assert ended == ["a", "b"]


async def test_a_process_is_ready_when_it_has_started_and_its_check_is_content() -> None:
    status = Status(Metrics())
    assert await status.unready() == "starting"
    status.started = True
    assert await status.unready() == ""

    async def check() -> str:
        return "the store does not answer"

    status.check = check
    assert await status.unready() == "the store does not answer"


def test_a_role_that_is_run_with_a_broken_configuration_exits_2_without_a_traceback(tmp_path) -> None:
    (tmp_path / "soc.yml").write_text("data_dirr: x\n")
    done = subprocess.run(
        [sys.executable, "-m", "soc.service", "jobs"],
        env={**os.environ, "SOC_CONFIG": str(tmp_path / "soc.yml")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "soc.yml:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_each_of_several_processes_of_one_role_answers_under_its_own_name(tmp_path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "soc.service", "jobs"],
        env={**os.environ, "SOC_DATA_DIR": str(tmp_path), "SOC_PROCESS": "jobs-1"}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until_now((tmp_path / "run" / "jobs-1.sock").exists, 30)
        assert not (tmp_path / "run" / "jobs.sock").exists()
    finally:
        process.kill()
        process.wait()
