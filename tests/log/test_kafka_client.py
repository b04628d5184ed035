"""Connection settings, and the repair of an answer that aiokafka misreads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.errors import GroupLoadInProgressError, NotCoordinatorForGroupError

from soc.config import Kafka
from soc.errors import ConfigurationError, Forbidden, Unavailable
from soc.log.kafka_client import TopicAuthorizationFailedError, _repair, connection, open_admin, said_no
from tests.services import free_port

if TYPE_CHECKING:
    from pathlib import Path


def test_plain_is_the_default() -> None:
    assert connection(Kafka(brokers="a:9092,b:9092")) == {
        "bootstrap_servers": "a:9092,b:9092",
        "security_protocol": "PLAINTEXT",
        "request_timeout_ms": 20_000,
    }


def test_a_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    settings = connection(
        Kafka(brokers="a:1", sasl_mechanism="SCRAM-SHA-512", sasl_username="soc", sasl_password_file=str(file))
    )
    assert settings["security_protocol"] == "SASL_PLAINTEXT"
    assert (settings["sasl_mechanism"], settings["sasl_plain_username"], settings["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "soc",
        "s3cret",
    )


@pytest.mark.parametrize(
    ("kafka", "message"),
    [
        (Kafka(brokers="a:1", session_timeout_ms=5999), "session_timeout_ms: brokers refuse less than 6000"),
        (Kafka(brokers="a:1", sasl_mechanism="PLAIN"), "needs kafka.sasl_username and kafka.sasl_password_file"),
        (Kafka(brokers="a:1", tls_ca_file="/nowhere/ca.pem"), "TLS files cannot be used .*/nowhere/ca.pem"),
    ],
)
def test_wrong_settings_name_the_setting(kafka: Kafka, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        connection(kafka)


async def test_a_command_says_at_once_that_no_broker_answers() -> None:
    brokers = f"127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable, match=f"no Kafka broker of {brokers} can be reached"):
        await open_admin(Kafka(brokers=brokers))


def test_a_missing_privilege_is_not_an_outage() -> None:
    assert isinstance(said_no(TopicAuthorizationFailedError("logs.host"), "x"), Forbidden)
    assert isinstance(said_no(TimeoutError(), "x"), Unavailable)


class Coordinator:
    """What the repair needs of aiokafka's."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.dead = 0

    async def _send_req(self, _request: Any) -> Any:
        return self.answer

    def coordinator_dead(self) -> None:
        self.dead += 1


@pytest.mark.parametrize(
    ("code", "error", "dead"), [(14, GroupLoadInProgressError, 0), (16, NotCoordinatorForGroupError, 1)]
)
async def test_a_coordinator_that_loads_is_not_taken_for_an_empty_group(code: int, error: type, dead: int) -> None:
    coordinator = Coordinator(SimpleNamespace(API_KEY=9, error_code=code, topics=[]))
    _repair(coordinator)
    with pytest.raises(error):
        await coordinator._send_req(None)
    assert coordinator.dead == dead


async def test_other_answers_pass_unchanged() -> None:
    for answer in (SimpleNamespace(API_KEY=9, error_code=0), SimpleNamespace(API_KEY=12, error_code=27)):
        coordinator = Coordinator(answer)
        _repair(coordinator)
        assert await coordinator._send_req(None) is answer
