"""The three pages of a process, over TCP and over a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest

from soc import telemetry
from soc.errors import ConfigurationError
from tests.services import free_port
from tests.waiting import until


class Report:
    reason = ""

    async def metrics(self) -> bytes:
        return b"# TYPE a gauge\na 1.0\n" * 3

    async def unready(self) -> str:
        return self.reason


@contextlib.asynccontextmanager
async def serving(report: Report, **where):
    task = asyncio.create_task(telemetry.serve(report, **where))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_pages_over_a_socket(tmp_path) -> None:
    report, path = Report(), tmp_path / "a.sock"
    async with serving(report, path=path):
        await until(path.exists)

        async def ask(page: str):
            return await telemetry.ask(path, page)

        async def alive() -> bool:
            return (await ask("/healthz"))[0] == 200

        await until(alive)
        assert await ask("/healthz") == (200, b"alive\n")
        assert await ask("/readyz") == (200, b"ready\n")
        assert await ask("/metrics") == (200, await report.metrics())
        assert (await ask("/else"))[0] == 404
        report.reason = "the store does not answer"
        assert await ask("/readyz") == (503, b"the store does not answer\n")
        assert path.stat().st_mode & 0o777 == 0o600


async def test_the_pages_over_tcp() -> None:
    bind = f"127.0.0.1:{free_port()}"
    async with serving(Report(), bind=bind), httpx.AsyncClient() as client:

        async def answered() -> bool:
            with contextlib.suppress(httpx.ConnectError):
                return (await client.get(f"http://{bind}/readyz")).text == "ready\n"
            return False

        await until(answered)
        answer = await client.get(f"http://{bind}/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_nobody_behind_a_socket_is_an_answer(tmp_path) -> None:
    code, reason = await telemetry.ask(tmp_path / "none.sock", "/metrics")
    assert code == 0
    assert reason


async def test_a_leftover_socket_of_a_killed_process_is_replaced(tmp_path) -> None:
    path = tmp_path / "a.sock"
    path.write_text("left over")
    async with serving(Report(), path=path):

        async def ready() -> bool:
            return (await telemetry.ask(path, "/readyz"))[0] == 200

        await until(ready)


async def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.1:9.*metrics\.bind"):
        await telemetry.serve(Report(), bind="192.0.2.1:9")
