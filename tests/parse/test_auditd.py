"""auditd: what rules read of its records."""

from __future__ import annotations

import pytest

from soc.event import Logsource
from soc.parse import ABSENT
from tests.parse.texts import event_of

HEAD = "msg=audit(1772312400.123:4711):"


def read(line: str, name: str) -> object:
    event = event_of(line)
    accessor = event.format.field(name)
    return accessor(event.native) if accessor else None


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (f'type=EXECVE {HEAD} argc=2 a0="cat" a1="/etc/shadow"', "a1", "/etc/shadow"),
        (f"type=EXECVE {HEAD} argc=1 a0=2F746D702F612062", "a0", "/tmp/a b"),
        (f'type=EXECVE {HEAD} argc=2 a0="cat" a1="/etc/shadow"', "CommandLine", "cat /etc/shadow"),
        (f"type=SYSCALL {HEAD} a0=41 a1=42 exe=2F746D702F612062", "a0", "41"),
        (f"type=SYSCALL {HEAD} a0=41 a1=42 exe=2F746D702F612062", "exe", "/tmp/a b"),
        (f'type=SYSCALL {HEAD} syscall=59 key="k"\x1dSYSCALL=execve UID="root"', "SYSCALL", "execve"),
        (f'type=SYSCALL {HEAD} syscall=59 key="k"\x1dSYSCALL=execve UID="root"', "UID", "root"),
        (f"type=USER_AUTH {HEAD} pid=1 uid=0 auid=7 msg='op=PAM:auth acct=\"hoa\" res=failed'", "acct", "hoa"),
        (f"type=USER_ACCT {HEAD} uid=0 msg='pam_tally2 uid=1004 res=success'", "uid", "0"),
        (f"type=ADD_GROUP {HEAD} msg='op=adding group to /etc/group id=1004 res=success'", "op", "adding group to /etc/group"),
        (f"type=PROCTITLE {HEAD} proctitle=6C73002D6C", "proctitle", "ls -l"),
        ("audit: type=1300 audit(1.5:2): syscall=59", "type", "SYSCALL"),
        (f'node=n1 type=CWD {HEAD} cwd="/root"', "node", "n1"),
        (f'type=CWD {HEAD} cwd=""', "cwd", ""),
        (f'type=CWD {HEAD} cwd="/"', "name", ABSENT),
    ],
)  # fmt: skip
def test_fields_have_auditd_s_names_and_readable_values(line: str, name: str, value: object) -> None:
    assert read(line, name) == value


def test_a_long_argument_is_joined_from_its_pieces_in_order() -> None:
    line = f'type=EXECVE {HEAD} argc=2 a0="sh" a1_len=6 a1[1]="def" a1[0]="abc"'
    assert event_of(line).native["argv"] == ["sh", "abcdef"]


def test_a_command_meets_the_rules_for_new_processes_too() -> None:
    kinds = [event_of(f"type={type_} {HEAD} a=1") for type_ in ("EXECVE", "SYSCALL")]
    assert [
        Logsource(product="linux", category="process_creation") in event.format.kind(event.native) for event in kinds
    ] == [True, False]
    assert all(Logsource(product="linux", service="auditd") in event.format.kind(event.native) for event in kinds)


@pytest.mark.parametrize(
    "line", ["type=error", "type=traffic logid=1", "the type=SYSCALL msg=audit(1.1:1): x", "type=X audit(1:1)x"]
)
def test_what_only_looks_like_it_is_another_s(line: str) -> None:
    assert event_of(line).format.name != "auditd"
