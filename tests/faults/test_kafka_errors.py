"""The proxy that changes a broker's answers: what it lets through is the same, what it changes is well-formed."""

from __future__ import annotations

from io import BytesIO

import pytest
from aiokafka.protocol.commit import OffsetCommitResponse_v3
from aiokafka.protocol.group import HeartbeatResponse_v1

from tests.faults.kafka_errors import COMMIT, HEARTBEAT, Errors

ASKED = (8).to_bytes(2, "big") + (3).to_bytes(2, "big") + (7).to_bytes(4, "big") + b"rest"
TOPICS = [("logs.host", [(0, 0), (1, 0)])]


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def answer() -> bytes:
    return framed((7).to_bytes(4, "big") + OffsetCommitResponse_v3(0, TOPICS).encode())


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_error_is_put_into_every_partition_and_once(size: int) -> None:
    errors = Errors({(COMMIT, 16): 1})
    ask, change = errors.changes()
    told = []
    for _ in range(2):
        sent, given = framed(ASKED), answer()
        assert b"".join(ask(sent[at : at + size]) for at in range(0, len(sent), size)) == sent
        told.append(b"".join(change(given[at : at + size]) for at in range(0, len(given), size)))
    first = OffsetCommitResponse_v3.decode(BytesIO(told[0][8:]))
    assert first.topics == [("logs.host", [[0, 16], [1, 16]])] or first.topics == [("logs.host", [(0, 16), (1, 16)])]
    assert (told[1], errors.happened) == (answer(), 1)


def test_other_answers_go_through_as_they_are() -> None:
    errors = Errors({(HEARTBEAT, 27): 1})
    ask, change = errors.changes()
    ask(framed(ASKED))
    assert change(answer()) == answer()
    beat = framed((9).to_bytes(4, "big") + HeartbeatResponse_v1(0, 0).encode())
    ask(framed((12).to_bytes(2, "big") + (1).to_bytes(2, "big") + (9).to_bytes(4, "big")))
    assert HeartbeatResponse_v1.decode(BytesIO(change(beat)[8:])).error_code == 27
