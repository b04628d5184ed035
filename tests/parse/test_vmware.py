"""ESXi and vCenter: the same sentence in every header that the two ever had."""

from __future__ import annotations

from typing import Any

import pytest

from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

SENTENCE = "Cannot login EXAMPLE\\hoa@192.0.2.7"
TOLD = {
    "user.name": "hoa", "user.domain": "EXAMPLE", "source.ip": "192.0.2.7", "event.outcome": "failure", "event.category": ["authentication"],
    "observer.vendor": "VMware",
}  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "<166>2026-02-28T16:14:02.123Z esx01 Hostd: info hostd[1] [Originator@6876 sub=Vimsvc.ha-eventmgr opID=a user=root] Event 7 : ",
        "2026-02-28T16:14:02.123Z In(166) Hostd[1]: [Originator@6876 sub=Vimsvc.ha-eventmgr] Event 7 : ",
        "2026-02-28T16:14:02.123Z [FFB8AB90 info 'Vimsvc' opID=a] Event 7 : ",
        "<14>1 2026-02-28T16:14:02.123+00:00 vc01 vpxd 1 - -  Event [7] [1-1] [2026-02-28T16:14:02.123Z] [vim.event.BadUsernameSessionEvent] [error] [root] [] [7] [",
        "2026-02-28T16:14:02.123Z info vpxd[1] [Originator@6876 sub=Vimsvc] ",
    ],
)
def test_who_could_not_log_in_is_told_under_every_header(header: str) -> None:
    assert ecs_of(header + SENTENCE, "@timestamp", *TOLD) == {"@timestamp": "2026-02-28T16:14:02.123Z", **TOLD}


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-02-28T16:14:02.123Z Wa(165) Hostd[1]: [Originator@6876 sub=a] b", "warning"),
        ("error hostd[1] [Originator@6876 sub=a] b", "error"),
        ("2026-02-28T16:14:02Z verbose vpxa[1] [Originator@6876 sub=a] b", "verbose"),
    ],
)
def test_levels_are_told_by_words_and_by_esxi_8_s_marks(line: str, level: str) -> None:
    told = ecs_of(line, "log.level", "host.name")
    assert told == {"log.level": level}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("SSH session was opened for 'root@192.0.2.7'.", {"event.type": ["start"], "event.category": ["session"], "user.name": "root"}),
        ("User root@192.0.2.7 logged in as agent/1.0 (x)", {"event.outcome": "success", "user_agent.original": "agent/1.0 (x)"}),
        ("Accepted password for user hoa from 192.0.2.7", {"event.outcome": "success", "user.name": "hoa", "event.reason": "Accepted password"}),
        ("Launching binary: /bin/x -a", {"process.command_line": "/bin/x -a", "event.type": ["start"]}),
        ("stat(/a) failed with Permission denied", {"event.reason": "Permission denied"}),
    ],
)  # fmt: skip
def test_sentences_tell_who_and_what(message: str, expected: dict[str, Any]) -> None:
    assert ecs_of(f"info hostd[1] [Originator@6876 sub=a] {message}", *expected) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("VmRemovedEvent", (["configuration"], ["deletion"], "success")),
        ("PermissionAddedEvent", (["iam"], ["admin", "change"], "success")),
        ("UserLogoutSessionEvent", (["authentication"], ["end"], "success")),
        ("SomethingNewEvent", (None, None, None)),
    ],
)
def test_an_event_s_class_tells_what_it_means_where_its_text_does_not(kind: str, expected: tuple[Any, ...]) -> None:
    line = f"Event [7] [1-1] [2026-02-28T16:14:02Z] [vim.event.{kind}] [info] [EXAMPLE\\hoa] [DC1] [7] [something]"
    told = ecs_of(line, "event.category", "event.type", "event.outcome")
    assert tuple(told.get(name) for name in ("event.category", "event.type", "event.outcome")) == expected


def test_products_are_told_apart_for_rules() -> None:
    host, center = (
        event_of("info hostd[1] [Originator@6876 sub=a] b"),
        event_of("info vpxd[1] [Originator@6876 sub=a] b"),
    )
    assert host.format.kind(host.native) == (Logsource(product="vmware", service="esxi"),)
    assert center.format.kind(center.native) == (Logsource(product="vmware", service="vcenter"),)


def test_an_audit_object_that_is_broken_keeps_its_line() -> None:
    line = '2026-02-28T16:14:02.949Z INFO websso[42:t] [CorId=1] [auditlogger] {"user":"hoa@example.vn",'
    assert ecs_of(line, "user.name", "log.logger", "process.name") == {
        "log.logger": "auditlogger",
        "process.name": "websso",
    }


def test_log_ins_by_ssh_to_an_esxi_host_are_read_as_sshd_s() -> None:
    line = "<38>2026-02-28T16:14:02Z esx01 sshd[1]: Failed password for root from 192.0.2.7 port 5 ssh2"
    assert event_of(line).format.name == "linux_auth"
