"""Syslog headers and what is taken for one."""

from __future__ import annotations

import pytest

from soc.parse import syslog
from soc.parse.syslog import Syslog
from tests.parse.texts import ecs_of, event_of


@pytest.mark.parametrize(
    ("line", "header", "body"),
    [
        ("<34>Oct 11 22:14:15 mx1 su: failed", Syslog(34, "Oct 11 22:14:15", "mx1", "su", "", tag="mx1 su: "), "failed"),
        ("Oct  1 22:14:15 mx1 app[12]: x", Syslog(None, "Oct  1 22:14:15", "mx1", "app", "12", tag="mx1 app[12]: "), "x"),
        ("Oct 1 22:14:15 2001:db8::1 app: x", Syslog(None, "Oct 1 22:14:15", "2001:db8::1", "app", "", tag="2001:db8::1 app: "), "x"),
        ("Oct 11 22:14:15 app: x", Syslog(None, "Oct 11 22:14:15", "", "app", "", tag="app: "), "x"),
        ("Oct 11 22:14:15 [sshd]: x", Syslog(None, "Oct 11 22:14:15", "", "sshd", "", tag="[sshd]: "), "x"),
        ("<13>Oct 11 22:14:15 10.0.0.9 just text", Syslog(13, "Oct 11 22:14:15", "10.0.0.9", "", "", tag="10.0.0.9 "), "just text"),
        ("Oct 11 22:14:15 --- last message repeated ---", Syslog(None, "Oct 11 22:14:15", "", "", ""), "--- last message repeated ---"),
        ("2026-10-11T22:14:15.5+07:00 mx1 app: x", Syslog(None, "2026-10-11T22:14:15.5+07:00", "mx1", "app", "", tag="mx1 app: "), "x"),
        ("mx1 app[12]: x", Syslog(None, "", "mx1", "app", "12", tag="mx1 app[12]: "), "x"),
        ("gw user.info kernel: x", None, "gw user.info kernel: x"),
        ("2026-10-11T22:14:15Z ERROR something broke", None, "2026-10-11T22:14:15Z ERROR something broke"),
        ("<13>no time", Syslog(13, "", "", "", ""), "no time"),
        ("<1>1 - - - - - -", Syslog(1, "", "", "", "", version=1), ""),
        ("<1>100 - h - - - - \ufeffx\ny", Syslog(1, "", "h", "", "", version=100, marked=True), "x\ny"),
        ('<1>1 - h a p m [x@1 k="]"][e] b', Syslog(1, "", "h", "a", "p", "m", '[x@1 k="]"][e]', 1), "b"),
        ("524 <34>Oct 11 22:14:15 mx1 su: x", Syslog(34, "Oct 11 22:14:15", "mx1", "su", "", tag="mx1 su: "), "x"),
        ("31 <13>1 - h a - - - x", Syslog(13, "", "h", "a", "", version=1), "x"),
        ("524 lines <13>", None, "524 lines <13>"),
        ("0 <13>x", None, "0 <13>x"),
        ("<37>Oct 11 22:14:15 Message forwarded from aix01: sshd[12]: x", Syslog(37, "Oct 11 22:14:15", "aix01", "sshd", "12", tag="Message forwarded from aix01: sshd[12]: "), "x"),
        ("Oct 11 22:14:15 hub Message forwarded from 10.0.0.9: su: from a to b", Syslog(None, "Oct 11 22:14:15", "10.0.0.9", "su", "", tag="hub Message forwarded from 10.0.0.9: su: "), "from a to b"),
        ("<13>Oct 11 22:14:15 Message forwarded from aix01: no tag", Syslog(13, "Oct 11 22:14:15", "aix01", "", "", tag="Message forwarded from aix01: "), "no tag"),
        ("<1>0 - h a p m - b", Syslog(1, "", "", "", ""), "0 - h a p m - b"),
    ],
)  # fmt: skip
def test_a_line_is_split_into_header_and_body(line: str, header: Syslog | None, body: str) -> None:
    assert syslog.split(line) == (header, body)


def test_structured_data_has_its_escapes_resolved() -> None:
    assert syslog.structured_data(r'[a@1 x="\"\]\\" y=""][b]') == {"a@1": {"x": '"]\\', "y": ""}, "b": {}}


def test_the_byte_order_mark_is_part_of_the_message_but_not_of_what_rules_read() -> None:
    line = "<13>1 2026-02-28T00:00:00Z h a - - - \ufeffhello"
    assert (event_of(line).native["message"], ecs_of(line, "message")) == ("hello", {"message": "\ufeffhello"})


def test_a_priority_beyond_the_facilities_tells_nothing() -> None:
    assert ecs_of("<192>Oct 11 22:14:15 h a: x", "log.syslog.priority", "log.syslog.facility.code") == {}


def test_a_process_id_beyond_any_number_is_only_text() -> None:
    line = f"Oct 11 22:14:15 h a[{'9' * 30}]: x"
    assert ecs_of(line, "process.pid", "log.syslog.procid") == {"log.syslog.procid": "9" * 30}


def test_a_message_that_aix_passed_on_is_of_the_host_that_wrote_it() -> None:
    line = "<37>Feb 28 23:14:02 Message forwarded from aix01: sshd[12]: Accepted publickey for mai from 192.0.2.7 port 4022 ssh2"
    assert event_of(line).format.name == "linux_auth"
    assert ecs_of(line, "host.name", "process.pid", "source.ip", "user.name") == {
        "host.name": "aix01",
        "process.pid": 12,
        "source.ip": "192.0.2.7",
        "user.name": "mai",
    }
