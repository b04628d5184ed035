"""One process of the service: startup, its roles' loops, shutdown. `supervisor` starts one per role."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from soc import jobs, logs, parse, roles, set_aside, telemetry
from soc.clock import SteadyClock
from soc.config import load_config
from soc.errors import ConfigurationError, SocError
from soc.loading import InForce
from soc.log.opening import open_log
from soc.metrics import Metrics
from soc.sources.opening import open_source
from soc.stores.opening import store_of
from soc.workspace.exceptions import Standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from typing import Any

    from soc.config import Config
    from soc.log import Log

log = logs.get(__name__)
DRAIN_SECONDS = 20.0
_STUCK_SECONDS = 180.0
"""Much longer than the slowest batch; a server that is away does not count, roles move while they wait."""
EMBEDDED_ROLES = ("receive", "pipeline", "jobs", "console")
KAFKA_ROLES = ("receive", "detect", "correlate", "index", "jobs", "console")


def roles_of(config: Config) -> tuple[str, ...]:
    """The processes that make up the whole service in the configured mode."""
    if config.embedded:
        return EMBEDDED_ROLES
    return KAFKA_ROLES if config.sources.syslog else tuple(role for role in KAFKA_ROLES if role != "receive")


def socket_of(config: Config, role: str) -> Path:
    """Where a supervised process answers for itself. Unix socket paths are short, so this one is relative if it must be."""
    path = (config.data_dir / "run" / f"{role}.sock").absolute()
    return path if len(str(path)) < 100 else Path(os.path.relpath(path))


class Status:
    """What `/readyz` says: started, and the last word of the alert store."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.started = False
        self.check: Callable[[], Awaitable[str]] | None = None

    async def metrics(self) -> bytes:
        return self._metrics.text()

    async def unready(self) -> str:
        if not self.started:
            return "starting"
        return await self.check() if self.check else ""


@contextlib.contextmanager
def owned(config: Config) -> Any:
    """Hold `pipeline.lock`: the positions, hits and dead letters of a data folder belong to one process.

    Raises:
        ConfigurationError: another process has it; the message says which.
    """
    path = config.data_dir / "pipeline.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ConfigurationError(
                f"{path}: process {holder} runs on this data folder already; stop it, or give this one another "
                "folder with SOC_DATA_DIR"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def main(role: str, *, supervised: bool) -> int:
    """Run one role until SIGTERM or SIGINT; the exit status."""
    logs.setup(role)
    try:
        config = load_config()
        config.data_dir.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_run(role, config, supervised=supervised))
    except SocError as error:
        log.error("cannot run", error=str(error))
        return error.exit_code
    except OSError as error:
        log.error("cannot run", error=f"{error.filename or role}: {error.strerror or error}")
        return 1
    except Exception:
        log.exception("a fault of the program")
        return 1


