"""Mail servers: who sent what to whom, who was turned away, who failed to log in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parse.texts import ecs_of, event_of

SMTPD = "Feb 28 23:14:02 mx1 postfix/smtpd[4711]: "
REJECTED = "NOQUEUE: reject: RCPT from {}[192.0.2.7]: 554 5.7.1 <lan@example.org>: Relay access denied; from=<a@example.net> to=<lan@example.org> proto=ESMTP{}"


@pytest.mark.parametrize(
    ("name", "helo", "domain"),
    [
        ("mail.example.net", " helo=<pc7>", "mail.example.net"),
        ("unknown", " helo=<pc7>", "pc7"),
        ("unknown", " helo=<[192.0.2.7]>", "192.0.2.7"),
        ("unknown", "", "example.net"),
        ("localhost", "", "localhost"),
    ],
)
def test_a_client_is_known_by_its_name_else_by_its_greeting_else_by_its_sender(
    name: str, helo: str, domain: str
) -> None:
    told = ecs_of(SMTPD + REJECTED.format(name, helo), "source.domain", "source.ip", "event.type", "event.reason")
    assert told == {
        "source.domain": domain,
        "source.ip": "192.0.2.7",
        "event.type": ["denied"],
        "event.reason": "<lan@example.org>: Relay access denied",
    }


@pytest.mark.parametrize(("status", "outcome"), [("sent", "success"), ("deferred", "failure"), ("bounced", "failure")])
def test_a_delivery_s_status_is_its_outcome(status: str, outcome: str) -> None:
    line = (
        f"7B3643F820: to=<lan@example.org>, relay=mx.example.org[203.0.113.25]:25, dsn=2.0.0, status={status} (because)"
    )
    assert ecs_of(line, "event.outcome", "email.local_id", "destination.ip", "destination.domain") == {
        "event.outcome": outcome, "email.local_id": "7B3643F820", "destination.ip": "203.0.113.25", "destination.domain": "example.org",
    }  # fmt: skip


FAILED = {"event.category": ["authentication"], "event.outcome": "failure", "source.ip": "192.0.2.7"}


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<hoa>, method=PLAIN, rip=192.0.2.7, lip=10.1.0.25", "hoa"),
        ("dovecot: auth-worker(1): conn unix:auth-worker (pid=1,uid=2): auth-worker<6>: pam(hoa,192.0.2.7): unknown user", "hoa"),
        ("dovecot: auth: ldap(hoa,192.0.2.7,<AbC>): Password mismatch", "hoa"),
        ("exim[1]: login authenticator failed for (pc7) [192.0.2.7]:5432: 535 Incorrect authentication data (set_id=hoa)", "hoa"),
        ("sendmail[1]: 61SGE2xx004711: AUTH failure (LOGIN): authentication failure (-13), user=hoa, relay=a.example.net [192.0.2.7]", "hoa"),
        ("cyrus/imap[1]: badlogin: a.example.net [192.0.2.7] plaintext hoa SASL(-13): authentication failure", "hoa"),
        ("imapd: LOGIN FAILED, user=hoa, ip=[::ffff:192.0.2.7]", "hoa"),
    ],
)  # fmt: skip
def test_a_failed_log_in_names_user_and_client_on_every_server(line: str, user: str) -> None:
    told = ecs_of(f"Feb 28 23:14:02 mx1 {line}", *FAILED, "user.name")
    assert told == {**FAILED, "user.name": user}


def test_a_failed_log_in_to_postfix_is_one() -> None:
    line = (
        SMTPD
        + "warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: authentication failure, sasl_username=hoa"
    )
    assert ecs_of(line, "event.category", "event.outcome", "source.ip", "user.name") == {
        "event.category": ["authentication", "email"], "event.outcome": "failure", "source.ip": "192.0.2.7", "user.name": "hoa",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1VxHWD-000NuW-83 <= hoa@example.vn H=a.example.vn [192.0.2.7]:5 P=esmtp", {"email.from.address": ["hoa@example.vn"], "source.ip": "192.0.2.7"}),
        ("1VxHWD-000NuW-83 => lan@example.org R=dnslookup H=mx.example.org [203.0.113.25]:25", {"email.to.address": ["lan@example.org"], "destination.ip": "203.0.113.25"}),
        ("H=(pc7) [192.0.2.7]:5 I=[10.1.0.25]:25 F=<a@example.net> rejected RCPT <lan@example.org>: no", {"source.ip": "192.0.2.7", "destination.ip": "10.1.0.25", "event.type": ["denied"]}),
    ],
)  # fmt: skip
def test_exim_names_the_host_that_sent_or_the_one_that_it_gave_to(line: str, expected: dict[str, Any]) -> None:
    told = ecs_of(f"2026-02-28 23:14:02 {line}", "@timestamp", *expected)
    assert told == {"@timestamp": "2026-02-28T16:14:02.000Z", **expected}


def test_what_pam_says_of_a_mail_server_s_user_is_read_as_pam_s() -> None:
    line = "Feb 28 23:14:02 mx1 auth: pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=hoa rhost=192.0.2.7"
    assert event_of(line).format.name == "linux_auth"


@pytest.mark.parametrize(
    "line",
    [
        "Feb 28 23:14:02 a app[1]: to=hoa, status=sent",
        "Feb 28 23:14:02 a app[1]: user=<hoa> logged in",
        "2026-02-28 23:14:02 rejected by the committee: no",
        "relay=on ruleset=off",
    ],
)
def test_lines_of_others_are_not_taken(line: str) -> None:
    assert event_of(line).format.name == "plain"
