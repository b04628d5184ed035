"""PAN-OS: whose zone counts, columns of any version, and what descriptions tell."""

from __future__ import annotations

import pytest

from soc import parse
from soc.parse.paloalto_columns import COLUMNS, named
from tests.parse.texts import ecs_of, event_of

SYSTEM = '1,2026/02/28 23:14:07,01,SYSTEM,{0},2561,2026/02/28 23:14:07,,{1},x,0,0,general,medium,"{2}",4416,0x0,0,0,0,0,,fw1,0,0,{3}'


def system(subtype: str, event: str, description: str, precise: str = "") -> str:
    return SYSTEM.format(subtype, event, description, precise)


@pytest.mark.parametrize(
    ("zone", "precise", "instant"),
    [
        ("UTC", "2026-02-28T23:14:07.391+07:00", "2026-02-28T16:14:07.391Z"),
        ("UTC", "1970-01-01T01:00:00.000+01:00", "2026-02-28T23:14:07.000Z"),
        ("UTC", "", "2026-02-28T23:14:07.000Z"),
        ("+09:00", "2026-02-28T23:14:07.391+07:00", "2026-02-28T14:14:07.000Z"),
    ],
)
def test_the_devices_offset_counts_where_nobody_names_another_zone(zone: str, precise: str, instant: str) -> None:
    told = ecs_of(system("general", "general", "x", precise), "@timestamp", timezone=zone)
    assert told == {"@timestamp": instant}


@pytest.mark.parametrize(
    ("description", "told"),
    [
        (
            "failed authentication for user 'a b'.  Reason: User is not in allowlist. auth profile 'p', vsys 'v', From: 192.0.2.1.",
            {"user.name": "a b", "event.reason": "User is not in allowlist.", "event.outcome": "failure", "source.ip": "192.0.2.1"},
        ),
        (
            "User hoa logged in via CLI from 192.0.2.1 using ssh",
            {"user.name": "hoa", "event.reason": "User hoa logged in via CLI from 192.0.2.1 using ssh", "event.outcome": "success",
             "source.ip": "192.0.2.1", "network.protocol": "ssh"},
        ),
        (
            "Content package upgraded from version 1-2 to 3-4 by hoa",
            {"user.name": "hoa", "event.reason": "Content package upgraded from version 1-2 to 3-4 by hoa"},
        ),
    ],
)  # fmt: skip
def test_a_description_tells_who_from_where_and_why(description: str, told: dict[str, str]) -> None:
    names = ("user.name", "event.reason", "event.outcome", "source.ip", "network.protocol")
    assert ecs_of(system("general", "general", description), *names) == told


def test_columns_that_no_version_is_known_to_have_are_left_out() -> None:
    values = ["1", "t", "s", "CORRELATION", *map(str, range(100))]
    assert list(named(values)) == [name for name in COLUMNS["CORRELATION"] if name != "_"]


@pytest.mark.parametrize(
    "line",
    [
        "1,2026/02/28 23:14:07,01,SYSTEM",
        "1,yesterday at noon,01,SYSTEM,general,1,2026/02/28 23:14:07,,x",
        "CEF:0|Palo Alto Networks|LF|2.0|SOMETHING|NEW|3|src=192.0.2.1",
    ],
)
def test_what_is_no_record_of_pan_os_is_left_to_others(line: str) -> None:
    assert event_of(line).format.name != "paloalto"


def test_rules_ask_for_a_log_type_as_a_service() -> None:
    kind = parse.formats()["paloalto"].kind(event_of(system("auth", "auth-fail", "x")).native)
    assert [str(source) for source in kind] == [
        "product paloalto, category firewall, service system",
        "product paloalto, category appliance, service system",
    ]
