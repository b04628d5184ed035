"""`soc parse` beside what its documents hold: header lines, and the list of what is not understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from click.testing import CliRunner

from soc.cli.parse import command

if TYPE_CHECKING:
    from pathlib import Path


def told(*arguments: str, feed: bytes = b"") -> bytes:
    done = CliRunner().invoke(command, arguments, input=feed, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout_bytes


def documents(output: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in output.splitlines()]


IIS = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n"
    b"#Fields: date time c-ip cs-method cs-uri-stem sc-status\r\n"
    b"2026-02-28 16:14:02 192.0.2.7 GET /login 401\r\n"
    b"#Fields: date time cs-method cs-uri-stem c-ip sc-status\r\n"
    b"2026-02-28 16:14:03 POST /login 192.0.2.8 200\r\n"
)


def test_records_are_read_by_the_header_line_before_them() -> None:
    found = documents(told(feed=IIS))
    assert len(found) == 5  # header lines keep their places
    assert [
        (found[at]["source"]["ip"], found[at]["url"]["path"], found[at]["http"]["response"]["status_code"])
        for at in (2, 4)
    ] == [("192.0.2.7", "/login", 401), ("192.0.2.8", "/login", 200)]


def test_a_file_begins_without_a_header(tmp_path: Path) -> None:
    files = [tmp_path / "one.log", tmp_path / "two.log"]
    files[0].write_bytes(IIS)
    files[1].write_bytes(b"a b c d e f\n")
    assert "source" not in documents(told(*map(str, files)))[-1]


def test_what_is_not_understood_is_counted_by_shape_and_family() -> None:
    feed = (
        b"Oct 11 22:14:15 mx1 sshd[12]: Accepted password for mai from 192.0.2.7 port 4022 ssh2\n"
        b"Oct 11 22:14:15 mx1 sshd[12]: the moon is 98 percent full\n"
        b"Oct 11 22:14:15 mx1 nobody[1]: the moon is 7 percent full\n"
        b"Oct 11 22:14:16 mx2 nobody[1]: the moon is 99 percent full\n"
        b"\xff 12\n"
    )
    assert told("--unknown", feed=feed).decode().splitlines() == [
        "5 records, 4 of them not understood, in 3 shapes",
        "       2  plain                 the moon is <n> percent full",
        "       1  linux_auth            the moon is <n> percent full",
        "       1  (encoding)            \\xff <n>",
    ]
