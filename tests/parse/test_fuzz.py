"""A few damaged records in every run; `make fuzz` takes minutes."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from tests.parse.fuzz import corpus, damaged, understand


def test_damaged_records_are_understood_or_refused_for_a_known_reason() -> None:
    found = [understand(raw) for raw in islice(damaged(random.Random(7), corpus()), 600)]
    assert len(set(found)) > 40


def test_a_run_can_be_repeated() -> None:
    first, second = (list(islice(damaged(random.Random(3), corpus()), 50)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("raw", "format_"),
    [
        (b"# User@Host: shop[shop] @ local objc[4]", "plain"),
        (b"2026-02-28T16:14:17Z ftd1  %FTD-1-430003: ", "cisco_asa_ftd"),
        (b"type=SYSCALL msg=audit(1772312400.123:4711): arch=c000003e time=23:19:02.521,serial=x,type=event", "auditd"),
        (
            b'{"request":"GET / HTTP/1.1","status":200,"bytes_sent":15,"tls":true,"cs-username":[1],"cs-uri-stem":7}',
            "nginx_json",
        ),
        (
            b'client 10.30.0.77#40432: UDP: query: txt.example.net IN TXT response: NOERROR + txt.example.net. 3600 IN TXT "v=spf1',
            "infoblox",
        ),
        (b"<134>1 2026-02-28T16:14:06Z mg1 gate 1 - " + b"[flags" * 9000 + b':"1" a "b"]', "plain"),
        (b'<134>1 2026-02-28T16:14:06Z mg1 gate 1 - [x:"' + b"[a " * 19000 + b'"]', "plain"),
        (
            b"<30>1 2026-02-28T23:25:02.846+07:00 srx-1 kmd 1 "
            + b"KMD_" * 15000
            + b' [junos@2636.1.1.1.2.129 mode="Tunnel"] x',
            "juniper",
        ),
        (b"CEF:0|Vendor|Product|1|2|n|low|src=192.0.2.7 dtz=" + b"Asia/Hanoi" * 1000, "cef"),
    ],
)
def test_what_once_broke_a_parser_is_read_or_left_to_others(raw: bytes, format_: str) -> None:
    assert understand(raw) == format_


def test_pairs_without_an_end_are_read_once() -> None:
    head = b"2026-02-28 23:14:02,120 WARN  [org.keycloak.events] (task-7) type=LOGIN_ERROR, auth="
    assert understand(head + b"openid=" * 9000 + b'"') == "keycloak"
