"""The servers for tests answer, and survive what tests do to them."""

from __future__ import annotations

import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.services import Kafka, free_port, running

if TYPE_CHECKING:
    from tests.services import Elasticsearch

pytestmark = pytest.mark.services


def _connects(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port()))
        listener.listen()


def test_kafka_comes_back_on_its_port_after_a_kill(own_kafka: Kafka) -> None:
    own_kafka.kill()
    assert not _connects(own_kafka.address)
    own_kafka.start()
    assert _connects(own_kafka.address)


def test_a_frozen_elasticsearch_answers_nobody_until_it_is_thawed(own_elasticsearch: Elasticsearch) -> None:
    own_elasticsearch.freeze()
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{own_elasticsearch.url}/_cluster/health", timeout=0.5)
    own_elasticsearch.thaw()
    with urllib.request.urlopen(f"{own_elasticsearch.url}/_cluster/health", timeout=10) as answer:
        assert answer.status == 200


def test_a_server_that_cannot_start_says_why() -> None:
    broken = Kafka(extra=("offsets.topic.num.partitions=none",))
    with pytest.raises(RuntimeError, match="none"), running(broken):
        pass
