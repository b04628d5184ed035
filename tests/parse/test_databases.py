"""What rules and analysts rely on in the logs of databases, beyond the golden files."""

from __future__ import annotations

import pytest

from soc import parse
from soc.event import Logsource
from soc.sources.framing import Framer
from tests.parse.texts import ecs_of, event_of


def framed(name: str, lines: bytes) -> list[bytes]:
    framer = Framer(0, parse.formats()[name].start)
    return [record.raw for record in (*framer.feed(lines), *framer.close())]


def test_a_statement_of_several_lines_is_one_record() -> None:
    lines = (
        b"2026-02-28 23:14:02.123 +07 [1] a@b LOG:  statement: SELECT 1,\n\t2\n"
        b"2026-02-28 23:14:03.123 +07 [1] a@b LOG:  statement: SELECT 3\n"
    )
    assert framed("postgresql", lines) == [
        b"2026-02-28 23:14:02.123 +07 [1] a@b LOG:  statement: SELECT 1,\n\t2",
        b"2026-02-28 23:14:03.123 +07 [1] a@b LOG:  statement: SELECT 3",
    ]


def test_an_entry_of_the_slow_log_is_one_record_and_has_the_time_of_its_statement() -> None:
    entry = "# User@Host: a[a] @ b []\n# Query_time: 1.5  Lock_time: 0.0\nSET timestamp=1772295242;\nSELECT 1;"
    next_time = "# Time: 2026-02-28T16:14:12.443209Z"
    first = f"{entry}\n{next_time}"
    assert framed("mysql", f"{first}\n{entry}\n".encode()) == [first.encode(), entry.encode()]
    assert ecs_of(first, "@timestamp", "event.duration", "mysql.slowlog.query") == {
        "@timestamp": "2026-02-28T16:14:02.000Z",
        "event.duration": 1_500_000_000,
        "mysql.slowlog.query": "SELECT 1;",
    }


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "2026-07-01T10:00:00.000Z"),
        ("CEST", "2026-07-01T08:00:00.000Z"),
        ("+0530", "2026-07-01T04:30:00.000Z"),
        ("-03", "2026-07-01T13:00:00.000Z"),
        ("EST", "2026-07-01T14:00:00.000Z"),
        ("XYZ", "2026-07-01T03:00:00.000Z"),
    ],
)
def test_a_zone_is_known_by_its_abbreviation_or_else_the_source_s(zone: str, told: str) -> None:
    line = f"2026-07-01 10:00:00.000 {zone} [7] LOG:  checkpoint starting: time"
    assert ecs_of(line, "@timestamp", "event.timezone") == {"@timestamp": told, "event.timezone": zone}


@pytest.mark.parametrize(
    ("line", "user", "ip"),
    [
        ('2026-02-28 23:14:02 +07 [7] FATAL:  no pg_hba.conf entry for host "198.51.100.7", user "hoa", database "shop", no encryption', "hoa", "198.51.100.7"),
        ("2026-02-28T16:14:03.500000Z 17 [Note] Access denied for user 'o'hara'@'198.51.100.7' (using password: YES)", "o'hara", "198.51.100.7"),
        ("2026-02-28 23:14:03.00 Logon       Login failed for user 'sa'. Reason: none. [CLIENT: 198.51.100.7]", "sa", "198.51.100.7"),
        ("2026-02-28T23:14:02.300+0700 I ACCESS   [conn1] SCRAM-SHA-1 authentication failed for hoa on admin from client 198.51.100.7:1 ; UserNotFound", "hoa", "198.51.100.7"),
    ],
)  # fmt: skip
def test_a_refused_login_says_who_and_from_where(line: str, user: str, ip: str) -> None:
    assert ecs_of(line, "user.name", "source.ip", "event.outcome") == {
        "user.name": user,
        "source.ip": ip,
        "event.outcome": "failure",
    }


def test_a_line_of_another_program_with_a_level_is_not_postgresql_s() -> None:
    assert event_of("2026-02-28 23:14:02.123 4711 ERROR nova.compute.manager [-] failed").format.name != "postgresql"
    assert event_of("ERROR:  something without a time").format.name != "postgresql"


def test_a_signal_in_redis_has_the_time_of_its_epoch() -> None:
    line = "812:signal-handler (1772295242) Received SIGTERM scheduling shutdown..."
    assert ecs_of(line, "@timestamp", "process.pid") == {"@timestamp": "2026-02-28T16:14:02.000Z", "process.pid": 812}


@pytest.mark.parametrize(
    "name",
    [
        "postgresql",
        "mysql",
        "mssql",
        "mongodb",
        "redis",
        "mysql_audit",
        "postgresql_json",
        "mongodb_json",
        "mysql_audit_json",
    ],
)
def test_databases_meet_rules_of_their_category(name: str) -> None:
    kind = parse.formats()[name].kind({})
    assert isinstance(kind[0], Logsource)
    assert (kind[0].product, kind[0].category) == (name.partition("_")[0], "database")
