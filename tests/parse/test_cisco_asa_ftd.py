"""Templates of the message catalogue, and what follows from what they read."""

from __future__ import annotations

from typing import Any

import pytest

from soc import parse
from soc.parse.cisco_asa_grammar import compiled
from soc.parse.cisco_asa_messages import BY_ID
from soc.parse.cisco_ftd_events import fields
from soc.record import LogSource, Record


def document(text: str) -> dict[str, Any]:
    event = parse.parse(Record(text.encode(), "p", 0, 0, LogSource("logs.firewall")))
    assert event.format.name == "cisco_asa_ftd"
    return parse.ecs(event)


def told(text: str, *names: str) -> tuple[Any, ...]:
    found = document(text)
    return tuple(found.get(name) for name in names)


def test_a_template_names_its_fields_and_may_leave_parts_out() -> None:
    pattern = compiled("Deny {protocol} from {src_ip} [on interface {in_interface}]")
    full, short = pattern.match("deny tcp  from 192.0.2.1 on interface a"), pattern.match("Deny tcp from 192.0.2.1 ")
    assert full is not None
    assert short is not None
    assert full.groupdict() == {"protocol": "tcp", "src": "192.0.2.1", "in_interface": "a"}
    assert short.groupdict() == {"protocol": "tcp", "src": "192.0.2.1", "in_interface": None}


@pytest.mark.parametrize("number", sorted(BY_ID))
def test_every_template_of_the_catalogue_is_a_pattern(number: str) -> None:
    """That begins with the message's own words and is bounded everywhere."""
    for template in BY_ID[number]:
        assert "*" not in compiled(template).pattern.replace(r"\*", "")


ENDS = ("source.ip", "source.port", "destination.ip", "destination.port")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("%ASA-6-302013: Built inbound TCP connection 1 for out:198.51.100.9/40 (198.51.100.9/40) to dmz:10.0.0.4/22 (192.0.2.4/22)",
         ("198.51.100.9", 40, "10.0.0.4", 22)),
        ("%ASA-6-302013: Built outbound TCP connection 1 for out:198.51.100.9/443 (198.51.100.9/443) to in:10.0.0.15/40 (192.0.2.4/40)",
         ("10.0.0.15", 40, "198.51.100.9", 443)),
        ("%ASA-3-106010: Deny inbound tcp src out:2001:db8::9/40 dst in:2001:db8::4/22", ("2001:db8::9", 40, "2001:db8::4", 22)),
        ("%ASA-2-106016: Deny IP spoof from (192.0.2.7) to 10.0.0.4 on interface out", ("192.0.2.7", None, "10.0.0.4", None)),
        ("%ASA-4-419002: Duplicate TCP SYN from in:10.0.0.1/1 to out:192.0.2.1/2 with different initial sequence number", ("10.0.0.1", 1, "192.0.2.1", 2)),
        ("%ASA-3-710003: TCP access denied by ACL from 198.51.100.9/40 to out:192.0.2.4/22", ("198.51.100.9", 40, "192.0.2.4", 22)),
        ("%ASA-4-400010: IPS:2000 ICMP Echo Reply from 198.51.100.9 to 192.0.2.4 on interface out", ("198.51.100.9", None, "192.0.2.4", None)),
        ("%ASA-4-402119: IPSEC: Received an ESP packet (SPI= 0x1, sequence number= 0x2) from 203.0.113.9 (user= a) to 192.0.2.4 that failed", ("203.0.113.9", None, "192.0.2.4", None)),
        ("%ASA-6-725002: Device completed SSL handshake with client out:198.51.100.9/40 to 192.0.2.4/443 for TLSv1.2 session", ("198.51.100.9", 40, "192.0.2.4", 443)),
        ("%ASA-4-401004: Shunned packet: 198.51.100.9 ==> 192.0.2.4 on interface out", ("198.51.100.9", None, "192.0.2.4", None)),
        ("%ASA-7-999998: whatever from a:10.0.0.1/1 to b:10.0.0.2/2", ("10.0.0.1", 1, "10.0.0.2", 2)),
    ],
)  # fmt: skip
def test_the_initiator_is_the_source(text: str, ends: tuple[Any, ...]) -> None:
    assert told(text, *ENDS) == ends


@pytest.mark.parametrize(
    ("bracket", "user"),
    [("LOCAL\\an", ("an", "LOCAL")), ("LOCAL\\CORP\\an", ("an", "CORP")), ("LOCAL\\an@corp.example", ("an", "corp.example")), ("an", ("an", None))],
)  # fmt: skip
def test_local_is_a_realm_only_where_no_other_is_told(bracket: str, user: tuple[str, str | None]) -> None:
    text = (
        f"%ASA-6-302016: Teardown UDP connection 1 for a:10.0.0.1/1({bracket}) to b:10.0.0.2/2 duration 0:00:00 bytes 1"
    )
    assert told(text, "source.user.name", "source.user.domain") == user


@pytest.mark.parametrize(
    ("text", "user", "outcome"),
    [
        ("%ASA-6-113012: AAA user authentication Successful : local database : user = an", "an", "success"),
        ("%ASA-6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = an: user IP = 198.51.100.9", "an", "failure"),
        ('%ASA-6-605004: Login denied from 198.51.100.9/40 to out:192.0.2.4/ssh for user "an"', "an", "failure"),
        ("%ASA-6-611101: User authentication succeeded: IP address: 10.0.0.8, Uname: an", "an", "success"),
        ("%ASA-6-716039: Group <G> User <an> IP <198.51.100.9> Authentication: rejected, Session Type: WebVPN.", "an", "failure"),
        ("%ASA-5-111008: User 'an' executed the 'write memory' command.", "an", None),
    ],
)  # fmt: skip
def test_who_logs_in_is_told_with_the_outcome(text: str, user: str, outcome: str | None) -> None:
    assert told(text, "user.name", "event.outcome") == (user, outcome)


def test_events_of_threat_defense_keep_commas_in_values() -> None:
    assert fields("A: 1, UserAgent: Mozilla/5.0 (X11, like Gecko), Prefilter Policy: Default, one, A: 2") == {
        "A": "1", "UserAgent": "Mozilla/5.0 (X11, like Gecko)", "Prefilter Policy": "Default, one",
    }  # fmt: skip


def test_nobody_is_no_user() -> None:
    text = "%FTD-1-430003: SrcIP: 10.0.0.1, DstIP: 192.0.2.1, User: No Authentication Required, ConnectionDuration: 2"
    assert told(text, "user.name", "related.user", "event.duration") == (None, None, 2_000_000_000)
