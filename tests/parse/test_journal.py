"""systemd's journal: a carrier, not a format."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from soc import parse
from tests.parse.texts import ecs_of, event_of

FAILED = "Failed password for hoa from 192.0.2.7 port 40000 ssh2"
ENTRY = {
    "__REALTIME_TIMESTAMP": "1772295242000000", "_HOSTNAME": "web01", "SYSLOG_IDENTIFIER": "sshd", "_PID": "4711", "PRIORITY": "6",
    "SYSLOG_FACILITY": "10", "_UID": "0", "_GID": "0", "_EXE": "/usr/sbin/sshd", "_TRANSPORT": "syslog",
}  # fmt: skip


def entry(message: Any, **fields: str) -> str:
    return orjson.dumps({**ENTRY, "MESSAGE": message, **fields}).decode()


def test_an_entry_is_read_as_the_syslog_message_that_it_was() -> None:
    carried, sent = event_of(entry(FAILED)), event_of(f"<86>Feb 28 23:14:02 web01 sshd[4711]: {FAILED}")
    assert carried.format.name == sent.format.name == "linux_auth"
    told, same = parse.ecs(carried), parse.ecs(sent)
    assert {name: told.get(name) for name in same} == same
    assert told["process.executable"] == "/usr/sbin/sshd"


def test_whose_process_wrote_an_entry_is_not_taken_for_the_user_that_its_text_names() -> None:
    assert "user.id" not in ecs_of(entry(FAILED), "user.id")
    assert ecs_of(entry("hello", SYSLOG_IDENTIFIER="app"), "user.id", "user.group.id") == {
        "user.id": "0",
        "user.group.id": "0",
    }


def test_a_message_of_bytes_is_read_as_text() -> None:
    assert ecs_of(entry([194, 191, 72, 105, 63]), "message") == {"message": "¿Hi?"}


@pytest.mark.parametrize("message", [None, "", [], [300], {"a": 1}])
def test_an_entry_without_a_text_is_an_object_like_others(message: Any) -> None:
    assert event_of(entry(message)).format.name == "json"


def test_a_text_that_begins_like_json_is_text() -> None:
    assert ecs_of(entry("{not json", SYSLOG_IDENTIFIER="app"), "message", "process.name") == {
        "message": "{not json",
        "process.name": "app",
    }


def test_what_a_program_logs_as_json_is_read_as_json() -> None:
    event = event_of(entry('{"@timestamp":"2026-02-28T16:14:01Z","event.dataset":"app.log"}', SYSLOG_IDENTIFIER="app"))
    assert (event.format.name, parse.ecs(event)["host.name"]) == ("ecs_json", "web01")


def test_numbers_that_no_syslog_has_are_left_out() -> None:
    line = entry("hello", PRIORITY="9", SYSLOG_FACILITY="-1", __REALTIME_TIMESTAMP="9" * 30, _PID="x")
    assert ecs_of(line, "log.syslog.priority", "log.syslog.severity.code", "process.pid", "@timestamp") == {
        "@timestamp": "2026-03-01T05:00:00.000Z"
    }
