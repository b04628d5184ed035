"""Web servers, proxies and other services: carried in any wrapping they stay what they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from soc import parse
from soc.record import LogSource, Record
from soc.sources.framing import Framer
from tests.parse.texts import ARRIVED, ecs_of, event_of

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden"
FORMATS = (
    "postgresql", "mysql", "mysql_audit", "iis", "mssql", "mongodb", "redis", "squid", "haproxy", "tomcat", "traefik", "modsecurity",
    "keycloak", "openldap", "docker", "freeradius", "ftp", "postgresql_json", "mysql_audit_json", "mongodb_json", "traefik_json",
    "modsecurity_json", "keycloak_json",
)  # fmt: skip
WRAPPINGS: dict[str, Callable[[str], str]] = {
    "RFC 3164": lambda line: f"<134>Feb 28 23:14:02 host1 relayed[1]: {line}",
    "RFC 5424": lambda line: f"<134>1 2026-02-28T16:14:02.000Z host1 relayed 1 - - {line}",
    "Docker": lambda line: orjson.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-02-28T16:14:05.277747246Z"}).decode(),
    "CRI": lambda line: f"2026-02-28T16:14:05.277747246Z stderr F {line}",
    "Filebeat": lambda line: orjson.dumps({"@timestamp": "2026-02-28T16:14:05Z", "agent": {"type": "filebeat"}, "message": line}).decode(),
}  # fmt: skip


def bare_lines(name: str) -> list[str]:
    """The lines of a golden file that carry no wrapping of their own."""
    cases = [orjson.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines()]
    own = [case["raw"] for case in cases if case.get("format") == name and "header" not in case]
    return [line for line in own if not line.startswith(("<", '{"message"'))]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_record_is_recognised_in_whatever_carries_it(name: str, wrapping: str) -> None:
    wrapped = [WRAPPINGS[wrapping](line) for line in bare_lines(name)]
    assert wrapped
    assert {event_of(line).format.name for line in wrapped} == {name}


def test_the_clock_of_a_container_runtime_counts_where_the_line_has_none() -> None:
    assert ecs_of("2026-02-28T16:14:05.277747246Z stdout F hello", "@timestamp", "message") == {
        "@timestamp": "2026-02-28T16:14:05.277747Z",
        "message": "hello",
    }


def test_an_object_of_an_array_that_is_written_line_by_line_is_read_without_its_comma() -> None:
    line = '{"timestamp": "2026-02-28 16:14:02", "class": "audit", "event": "shutdown", "connection_id": 0},'
    assert event_of(line).format.name == "mysql_audit_json"
    assert event_of(f"<134>Feb 28 23:14:02 db1 audit: {line}").format.name == "mysql_audit_json"


def test_iis_is_read_by_the_header_line_of_its_file() -> None:
    lines = (
        b"#Software: Microsoft Internet Information Services 10.0\n"
        b"#Fields: date time sc-status cs-method cs-uri-stem c-ip\n"
        b"2026-02-28 16:14:02 404 GET /nothing 198.51.100.7\n"
    )
    framer = Framer(0)
    (framed,) = (*framer.feed(lines), *framer.close())
    event = parse.parse(Record(framed.raw, "file:x", 0, ARRIVED, LogSource("logs.app"), framed.header))
    document = parse.ecs(event)
    assert (event.format.name, document["http.response.status_code"], document["url.path"], document["source.ip"]) == (
        "iis",
        404,
        "/nothing",
        "198.51.100.7",
    )


def test_w3c_logs_of_proxies_are_not_taken_as_those_of_iis() -> None:
    header = "#Fields: date time c-ip cs-method cs-uri-stem sc-filter-result"
    record = Record(
        b"2026-02-28 16:14:02 198.51.100.7 GET / OBSERVED", "file:x", 0, ARRIVED, LogSource("logs.app"), header
    )
    assert parse.parse(record).format.name == "plain"


@pytest.mark.parametrize("name", ["cs-user-agent", "c-useragent", "cs(User-Agent)"])
def test_rules_find_the_user_agent_of_iis_under_every_spelling(name: str) -> None:
    event = event_of("2026-02-28 16:14:02 192.0.2.10 GET / - 443 - 198.51.100.7 curl/8.5.0 - 200 0 0 31")
    accessor = event.format.field(name)
    assert accessor is not None
    assert accessor(event.native) == "curl/8.5.0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("c-uri", "http://www.example.com/a/b.exe?x=1"),
        ("cs-host", "www.example.com"),
        ("c-uri-query", "x=1"),
        ("c-uri-extension", "exe"),
        ("r-dns", "www.example.com"),
    ],
)
def test_rules_for_proxies_find_the_parts_of_the_url_in_squid(name: str, value: str) -> None:
    event = event_of(
        "1772295243.353 24 198.51.100.7 TCP_MISS/200 394 GET http://www.example.com/a/b.exe?x=1 - HIER_NONE/- text/html"
    )
    accessor = event.format.field(name)
    assert accessor is not None
    assert accessor(event.native) == value


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<29>Feb 28 23:14:02 ftp1 wu-ftpd[18760]: failed login from host7.example.net [198.51.100.7]", {"source.ip": "198.51.100.7", "event.outcome": "failure"}),
        ("<29>Feb 28 23:14:02 aaa1 radiusd[1]: Dropping packet without response because of error: Received packet from 198.51.100.9 with invalid Message-Authenticator!", {"source.ip": "198.51.100.9"}),
        ("<29>Feb 28 23:14:02 host1 proftpd: (pam_unix) authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=198.51.100.8  user=hoa", {"source.ip": "198.51.100.8", "event.outcome": "failure"}),
    ],
)  # fmt: skip
def test_a_peer_is_told_by_the_words_around_it(line: str, expected: dict[str, str]) -> None:
    assert ecs_of(line, *expected) == expected
