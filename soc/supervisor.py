"""`soc run`: one process per role, restarted when it dies, watched until it is ready, drained on Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from soc import logs, telemetry
from soc.clock import SystemClock
from soc.errors import ConfigurationError
from soc.service import DRAIN_SECONDS, roles_of, socket_of

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable

    from soc.config import Config

log = logs.get(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_HEALTHY_AFTER = 30.0


def service_command(role: str) -> list[str]:
    """What runs one role."""
    return [sys.executable, "-m", "soc.service", role]


@dataclass(slots=True)
class Child:
    role: str
    slot: int = 0
    process: Process | None = None
    wait: float = _FIRST_WAIT
    """Seconds until it is started again if it ends now."""
    started: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.role}-{self.slot}" if self.slot else self.role


@dataclass(slots=True)
class Supervisor:
    config: Config
    command: Callable[[str], list[str]] = service_command
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    children: list[Child] = field(default_factory=list)
    exit_code: int = 0

    def __post_init__(self) -> None:
        for role in roles_of(self.config):
            count = self.config.detect_workers if role == "detect" else 1
            self.children += [Child(role, slot) for slot in range(count)]

    async def run(self) -> int:
        """Until SIGTERM or SIGINT, or until a child says that the configuration is wrong."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        pages = asyncio.create_task(telemetry.serve(self, bind=self.config.metrics.bind), name="telemetry")
        keepers = [asyncio.create_task(self._keep(child), name=child.name) for child in self.children]
        announcer = asyncio.create_task(self._announce(), name="announce")
        stopped = asyncio.create_task(self.stopping.wait(), name="stopping")
        done, _ = await asyncio.wait({pages, stopped, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        self.stopping.set()
        await self._drain()
        others = {pages, announcer, stopped, *keepers} - done
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for task in done:
            task.result()  # raises what ended it
        return self.exit_code

    async def metrics(self) -> bytes:
        """All processes' metrics in one exposition, by role."""
        answers = await asyncio.gather(
            *(telemetry.ask(socket_of(self.config, child.name), "/metrics") for child in self.children)
        )
        texts = {child.name: body for child, (code, body) in zip(self.children, answers, strict=True) if code == 200}
        return telemetry.merge(texts)

    async def unready(self) -> str:
        """Which process is not ready, and why."""
        asked = [(child, await telemetry.ask(socket_of(self.config, child.name), "/readyz")) for child in self.children]
        return "; ".join(f"{child.name}: {body.decode().strip()}" for child, (code, body) in asked if code != 200)

    async def _keep(self, child: Child) -> None:
        """Start a process again and again, later and later while it keeps dying."""
        loop = asyncio.get_running_loop()
        while not self.stopping.is_set():
            child.started = loop.time()
            code = await self._ended(child)
            if self.stopping.is_set():
                return
            if code == ConfigurationError.exit_code:
                self.exit_code = code
                self.stopping.set()
                return
            if loop.time() - child.started > _HEALTHY_AFTER:
                child.wait = _FIRST_WAIT
            await asyncio.to_thread(self._note, child, code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), child.wait)
            child.wait = min(child.wait * 2, _LONGEST_WAIT)

    async def _ended(self, child: Child) -> int:
        """Start a process and wait for its end; its status, negative for a signal."""
        environment = {**os.environ, "SOC_SLOT": str(child.slot), "SOC_PROCESS": child.name}
        try:
            child.process = await asyncio.create_subprocess_exec(
                *self.command(child.role), env=environment, start_new_session=True
            )
        except OSError as error:  # no memory or no processes left: it may work later
            log.error("cannot start a process", process=child.name, error=str(error))
            return 1
        return await child.process.wait()

    def _note(self, child: Child, code: int) -> None:
        """Write the restart down for `jobs`, which makes a health finding of it."""
        how = f"killed by signal {-code}" if code < 0 else f"exit status {code}"
        log.warning("a process ended and is started again", process=child.name, how=how)
        line = json.dumps({"role": child.role, "detail": f"{child.name}: {how}", "at": SystemClock().now()})
        path = self.config.data_dir / "run" / "restarts.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:  # a full disk must not keep the process from being started again
            log.warning("cannot write the restart down", error=str(error))

    async def _announce(self) -> None:
        """Say "ready" once every process is."""
        while why := await self.unready():
            log.debug("waiting", reason=why)
            await asyncio.sleep(0.1)
        scheme = "https" if self.config.console.tls_cert_file else "http"
        lines = [
            f"console  {scheme}://{self.config.console.bind}",
            f"metrics  http://{self.config.metrics.bind}/metrics",
        ]
        if self.config.embedded:
            lines.append(f"inbox    {self.config.data_dir / 'inbox'}  (files dropped there are read)")
        lines += [
            f"syslog   {item.bind}  ({'TLS' if item.tls else 'UDP and TCP'})" for item in self.config.sources.syslog
        ]
        click.echo("\n".join([*lines, "ready"]))
        sys.stdout.flush()

    async def _drain(self) -> None:
        """Ask every process to stop, then make it."""
        running = [child.process for child in self.children if child.process and child.process.returncode is None]
        for process in running:
            process.terminate()
        if running:
            _, late = await asyncio.wait(
                [asyncio.create_task(process.wait()) for process in running], timeout=DRAIN_SECONDS + 5
            )
            for process in running if late else ():
                if process.returncode is None:
                    process.kill()
