"""What was not understood, and its shapes."""

from __future__ import annotations

import pytest

from soc import parse
from soc.parse.unknown import is_understood, shape
from tests.parse.texts import event_of


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        ("Oct 11 22:14:15 mx1 sshd[12]: Accepted password for mai from 192.0.2.7 port 4022 ssh2", True),
        ("Oct 11 22:14:15 mx1 sshd[12]: the moon is full", False),
        ("Oct 11 22:14:15 mx1 nobody-knows[12]: the moon is full", False),
        ("the moon is full", False),
        ('{"level": "info", "msg": "the moon is full"}', False),
        ('{"level": "info", "src_ip": "192.0.2.7"}', True),
    ],
)
def test_where_a_record_comes_from_is_not_what_it_says(line: str, understood: bool) -> None:
    assert is_understood(parse.ecs(event_of(line))) is understood


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("pool 7 of 192.0.2.7:443 is down", "pool <n> of <ip>:<n> is down"),
        ("peer 2001:db8::17 has left", "peer <ip> has left"),
        ("user \"m\\\"ai\" said 'no', didn't she", "user <quoted> said <quoted>, didn't she"),
        ("job 3f2b9c1d-77aa-4e0f-9b1c-0123456789ab at 0xdeadbeef", "job <hex> at <hex>"),
        ("digest 9f86d081884c7d65 of 12:30:59", "digest <hex> of <n>:<n>:<n>"),
        ("facade decade deadbeef", "facade decade deadbeef"),
        ("a\tb  \n c", "a b c"),
        ("version 1.2.3 (build 77)", "version <n>.<n>.<n> (build <n>)"),
        ("x" * 500, "x" * 160),
    ],
)
def test_a_shape_shows_what_does_not_vary(text: str, masked: str) -> None:
    assert shape(text) == masked
