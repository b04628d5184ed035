"""Symantec Endpoint Protection: values without labels, and which end is the host."""

from __future__ import annotations

import pytest

from tests.parse.texts import ecs_of, event_of

TRAFFIC = (
    "desk1,Local Host IP: 192.0.2.1,Local Port: 445,Remote Host IP: 198.51.100.9,Remote Port: 40000,{0},"
    "Begin: 2026-02-28 23:14:05,End: 2026-02-28 23:14:06,Action: {1}"
)
ENDS = ("source.ip", "source.port", "destination.ip", "destination.port", "host.ip", "network.transport", "event.type")


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (
            TRAFFIC.format("TCP,Inbound", "Blocked"),
            ["198.51.100.9", 40000, "192.0.2.1", 445, ["192.0.2.1"], "tcp", ["connection", "denied"]],
        ),
        (
            TRAFFIC.format("UDP,Outbound", "Allowed"),
            ["192.0.2.1", 445, "198.51.100.9", 40000, ["192.0.2.1"], "udp", ["connection"]],
        ),
    ],
)
def test_the_host_is_where_the_connection_begins_or_ends(line: str, ends: list[object]) -> None:
    assert list(ecs_of(line, *ENDS).values()) == ends


def test_a_description_may_hold_commas() -> None:
    line = "Site: s,Server: m,Domain: d,Admin: hoa,Administrator log on failed, because, of, a password"
    assert ecs_of(line, "message", "user.name", "event.outcome") == {
        "message": "Administrator log on failed,because,of,a password", "user.name": "hoa", "event.outcome": "failure",
    }  # fmt: skip


def test_sigma_calls_what_was_found_by_other_names() -> None:
    event = event_of("Virus found,Computer name: desk1,Risk name: Trojan.X,C:\\a.exe,'',Actual action: Cleaned")
    told = {}
    for name in ("Filename", "Signature", "Risk name", "Missing"):
        accessor = event.format.field(name)
        assert accessor is not None
        told[name] = repr(accessor(event.native))
    assert told == {
        "Filename": "'C:\\\\a.exe'",
        "Signature": "'Trojan.X'",
        "Risk name": "'Trojan.X'",
        "Missing": "ABSENT",
    }


@pytest.mark.parametrize("line", ["a,Begin: 1,b", "note,Server: x,y", "Event Description: x"])
def test_a_label_alone_is_not_enough(line: str) -> None:
    assert event_of(line).format.name != "symantec_endpoint"
