"""A real rsyslogd with the configurations that we ship sends what happened on a host, and an alert results from it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.authority import Authority
from tests.integration.site import Site
from tests.services import ROOT, Kafka, free_port
from tests.waiting import until_now

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.shippers
COLLECTORS = ROOT / "deploy" / "collectors"
ROOT_LOGIN = "32a67ac3-d9db-44a2-b142-a638233305dd"
INPUTS = """
global(workDirectory="{folder}" localHostname="web-02")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log.sock")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{relay}")
"""


class Rsyslog:
    """One daemon of our own: it reads a socket like a host's /dev/log, and TCP as a relay does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.relay = folder, free_port()

    @contextmanager
    def running(self, action: str) -> Iterator[None]:
        configuration = self.folder / "rsyslog.conf"
        configuration.write_text(INPUTS.format(folder=self.folder, relay=self.relay) + action)
        command = ["rsyslogd", "-f", str(configuration)]
        checked = subprocess.run([*command, "-N1"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        user = "nobody" if os.geteuid() == 0 else None
        with (self.folder / "output").open("wb") as output:
            process = subprocess.Popen([*command, "-n", "-i", str(self.folder / "pid")], stdout=output, stderr=output,
                                       user=user)  # fmt: skip
        try:
            until_now(lambda: process.poll() is not None or (self.folder / "log.sock").exists(), 20, "rsyslogd listens")
            assert process.poll() is None, (self.folder / "output").read_text()
            yield
        finally:
            process.terminate()
            process.wait(20)

    def log(self, line: str) -> None:
        """As a program of this host does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.sendto(line.encode(), str(self.folder / "log.sock"))

    def forward(self, line: str) -> None:
        """As another host does that sends its log here."""
        with socket.create_connection(("127.0.0.1", self.relay)) as to:
            to.sendall(line.encode() + b"\n")


@pytest.fixture
def rsyslog() -> Iterator[Rsyslog]:
    """In a folder that the daemon's user reaches; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="soc-rsyslog-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    yield Rsyslog(folder)
    shutil.rmtree(folder)


def filled(name: str, **values: str) -> str:
    """A shipped configuration for this machine; each placeholder must be in it."""
    text = (COLLECTORS / name).read_text()
    for told, here in values.items():
        placeholder = PLACEHOLDERS[told]
        assert placeholder in text, f"{name} has no {placeholder}"
        text = text.replace(placeholder, here)
    return text


PLACEHOLDERS = {
    "target": 'target="soc.example" port="5514"',
    "framing": "octet-counted",
    "secured": 'target="soc.example" port="6514"',
    "peer": 'PermittedPeers="soc.example"',
    "files": "/etc/ssl/soc/",
    "brokers": "kafka.example:9092",
    "folder": "/var/spool/rsyslog",
}


def configured(folder: Path, brokers: str, syslog: list[dict[str, Any]]) -> Site:
    """A service without samples whose alerts are in SQLite."""
    site = Site(folder, brokers, "")
    settings = yaml.safe_load((folder / "soc.yml").read_text())
    settings["sources"]["syslog"] = syslog
    (folder / "soc.yml").write_text(yaml.safe_dump(settings))
    return site


def alert_of(site: Site, source: str) -> dict[str, Any]:
    """The one alert of root's login from an address."""
    command = ("alerts", "list", "--format", "ndjson", "--rule", ROOT_LOGIN)
    found: list[dict[str, Any]] = []

    def there() -> bool:
        alerts = [json.loads(line) for line in site.soc(*command).splitlines()]
        found[:] = [alert for alert in alerts if alert["source"]["ip"] == source]
        return bool(found)

    until_now(there, 60, f"an alert of {source}; {site.tail()}")
    (alert,) = found
    return alert


def whole(alert: dict[str, Any], host: str, text: str) -> dict[str, Any]:
    """The event behind an alert, which holds the line that rsyslog wrote, with nothing lost and nothing added."""
    (evidence,) = alert["soc"]["evidence"]
    event: dict[str, Any] = evidence["event"]
    line = rf"<38>1 \d{{4}}-\d\d-\d\dT\S+ {host} sshd 20411 - - {re.escape(text)}"
    assert re.fullmatch(line, event["event"]["original"])
    assert event["message"] == text
    assert event["host"]["name"] == host
    return event


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int]]:
    """`soc run` without servers, and its port for syslog."""
    port = free_port()
    site = configured(tmp_path_factory.mktemp("embedded"), "", [{"bind": f"127.0.0.1:{port}"}])
    with site.running():
        yield site, port


@pytest.mark.parametrize(("framing", "source"), [("octet-counted", "198.51.100.21"), ("traditional", "198.51.100.22")])
def test_what_a_host_ships_over_tcp_becomes_an_alert(embedded, rsyslog: Rsyslog, framing: str, source: str) -> None:
    site, port = embedded
    text = f"Accepted password for root from {source} port 50122 ssh2"
    with rsyslog.running(
        filled(
            "rsyslog-tcp.conf", target=f'target="127.0.0.1" port="{port}"', framing=framing, folder=str(rsyslog.folder)
        )
    ):
        rsyslog.log(f"<38>{datetime.now(UTC):%b %e %H:%M:%S} sshd[20411]: {text}")
        alert = alert_of(site, source)
    assert alert["soc"]["title"]["en"] == "SSH login of root from outside"
    assert whole(alert, "web-02", text)["observer"]["ip"] == ["127.0.0.1"]


@pytest.mark.shippers_tls
def test_what_a_host_with_a_certificate_ships_over_tls_becomes_an_alert(tmp_path: Path, rsyslog: Rsyslog) -> None:
    authority, port = Authority(tmp_path), free_port()
    ours, theirs = authority.sign("soc"), authority.sign("host")
    files = {"ca.pem": authority.cert, "host.pem": theirs.cert, "host.key": theirs.key}
    for name, file in files.items():
        shutil.copy(file, rsyslog.folder / name)
        if os.geteuid() == 0:
            shutil.chown(rsyslog.folder / name, "nobody")
    tls = {"tls_cert_file": str(ours.cert), "tls_key_file": str(ours.key), "tls_ca_file": str(authority.cert)}
    site = configured(tmp_path, "", [{"bind": f"127.0.0.1:{port}", **tls}])
    text = "Accepted password for root from 198.51.100.24 port 50124 ssh2"
    action = filled(
        "rsyslog-tls.conf",
        secured=f'target="localhost" port="{port}"',
        peer='PermittedPeers="localhost"',
        files=f"{rsyslog.folder}/",
        folder=str(rsyslog.folder),
    )
    with site.running(), rsyslog.running(action):
        rsyslog.log(f"<38>{datetime.now(UTC):%b %e %H:%M:%S} sshd[20411]: {text}")
        alert = alert_of(site, "198.51.100.24")
    assert whole(alert, "web-02", text)["observer"]["ip"] == ["127.0.0.1"]


@pytest.mark.services
def test_what_a_relay_ships_through_kafka_becomes_an_alert(tmp_path: Path, own_kafka: Kafka, rsyslog: Rsyslog) -> None:
    site = configured(tmp_path, own_kafka.address, [])
    site.soc("setup")
    text = "Accepted password for root from 198.51.100.23 port 50123 ssh2"
    with (
        site.running(),
        rsyslog.running(filled("rsyslog-kafka.conf", brokers=own_kafka.address, folder=str(rsyslog.folder))),
    ):
        rsyslog.forward(f"<38>{datetime.now(UTC):%b %e %H:%M:%S} db-07 sshd[20411]: {text}")
        alert = alert_of(site, "198.51.100.23")
    whole(alert, "db-07", text)
