"""The service's processes, each to be killed, frozen and scaled by itself; whoever ends is started again at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent.parent
_LOOK = 0.1


@dataclass
class Worker:
    """One process of one role, with the place of its own that `SOC_SLOT` names."""

    role: str
    slot: int
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    """Variables for the next start: faults (`tests/faults/failing.py`)."""
    wanted: bool = True
    started: float = 0.0
    process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"{self.role}-{self.slot}"

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOC_")}
        own = {"SOC_CONFIG": str(self.folder / "soc.yml"), "SOC_SLOT": str(self.slot), "SOC_PROCESS": self.name}
        environment = {**inherited, **own, "PYTHONPATH": str(ROOT), **self.extra}
        program = "tests.faults.failing" if self.extra else "soc.service"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", program, self.role], env=environment, cwd=self.folder, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        self.started = time.monotonic()

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def signal(self, number: signal.Signals) -> None:
        if self.process and self.lives:
            self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def resident(self) -> int:
        """Bytes of memory; 0 if it does not run."""
        try:
            text = Path(f"/proc/{self.pid}/statm").read_text()
        except OSError:
            return 0
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Crew:
    """All processes of a plant; `keep` starts again what ends, as the supervisor would, without its growing pauses."""

    folder: Path
    workers: list[Worker] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    """How often processes ended, by role and how."""
    broken: str = ""
    """Set when a process says that its configuration is wrong: that must never happen."""
    held: bool = False
    """Nobody is started again meanwhile."""

    def hire(self, role: str, slot: int = 0, extra: Mapping[str, str] | None = None) -> Worker:
        worker = Worker(role, slot, self.folder, dict(extra or {}))
        self.workers.append(worker)
        worker.start()
        return worker

    def of(self, *roles: str) -> list[Worker]:
        return [worker for worker in self.workers if worker.wanted and worker.role in roles]

    def one(self, name: str) -> Worker:
        return next(worker for worker in self.workers if worker.name == name)

    async def keep(self) -> None:
        while True:
            for worker in self.workers:
                self._look(worker)
            await asyncio.sleep(_LOOK)

    def _look(self, worker: Worker) -> None:
        if worker.process is None or worker.lives:
            return
        code = worker.process.returncode
        if worker.wanted and not self.held:
            self.ends[f"{worker.role} {code}"] += 1
            if code == 2:
                self.broken = f"{worker.name}: {worker.log.read_text(errors='replace')[-500:]}"
            worker.start()

    async def dismiss(self, worker: Worker, seconds: float = 30) -> None:
        """Ask it to drain and end."""
        worker.wanted = False
        worker.signal(signal.SIGCONT)
        worker.signal(signal.SIGTERM)
        try:
            await until(lambda: not worker.lives, seconds, f"{worker.name} ends")
        except AssertionError:
            worker.kill()
            raise

    async def rest(self) -> None:
        """All drain and end, those that need others last."""
        for roles in (("receive",), ("pipeline", "detect"), ("correlate",), ("index",), ("jobs", "console")):
            await asyncio.gather(*(self.dismiss(worker) for worker in self.of(*roles)))

    def destroy(self) -> None:
        for worker in self.workers:
            worker.wanted = False
            worker.kill()
