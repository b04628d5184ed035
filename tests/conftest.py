"""What tests need from the machine, and the real servers that they share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import services

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long one example takes says nothing about the code on a machine that does other things too. CI draws the same cases
# every time, so that it tells about the change and nothing else; by hand each run draws new ones.
settings.register_profile("soc", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "soc")
SHARED = Path(__file__).parent.parent.parent / "shared"
_MODULES = Path("/usr/lib")
INSTALL = "apt-get install -y"


def _programs(*names: str) -> list[str]:
    return [name for name in names if not shutil.which(name)]


def _shippers() -> list[str]:
    return _programs("rsyslogd") or ([] if any(_MODULES.glob("*/rsyslog/omkafka.so")) else ["omkafka"])


def _tls_driver() -> list[str]:
    return _programs("rsyslogd", "openssl") or ([] if any(_MODULES.glob("*/rsyslog/lmnsd_ossl.so")) else ["lmnsd_ossl"])


# Marker -> what is missing, and the command that would enable the test.
NEEDS = {
    "services": (services.missing, f"{INSTALL} openjdk-17-jre-headless maven"),
    "browser": (lambda: _programs("chromium"), f"{INSTALL} chromium fonts-noto-core"),
    "shippers": (_shippers, f"{INSTALL} rsyslog rsyslog-kafka"),
    "shippers_tls": (_tls_driver, f"{INSTALL} rsyslog rsyslog-openssl openssl"),
    "prometheus": (lambda: _programs("prometheus", "promtool"), f"{INSTALL} prometheus"),
    "openssl": (lambda: _programs("openssl"), f"{INSTALL} openssl"),
    "shared": (lambda: [] if SHARED.is_dir() else [str(SHARED)], f"put the measuring data into {SHARED}"),
}


_WAITING = ("services", "shippers", "prometheus", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for servers come first, those that drive a whole service before all, so that no process ends with one."""
    slow = {item.path for item in items if any(item.get_closest_marker(marker) for marker in _WAITING)}
    items.sort(key=lambda item: (item.path not in slow, "integration" not in item.path.parts))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, saying how it could; in CI that is a failure."""
    for marker, (look, command) in NEEDS.items():
        if item.get_closest_marker(marker) and (absent := look()):
            reason = f"needs {', '.join(absent)}: {command}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run (pytest-xdist) know."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "services"


@pytest.fixture(scope="session")
def kafka_brokers(meeting: Path) -> Iterator[str]:
    """A real Kafka for everybody: use topics and groups of your own, and do it no harm."""
    with services.shared(services.Kafka(), meeting) as server:
        yield server.address


@pytest.fixture(scope="session")
def elasticsearch_url(meeting: Path) -> Iterator[str]:
    """A real Elasticsearch for everybody: use indices of your own, and do it no harm."""
    with services.shared(services.Elasticsearch(), meeting) as server:
        yield f"http://{server.address}"


@pytest.fixture
def own_kafka() -> Iterator[services.Kafka]:
    """A Kafka that a test may kill, freeze and restart."""
    server = services.Kafka()
    with services.running(server):
        yield server


@pytest.fixture
def own_elasticsearch() -> Iterator[services.Elasticsearch]:
    """An Elasticsearch that a test may kill, freeze and restart."""
    server = services.Elasticsearch()
    with services.running(server):
        yield server