async def _run(role: str, config: Config, *, supervised: bool) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    metrics = Metrics(role)
    status = Status(metrics)
    where: dict[str, Any] = {"bind": config.metrics.bind}
    if supervised:
        path = socket_of(config, _process(role))
        path.parent.mkdir(parents=True, exist_ok=True)
        where = {"path": path}
    work = asyncio.create_task(_ROLES[role](config, metrics, status, stopping), name=role)
    side = {
        asyncio.create_task(telemetry.serve(status, **where), name="telemetry"),
        asyncio.create_task(stopping.wait(), name="stopping"),
    }
    if supervised:
        side.add(asyncio.create_task(_orphaned(stopping), name="parent"))
    done, _ = await asyncio.wait({*side, work}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    # What has not started yet may be waiting for a server that never comes.
    await asyncio.wait({work}, timeout=DRAIN_SECONDS + 2 if status.started else 0)
    for task in (work, *side):
        task.cancel()
    await asyncio.gather(work, *side, return_exceptions=True)
    for task in (work, *done):
        if not task.cancelled():
            task.result()  # raises what ended it
    log.info("stopped")
    return 0


async def _orphaned(stopping: asyncio.Event) -> None:
    """Stop when the supervisor is gone: a killed one must not leave processes that hold the data folder."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.5)
    stopping.set()


async def _watch(work: roles.Workshop) -> None:
    """End the process when a role hangs: the supervisor starts it again, and nothing that was not done is lost.

    A thread that hangs cannot be stopped in order, so this does not try.
    """
    while not work.stopping.is_set():
        if stuck := work.stuck(_STUCK_SECONDS):
            log.error("a role has not moved for too long, the process ends", roles=stuck, seconds=_STUCK_SECONDS)
            os._exit(1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(work.stopping.wait(), 5.0)


def _process(role: str) -> str:
    """What the supervisor calls this process: one role may have several."""
    return os.environ.get("SOC_PROCESS", role)


def _suspects(config: Config, role: str) -> roles.Suspects:
    return roles.Suspects(config.data_dir / "run" / f"{_process(role)}.mark")


async def _until_stopped(stopping: asyncio.Event, loops: dict[str, Coroutine[Any, Any, None]]) -> None:
    """Run loops side by side. Each ends by itself once `stopping` is set; if one dies or hangs then, all end."""
    tasks = {asyncio.create_task(loop, name=name) for name, loop in loops.items()}
    waiter = asyncio.create_task(stopping.wait(), name="stopping")
    try:
        await asyncio.wait({*tasks, waiter}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        done, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in late:
            log.warning("did not stop in time", task=task.get_name())
    finally:
        waiter.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, waiter, return_exceptions=True)
    for task in done:
        if task.exception():
            raise task.exception() or RuntimeError(task.get_name())


@contextlib.asynccontextmanager
async def _workshop(config: Config, metrics: Metrics, stopping: asyncio.Event) -> AsyncIterator[roles.Workshop]:
    content = await asyncio.to_thread(InForce, config)
    opened: Log = await open_log(config)
    try:
        yield roles.Workshop(opened, content, metrics, SteadyClock(), stopping)
    finally:
        await opened.close()


def _limits(config: Config) -> roles.Limits:
    return roles.Limits(roles.RuleBudget(config.rule_budget), set_aside.file_of(config))


async def _pipeline(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    """Embedded: the three functions in one process, over the SQLite log."""
    with owned(config), contextlib.closing(Standing(config.data_dir)) as exceptions:
        async with _workshop(config, metrics, stopping) as work:
            store = await store_of(config)
            await asyncio.to_thread(parse.prepare)
            source = await open_source(config, work.log, work.clock)
            suspects = _suspects(config, "pipeline")
            status.check = _store_check(metrics)
            status.started = True
            try:
                await _until_stopped(
                    stopping,
                    {
                        "detect": roles.detect(work, source, suspects, _limits(config)),
                        "correlate": roles.correlate(work),
                        "index": roles.index(work, store, exceptions),
                        "watchdog": _watch(work),
                    },
                )
            finally:
                suspects.close()
                await source.close()
                await store.close()


async def _detect(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    async with _workshop(config, metrics, stopping) as work:
        await asyncio.to_thread(parse.prepare)
        source = await open_source(config, work.log, work.clock)
        suspects = _suspects(config, "detect")
        status.started = True
        try:
            detecting = roles.detect(work, source, suspects, _limits(config))
            await _until_stopped(stopping, {"detect": detecting, "watchdog": _watch(work)})
        finally:
            suspects.close()
            await source.close()


async def _correlate(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    async with _workshop(config, metrics, stopping) as work:
        status.started = True
        await _until_stopped(stopping, {"correlate": roles.correlate(work), "watchdog": _watch(work)})


async def _index(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    with contextlib.closing(Standing(config.data_dir)) as exceptions:
        async with _workshop(config, metrics, stopping) as work:
            store = await store_of(config, writer=True)
            status.check = _store_check(metrics)
            status.started = True
            try:
                await _until_stopped(
                    stopping, {"index": roles.index(work, store, exceptions), "watchdog": _watch(work)}
                )
            finally:
                await store.close()


async def _jobs(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    store = await store_of(config)
    status.started = True
    try:
        await _until_stopped(stopping, {"jobs": jobs.run(config, store, metrics, SteadyClock(), stopping)})
    finally:
        await store.close()


async def _receive(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    from soc.sources import receive  # noqa: PLC0415 (listeners are of no use to the other roles)

    async def started() -> None:
        status.started = True

    await receive.run(config, metrics, SteadyClock(), stopping, started)


async def _console(config: Config, metrics: Metrics, status: Status, stopping: asyncio.Event) -> None:
    from soc.console import serve  # noqa: PLC0415 (the web stack is of no use to the other roles)
    from soc.workspace import Workspace  # noqa: PLC0415

    store = await store_of(config)
    workspace = await asyncio.to_thread(Workspace, config.data_dir, SteadyClock())
    status.started = True
    try:
        await _until_stopped(
            stopping, {"console": serve.serve(config, store, workspace, metrics, SteadyClock(), stopping)}
        )
    finally:
        await store.close()


def _store_check(metrics: Metrics) -> Callable[[], Awaitable[str]]:
    metrics.store_up.set(1)

    async def check() -> str:
        value = metrics.registry.get_sample_value("soc_store_up")
        return "" if value else "the alert store does not answer"

    return check


Role = "Callable[[Config, Metrics, Status, asyncio.Event], Coroutine[Any, Any, None]]"
_ROLES: dict[str, Callable[[Config, Metrics, Status, asyncio.Event], Coroutine[Any, Any, None]]] = {
    "pipeline": _pipeline,
    "detect": _detect,
    "correlate": _correlate,
    "index": _index,
    "jobs": _jobs,
    "receive": _receive,
    "console": _console,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], supervised=True))
