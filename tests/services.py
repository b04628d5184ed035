"""A real Kafka and a real Elasticsearch for tests and for hand work, fetched with Maven, without containers.

`python -m tests.services start|stop|fetch` serves `make services` and `make services-stop`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from tests.waiting import until_now

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
KAFKA_VERSION, ELASTICSEARCH_VERSION, LOG4J_VERSION = "4.1.1", "8.19.16", "2.24.3"
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>soc</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>{}</dependencies></project>
"""
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
_KAFKA_PARTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.kafka", "kafka-tools", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J_VERSION),
    ("org.apache.logging.log4j", "log4j-core", LOG4J_VERSION),
)
_LOG4J = """<Configuration><Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="INFO"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


def missing() -> list[str]:
    """The programs that are needed and not there."""
    return [name for name in ("java", "mvn") if not shutil.which(name)]


def cache() -> Path:
    """Where the servers' programs are kept; readable for the user `es` if we are root."""
    named = os.environ.get("SOC_SERVICES_DIR")
    folder = Path(named) if named else ROOT / ".cache" / "services"
    parents = [parent for parent in folder.absolute().parents if parent.exists()]
    closed = any(not parent.stat().st_mode & stat.S_IXOTH for parent in parents)
    if os.geteuid() == 0 and closed and not named:
        folder = Path("/var/tmp/soc-services")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """One process at a time."""
    with file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel hands out itself; never the same twice."""
    while True:
        port = _RANDOM.randint(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


_RANDOM = random.SystemRandom()  # property tests seed the other one
_given: set[int] = set()
"""Asked for, whether or not somebody listens on them by now."""


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def _maven(*arguments: str, folder: Path) -> None:
    _run("mvn", "-q", "-B", *arguments, folder=folder)


def _fetched(name: str) -> Path:
    """The folder of a server's programs, fetched the first time; a half-fetched one is never seen."""
    folder = cache() / name
    with locked(cache() / "fetching"):
        if not folder.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache()))
            _FETCH[name.split("-", 1)[0]](fresh)
            fresh.chmod(0o755)
            fresh.rename(folder)
    return folder


def _fetch_kafka(folder: Path) -> None:
    (folder / "pom.xml").write_text(_POM.format("".join(_DEPENDENCY.format(*part) for part in _KAFKA_PARTS)))
    (folder / "log4j2.xml").write_text(_LOG4J)
    _maven("dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=libs", folder=folder)


def _fetch_elasticsearch(folder: Path) -> None:
    artifact = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{ELASTICSEARCH_VERSION}:zip"
    _maven("dependency:copy", f"-Dartifact={artifact}", "-DoutputDirectory=.", folder=folder)
    archive = folder / f"elasticsearch-{ELASTICSEARCH_VERSION}.zip"
    shutil.unpack_archive(archive, folder)
    archive.unlink()
    (unpacked,) = (path for path in folder.iterdir() if path.name.startswith("elasticsearch"))
    for path in list(unpacked.iterdir()):
        path.rename(folder / path.name)
    unpacked.rmdir()
    for program in (*folder.glob("bin/*"), *folder.glob("lib/**/*"), *folder.glob("jdk/bin/*")):
        program.chmod(0o755)


_FETCH = {"kafka": _fetch_kafka, "elasticsearch": _fetch_elasticsearch}


def _runs_in(group: int, process: Path) -> bool:
    try:
        state, _, its_group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
        return its_group == str(group) and (state != "Z" or len(list((process / "task").iterdir())) > 1)
    except OSError:
        return False


def _moves(process: Path) -> bool:
    """Whether a thread of a process is not stopped yet: the signal reaches each in its own time."""
    try:
        states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in (process / "task").iterdir()]
    except OSError:
        return True
    return not set(states) <= {"T", "t", "Z", "X"}


