"""A real Prometheus with the configuration that we ship scrapes a running service, and finds its counters reconciled."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from soc.metrics import Metrics
from soc.service import EMBEDDED_ROLES
from tests.integration.site import Site
from tests.services import ROOT, free_port
from tests.waiting import until_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.prometheus
SHIPPED = ROOT / "deploy" / "prometheus"
UNACCOUNTED = (
    "sum by (instance, role) (soc_records_consumed_total)"
    ' - sum by (instance, role) (soc_records_total{outcome=~"clean|alerting|dead_letter"})'
    " - sum by (instance, role) (soc_records_in_flight)"
)
CLEAN, ALERTING = 40, 2


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An embedded service that has worked off some syslog, without samples."""
    site, port = Site(tmp_path_factory.mktemp("scraped"), "", ""), free_port()
    settings = yaml.safe_load((site.folder / "soc.yml").read_text())
    settings["sources"]["syslog"] = [{"bind": f"127.0.0.1:{port}"}]
    (site.folder / "soc.yml").write_text(yaml.safe_dump(settings))
    with site.running():
        send(port)
        until_now(lambda: counted(site) == CLEAN + ALERTING, 60, "all records are counted")
        yield site


def send(port: int) -> None:
    """What is usual, root's logins from outside, and what is no text."""
    head = f"<38>{datetime.now(UTC):%b %e %H:%M:%S} web-02"
    lines = [f"{head} cron[{number}]: (backup) CMD (/usr/local/bin/backup)".encode() for number in range(CLEAN)]
    lines += [
        f"{head} sshd[7]: Accepted password for root from 198.51.100.{number} port 50122 ssh2".encode()
        for number in range(ALERTING)
    ]
    with socket.create_connection(("127.0.0.1", port)) as to:
        to.sendall(b"\n".join(lines) + b"\n")


def exposition(site: Site) -> str:
    return httpx.get(f"http://{site.metrics}/metrics", timeout=10).raise_for_status().text


def counted(site: Site) -> float:
    families = text_string_to_metric_families(exposition(site))
    return sum(sample.value for family in families for sample in family.samples if sample.name == "soc_records_total")


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[httpx.Client]:
    """The shipped configuration with the service's address, in a hurry."""
    shutil.copytree(SHIPPED, folder / "shipped")
    file = folder / "shipped" / "prometheus.yml"
    text = file.read_text()
    assert "soc:9108" in text
    file.write_text(text.replace("soc:9108", target).replace("15s", "1s"))
    address = f"127.0.0.1:{free_port()}"
    command = (
        "prometheus",
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    )
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    client = httpx.Client(base_url=f"http://{address}")

    def ready() -> bool:
        assert process.poll() is None, (folder / "output").read_text()
        try:
            return client.get("/-/ready").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        until_now(ready, 60, "Prometheus is ready")
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(30)


def asked(client: httpx.Client, query: str) -> dict[str, float]:
    """Value by role of an instant query."""
    answer = client.get("/api/v1/query", params={"query": query}).raise_for_status().json()
    return {each["metric"].get("role", ""): float(each["value"][1]) for each in answer["data"]["result"]}


def target(client: httpx.Client) -> dict[str, Any]:
    """The one that is scraped; empty until Prometheus has looked for targets."""
    active = client.get("/api/v1/targets").raise_for_status().json()["data"]["activeTargets"]
    return active[0] if active else {}


def states(client: httpx.Client) -> dict[str, tuple[str, str]]:
    """Health and state of each alerting rule."""
    groups = client.get("/api/v1/rules").raise_for_status().json()["data"]["groups"]
    return {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}


def test_prometheus_scrapes_the_service_and_no_alert_but_the_watchdog_fires(site: Site, tmp_path: Path) -> None:
    names = [rule["alert"] for rule in yaml.safe_load((SHIPPED / "soc.rules.yml").read_text())["groups"][0]["rules"]]
    expected = {name: ("ok", "firing" if name == "SocWatchdog" else "inactive") for name in names}
    with prometheus(tmp_path, site.metrics) as client:
        until_now(lambda: target(client).get("health") == "up", 30, "the target is up")
        assert target(client)["lastError"] == ""
        until_now(lambda: asked(client, "sum by (role) (soc_records_total)") == {"pipeline": CLEAN + ALERTING}, 30)
        assert asked(client, UNACCOUNTED) == {"pipeline": 0}
        assert asked(client, 'sum by (role) (soc_records_total{outcome="alerting"})') == {"pipeline": ALERTING}
        assert set(asked(client, "process_resident_memory_bytes > 0")) == set(EMBEDDED_ROLES)
        assert asked(client, "soc_store_up") == {"pipeline": 1}
        assert asked(client, "count by (role) (soc_build_info)") == dict.fromkeys(EMBEDDED_ROLES, 1)
        until_now(lambda: states(client) == expected, 30, f"rules were evaluated: {json.dumps(states(client))}")


def test_what_is_exposed_is_clean_and_whole(site: Site) -> None:
    text = exposition(site)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    exposed = {line.split()[2]: line.split()[3] for line in text.splitlines() if line.startswith("# TYPE ")}
    catalogue = {
        line.split()[2]: line.split()[3]
        for line in Metrics().text().decode().splitlines()
        if line.startswith("# TYPE ")
    }
    assert exposed == catalogue
    assert "_created" not in text


@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "soc.rules.yml"),
        ("test", "rules", "soc.rules.test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_accepts_what_we_ship(command: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *command], cwd=SHIPPED, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
