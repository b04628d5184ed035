"""Who logs in: names that imitate the log, and the services that rules ask for."""

from __future__ import annotations

import pytest

from soc.event import Logsource
from tests.parse.texts import ecs_of, event_of

SSHD = "Feb 28 23:14:02 h sshd[1]: "


@pytest.mark.parametrize(
    ("line", "user", "address"),
    [
        (SSHD + "Failed password for root from 192.0.2.7 port 22 ssh2 from 203.0.113.9 port 1 ssh2", "root from 192.0.2.7 port 22 ssh2", "203.0.113.9"),
        (SSHD + "Failed password for root from 192.0.2.7 port 22 ssh2: ruser from 203.0.113.9", "root", "192.0.2.7"),
        (SSHD + "Invalid user a from 192.0.2.7 from 203.0.113.9 port 1", "a from 192.0.2.7", "203.0.113.9"),
        (SSHD + "Connection closed by authenticating user x 192.0.2.7 port 5 203.0.113.9 port 6 [preauth]", "x 192.0.2.7 port 5", "203.0.113.9"),
        (SSHD + "Disconnected from user hoa 2001:db8::9 port 6", "hoa", "2001:db8::9"),
        (SSHD + "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser=x rhost=192.0.2.7 rhost=203.0.113.9", "x rhost=192.0.2.7", "203.0.113.9"),
        (SSHD + "Bad protocol version identification 'x' from 192.0.2.7' from 203.0.113.9 port 6", None, "203.0.113.9"),
    ],
)  # fmt: skip
def test_a_name_that_imitates_the_log_does_not_move_the_address(line: str, user: str | None, address: str) -> None:
    told = ecs_of(line, "user.name", "source.ip")
    assert (told.get("user.name"), told["source.ip"]) == (user, address)


def test_an_address_that_is_a_name_is_kept_as_one() -> None:
    line = SSHD + "User hoa from host.example not allowed because not in any group"
    assert ecs_of(line, "source.ip", "source.domain", "source.address") == {
        "source.domain": "host.example",
        "source.address": "host.example",
    }


def test_sudo_is_read_under_its_own_names() -> None:
    native = event_of(
        "Feb 28 23:14:02 h sudo:   lan : TTY=pts/0 ; PWD=/a ; b ; USER=#-1 ; COMMAND=/bin/sh -c x ; id"
    ).native
    assert {name: native[name] for name in ("user", "TTY", "PWD", "USER", "COMMAND")} == {
        "user": "lan", "TTY": "pts/0", "PWD": "/a", "USER": "#-1", "COMMAND": "/bin/sh -c x ; id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "service"),
    [
        (SSHD + "anything at all", "sshd"),
        ("Accepted password for lan from 192.0.2.55 port 51826 ssh2", "sshd"),
        ("Feb 28 23:14:02 h sudo: unable to resolve host", "sudo"),
        ("Feb 28 23:14:02 h CRON[1]: (root) CMD (id)", "cron"),
        ("Feb 28 23:14:02 h su[1]: FAILED su for root by lan", "auth"),
        ("Feb 28 23:14:02 h vsftpd: pam_unix(vsftpd:auth): check pass; user unknown", "auth"),
    ],
)
def test_rules_find_it_by_service_and_all_of_it_as_auth(line: str, service: str) -> None:
    event = event_of(line)
    services = {source.service for source in event.format.kind(event.native) if isinstance(source, Logsource)}
    assert services == {service, "auth", "syslog"}


def test_keywords_are_searched_in_the_message_and_not_in_what_read_it() -> None:
    event = event_of(SSHD + "Invalid user x from 192.0.2.7 port 1")
    assert set(event.format.values(event.native)) == {
        "Invalid user x from 192.0.2.7 port 1",
        "sshd",
        "x",
        "192.0.2.7",
        "1",
    }


@pytest.mark.parametrize(
    "line", ["Feb 28 23:14:02 h app: mail from 192.0.2.1 accepted", "the session from yesterday", "user by user"]
)
def test_other_programs_messages_stay_plain(line: str) -> None:
    assert event_of(line).format.name == "plain"