@dataclass
class Server:
    """One server on its own folder and port; it can be killed, frozen, and started again on the same data."""

    name: ClassVar[str] = ""
    version: ClassVar[str] = ""
    patience: ClassVar[float] = 120.0

    port: int = 0
    folder: Path = field(default_factory=Path)
    pid: int = 0
    extra: tuple[str, ...] = ()
    """More settings, in the server's own form."""
    owner: int = 0
    """The process that it must not outlive."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _guard: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.folder = Path(self.folder)

    @property
    def programs(self) -> Path:
        return _fetched(f"{self.name}-{self.version}")

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Until it answers. The data of an earlier start are still there."""
        if self.folder == Path():
            self.folder = Path(tempfile.mkdtemp(prefix=f"soc-{self.name}-"))
            self.prepare()
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command(), stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, **self.environment()}, user=self.user(), cwd=self.folder,
            )  # fmt: skip
        self.pid = self._process.pid
        self._watch_owner()
        try:
            until_now(lambda: self.gone or self.ready(begin), self.patience, f"{self.name} starts, see {self.log}")
        except BaseException:
            self.kill()
            raise
        if self.gone:
            raise RuntimeError(f"{self.name} ended at once: {self.tail()}")

    def kill(self) -> None:
        """kill -9, all of it; the guard first, or it would clear the data away."""
        if self._guard:
            self._guard.kill()
            self._guard.wait()
        self._signal(signal.SIGKILL)
        until_now(lambda: self.gone, 20, f"{self.name} is gone")
        if self._process:
            self._process.wait()
        self.pid, self._process, self._guard = 0, None, None

    def _watch_owner(self) -> None:
        """A test run that is killed cannot clean up after itself."""
        alive = f"kill -0 {self.owner} && kill -0 {self.pid}"
        script = (
            f"while {alive}; do sleep 1; done 2>/dev/null; kill -9 -- -{self.pid} 2>/dev/null; rm -rf {self.folder}"
        )
        if self.owner:
            self._guard = subprocess.Popen(["sh", "-c", script], start_new_session=True)

    def leave(self) -> None:
        """It goes on for others, and is not this process's to wait for any more."""
        for process in (self._process, self._guard):
            if process:
                process.returncode = 0

    def freeze(self) -> None:
        """It keeps its connections and answers nobody."""
        self._signal(signal.SIGSTOP)
        mine = [process for process in Path("/proc").glob("[0-9]*") if _runs_in(self.pid, process)]
        until_now(lambda: not any(map(_moves, mine)), 10, f"{self.name} stands still")

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        """kill -9 and start again on the same data and port."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """For good, with its data."""
        if self.pid:
            self.kill()
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def gone(self) -> bool:
        """Every process of its group has ended, the last thread included."""
        if self._process:  # otherwise another process started it
            self._process.poll()
        return not self.pid or not any(_runs_in(self.pid, process) for process in Path("/proc").glob("[0-9]*"))

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def _signal(self, number: signal.Signals) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def state(self) -> dict[str, object]:
        return {"port": self.port, "folder": str(self.folder), "pid": self.pid}

    def user(self) -> str | None:
        return None

    def environment(self) -> dict[str, str]:
        return {}

    def prepare(self) -> None:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def ready(self, begin: int) -> bool:
        raise NotImplementedError


@dataclass
class Kafka(Server):
    name: ClassVar[str] = "kafka"
    version: ClassVar[str] = KAFKA_VERSION

    def settings(self, controller: int) -> dict[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.folder / "data",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "true",
            **dict(line.split("=", 1) for line in self.extra),
        }

    def prepare(self) -> None:
        file = self.folder / "kraft.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in self.settings(free_port()).items()))
        cluster = uuid.uuid4().hex[:22]
        format_ = ("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(file))
        _run(*self._java("128m"), *format_, folder=self.folder)

    def _java(self, heap: str) -> list[str]:
        programs = self.programs
        logging = f"-Dlog4j2.configurationFile={programs / 'log4j2.xml'}"
        return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", logging, "-cp", f"{programs}/libs/*"]

    def command(self) -> list[str]:
        return [*self._java("512m"), "kafka.Kafka", str(self.folder / "kraft.properties")]

    def ready(self, begin: int) -> bool:
        with self.log.open("rb") as file:
            file.seek(begin)
            return b"Kafka Server started" in file.read()


@dataclass
class Elasticsearch(Server):
    name: ClassVar[str] = "elasticsearch"
    version: ClassVar[str] = ELASTICSEARCH_VERSION

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def user(self) -> str | None:
        """It refuses to run as root."""
        if os.geteuid() != 0:
            return None
        with contextlib.suppress(KeyError):
            return pwd.getpwnam("es").pw_name
        subprocess.run(["useradd", "-r", "es"], check=True)
        return "es"

    def prepare(self) -> None:
        shutil.copytree(self.programs / "config", self.folder / "config")
        (self.folder / "tmp").mkdir()
        user = self.user()
        for path in (self.folder, *self.folder.rglob("*")) if user else ():
            shutil.chown(path, user, user)

    def environment(self) -> dict[str, str]:
        home = Path(shutil.which("java") or "java").resolve().parent.parent
        return {
            "ES_JAVA_HOME": str(home),
            "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }

    def command(self) -> list[str]:
        settings = (
            f"http.port={self.port}",
            f"path.data={self.folder / 'data'}",
            f"path.logs={self.folder / 'logs'}",
            f"transport.port={free_port()}",
            "http.host=127.0.0.1",
            "transport.host=127.0.0.1",
            "discovery.type=single-node",
            "cluster.routing.allocation.disk.threshold_enabled=false",
            *([] if any(line.startswith("xpack.") for line in self.extra) else ["xpack.security.enabled=false"]),
            *self.extra,
        )
        return [str(self.programs / "bin" / "elasticsearch"), *(f"-E{setting}" for setting in settings)]

    def ready(self, begin: int) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=2) as answer:
                return json.load(answer)["status"] in {"green", "yellow"}
        except (OSError, ValueError):
            return False


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """A server of one's own, for tests that do it harm."""
    server.owner = os.getpid()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def shared(server: Server, meeting: Path) -> Iterator[Server]:
    """One server for all test processes that meet in a folder: the first starts it, the last stops it."""
    meeting.mkdir(parents=True, exist_ok=True)
    state = meeting / f"{server.name}.json"
    with locked(meeting / f"{server.name}.lock"):
        told = json.loads(state.read_text()) if state.exists() else None
        if told:
            server.port, server.folder, server.pid = told["port"], Path(told["folder"]), told["pid"]
        else:
            server.owner = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
            server.start()
            told = {**server.state(), "users": 0}
        state.write_text(json.dumps({**told, "users": told["users"] + 1}))
    try:
        yield server
    finally:
        with locked(meeting / f"{server.name}.lock"):
            told = json.loads(state.read_text())
            told["users"] -= 1
            state.write_text(json.dumps(told))
            if told["users"]:
                server.leave()
            else:
                state.unlink()
                server.stop()


