"""DNS servers: who asked what of whom, in each server's own way."""

from __future__ import annotations

from typing import Any

import pytest

from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

QUESTION = ("source.ip", "dns.question.name", "dns.question.type", "dns.question.class", "dns.response_code")


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("client @0x7f 10.1.20.15#5 (www.example.vn): query: www.example.vn IN A +E(0) (10.1.0.53)", {}),
        ("28-Feb-2026 23:14:02.841 queries: info: client 10.1.20.15#5 (www.example.vn): query: www.example.vn IN A - (10.1.0.53)", {}),
        ("client @0x7f 10.1.20.15#5 (www.example.vn): query failed (SERVFAIL) for www.example.vn/IN/A at query.c:1", {"dns.response_code": "SERVFAIL"}),
        ("client @0x7f 10.1.20.15#5 (www.example.vn): query (cache) 'www.example.vn/A/IN' denied", {}),
        ("[4711:0] info: 10.1.20.15 www.example.vn. A IN", {}),
        ("[1772295242] unbound[4711:1] reply: 10.1.20.15 www.example.vn. A IN NXDOMAIN 0.01 0 110", {"dns.response_code": "NXDOMAIN"}),
        ('[INFO] 10.1.20.15:5 - 7 "A IN www.example.vn. udp 29 false 512" NOERROR qr,rd 83 0.0001s', {"dns.response_code": "NOERROR"}),
    ],
)  # fmt: skip
def test_every_server_tells_the_question_and_its_asker(line: str, rest: dict[str, str]) -> None:
    assert ecs_of(line, *QUESTION) == {
        "source.ip": "10.1.20.15",
        "dns.question.name": "www.example.vn",
        "dns.question.type": "A",
        "dns.question.class": "IN",
        **rest,
    }


@pytest.mark.parametrize(
    ("marks", "flags", "transport"),
    [("-", [], "udp"), ("+", ["RD"], "udp"), ("+E(0)DC", ["RD", "CD", "DO"], "udp"), ("+ET", ["RD"], "tcp"), ("+E(0)", ["RD"], "udp")],
)  # fmt: skip
def test_bind_s_marks_of_a_query_are_flags_and_transport(marks: str, flags: list[str], transport: str) -> None:
    line = f"client 10.1.20.15#5 (a.example.vn): query: a.example.vn IN A {marks} (10.1.0.53)"
    told = ecs_of(line, "dns.header_flags", "network.transport")
    assert (told.get("dns.header_flags", []), told["network.transport"]) == (flags, transport)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("timed out resolving 'a.example.vn/A/IN': 203.0.113.53#53", {"server.ip": "203.0.113.53", "server.port": 53, "event.outcome": "failure", "event.reason": "timed out"}),
        ("zone example.vn/IN/inside: refused notify from non-primary: 203.0.113.53#5", {"source.ip": "203.0.113.53", "event.action": "refused notify", "event.reason": "203.0.113.53#5"}),
        ("transfer of 'example.vn/IN' from 203.0.113.53#53: Transfer completed: 1 messages", {"source.ip": "203.0.113.53", "event.reason": "Transfer completed: 1 messages"}),
        ("28-Feb-2026 23:14:02.841 general: error: out of file descriptors", {"log.level": "error", "error.message": "out of file descriptors"}),
    ],
)  # fmt: skip
def test_what_a_server_does_by_itself_names_the_other_end(line: str, expected: dict[str, Any]) -> None:
    told = ecs_of(line, *expected)
    assert {name: told.get(name) for name in expected} == expected


def test_a_runtime_s_clock_counts_where_coredns_has_none() -> None:
    line = '{"message": "[INFO] 10.1.20.15:5 - 7 \\"A IN a. udp 29 false 512\\" NOERROR qr 83 0.1s", "stream": "stdout", "time": "2026-02-28T16:14:02.5Z", "kubernetes": {"pod": {"name": "a"}}}'
    assert ecs_of(line, "@timestamp", "event.duration") == {
        "@timestamp": "2026-02-28T16:14:02.500Z",
        "event.duration": 100_000_000,
    }


def test_rules_for_dns_reach_questions_only() -> None:
    asked = event_of("client 10.1.20.15#5 (a.example.vn): query: a.example.vn IN A + (10.1.0.53)")
    assert asked.format.kind(asked.native) == (Logsource(product="bind", category="dns"),)
    other = event_of("transfer of 'example.vn/IN' from 203.0.113.53#53: Transfer completed")
    assert other.format.kind(other.native) == (Logsource(product="dns"),)


@pytest.mark.parametrize(
    "line", ["client said: hello", "zone 7: heating on", "[1:2] info", "info: resolving a dispute", "[INFO] started"]
)
def test_lines_of_others_are_not_taken(line: str) -> None:
    assert event_of(line).format.name != "dns"
