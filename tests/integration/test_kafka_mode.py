"""Kafka mode, whole: what lies in Elasticsearch is exactly what one pass over the raw topics gives, whatever happened."""

from __future__ import annotations

import gzip
import os
import signal
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from soc.log import Message
from tests import services
from tests.conftest import SHARED
from tests.integration.site import Site, children, kill_all
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.services, pytest.mark.shared]
EVENTS = SHARED / "data" / "sigma" / "otrf_100k.jsonl.gz"
COUNT = 20_000
OUTAGE_SECONDS = float(os.environ.get("SOC_TEST_OUTAGE_SECONDS", "5"))
"""Beyond the moment that the service notices; a minute by hand."""
ALL = ("soc-detect", "soc-correlate", "soc-index")


@pytest.fixture(scope="module")
def elasticsearch() -> Iterator[services.Elasticsearch]:
    server = services.Elasticsearch()
    with services.running(server):
        yield server


@pytest.fixture(scope="module")
def site(elasticsearch: services.Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Set up once; the tests add to what lies in its topics, and the oracle always reads all of it."""
    kafka = services.Kafka()
    with services.running(kafka):
        site = Site(tmp_path_factory.mktemp("site"), kafka.address, elasticsearch.url)
        site.soc("setup")
        yield site


def windows_events(start: int, end: int) -> list[Message]:
    with gzip.open(EVENTS) as lines:
        return [Message(line.rstrip(b"\n")) for line in islice(lines, start, end)]


def firewall(count: int, source: str) -> list[Message]:
    """FortiGate: denied connections from outside to many ports, and a login of the administrator that failed."""
    now = datetime.now(UTC)
    day = f'date={now:%Y-%m-%d} time={now:%H:%M:%S} devname="fw-1" devid="FGT60FTK19000001" tz="+0000"'
    denied = [
        f'{day} logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip={source} '
        f'srcport=40000 dstip=10.0.1.5 dstport={port} proto=6 action="deny" policyid=0 service="tcp/{port}" sentbyte=0'
        for port in range(1, count)
    ]
    failed = (
        f'{day} logid="0100032002" type="event" subtype="system" level="alert" vd="root" '
        f'logdesc="Admin login failed" user="admin" ui="https({source})" srcip={source} action="login" '
        'status="failed" reason="passwd_invalid" msg="Administrator admin login failed"'
    )
    return [Message(line.encode()) for line in (*denied, failed)]


def ssh(count: int, source: str) -> list[Message]:
    """sshd: guesses of a password, and a login of root."""
    now = datetime.now(UTC)
    head = f"<38>{now:%b} {now.day:2d} {now:%H:%M:%S} web-1 sshd[4242]:"
    guesses = [
        f"{head} Failed password for invalid user admin{number} from {source} port {50000 + number} ssh2"
        for number in range(count)
    ]
    return [
        Message(line.encode())
        for line in (*guesses, f"{head} Accepted password for root from {source} port 22222 ssh2")
    ]


def web(count: int, source: str) -> list[Message]:
    """nginx: attempts at path traversal and SQL injection among ordinary requests."""
    stamp = f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S} +0000"
    paths = ("/", "/index.html", "/../../../../etc/passwd", "/item?id=1%20UNION%20SELECT%20password%20FROM%20users--")
    return [
        Message(f'{source} - - [{stamp}] "GET {paths[n % len(paths)]} HTTP/1.1" 404 153 "-" "curl/8.5.0"'.encode())
        for n in range(count)
    ]


async def produce_lines(site: Site, source: str) -> None:
    await site.produce("logs.firewall", firewall(200, source))
    await site.produce("logs.host", ssh(200, source))
    await site.produce("logs.app", web(200, source))


async def assert_exact(site: Site) -> None:
    """Missing 0, extra 0."""
    expected = site.expected()
    assert expected
    await until(lambda: site.stored() >= expected, 30, f"all {len(expected)} are visible")
    assert site.stored() - expected == set()


async def test_findings_and_alerts_are_exactly_those_of_the_oracle(site: Site) -> None:
    with site.running():
        await site.produce("logs.host", windows_events(0, COUNT // 2))
        await produce_lines(site, "198.51.100.7")
        await site.drained(*ALL)
    await assert_exact(site)


async def test_a_kill_in_the_middle_loses_and_doubles_nothing(site: Site) -> None:
    with site.running() as process:
        await site.produce("logs.host", windows_events(COUNT // 2, COUNT))
        await produce_lines(site, "198.51.100.8")
        assert await site.lag("soc-detect") > 0
        kill_all(process)
    with site.running():
        await site.drained(*ALL)
    await assert_exact(site)


async def test_a_killed_role_is_started_again_and_loses_nothing(site: Site) -> None:
    with site.running() as process:
        await produce_lines(site, "198.51.100.9")
        for pid in children(process.pid):
            os.kill(pid, signal.SIGKILL)
        await until(site.ready, 60, "ready again")
        await site.drained(*ALL)
    await assert_exact(site)


async def test_detection_goes_on_while_elasticsearch_is_down(site: Site, elasticsearch: services.Elasticsearch) -> None:
    with site.running():
        elasticsearch.kill()
        await produce_lines(site, "198.51.100.10")
        await site.drained("soc-detect")
        assert await site.lag("soc-index") > 0
        await until(lambda: not site.ready(), 60, "the service says that its store is gone")
        ends = time.monotonic() + OUTAGE_SECONDS
        await until(lambda: time.monotonic() > ends, OUTAGE_SECONDS + 10)
        elasticsearch.start()
        await site.drained(*ALL)
    await assert_exact(site)


async def test_a_second_run_has_nothing_to_do(site: Site) -> None:
    before = site.stored()
    with site.running():
        await site.drained(*ALL)
    assert site.stored() == before