def main(arguments: list[str]) -> int:
    """start: on the well-known ports if they are free; stop; fetch."""
    act = arguments[0] if arguments else ""
    state = cache() / "running.json"
    if act not in {"start", "stop", "fetch"} or missing():
        click.echo(f"usage: python -m tests.services start|stop|fetch; needs java and mvn, missing: {missing()}")
        return 2
    if act == "fetch":
        click.echo(f"{Kafka().programs}\n{Elasticsearch().programs}")
        return 0
    if state.exists():
        for kind, told in json.loads(state.read_text()).items():
            server = {"kafka": Kafka, "elasticsearch": Elasticsearch}[kind](told["port"], told["folder"], told["pid"])
            click.echo(f"stopping {kind}")
            server.stop()
        state.unlink()
    if act == "start":
        servers = [Kafka(_wanted(9092)), Elasticsearch(_wanted(9200))]
        for server in servers:
            server.start()
            state.write_text(json.dumps({each.name: each.state() for each in servers if each.pid}))
        click.echo(f"export SOC_KAFKA_BROKERS={servers[0].address} SOC_ELASTICSEARCH_URL=http://{servers[1].address}")
    return 0


def _wanted(port: int) -> int:
    with socket.socket() as probe:
        probe.settimeout(1)
        return port if probe.connect_ex(("127.0.0.1", port)) else free_port()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
