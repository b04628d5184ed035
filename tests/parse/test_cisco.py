"""What stands before a Cisco message, and the message's tag."""

from __future__ import annotations

from datetime import UTC

import pytest

from soc import instant
from soc.parse import cisco


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("%SYS-5-CONFIG_I: a", ("SYS", 5, "CONFIG_I", 0, 17)),
        ("sw1: %PIM-SW1-6-INVALID_RP_JOIN: a", ("PIM-SW1", 6, "INVALID_RP_JOIN", 5, 33)),
        ("%EARL-SW2_DFC1-1-EXCESSIVE_PARITY_ERROR: a", ("EARL-SW2_DFC1", 1, "EXCESSIVE_PARITY_ERROR", 0, 41)),
        ("50% of %ROUTING-BGP-5-ADJCHANGE : a", ("ROUTING-BGP", 5, "ADJCHANGE", 7, 32)),
        ("GET /%2F-5-a HTTP/1.1", None),
        ("x" * cisco.HEAD + "%SYS-5-CONFIG_I: a", None),
    ],
)
def test_a_tag_is_found_near_the_beginning_of_a_text(text: str, tag: cisco.Tag | None) -> None:
    assert cisco.tag(text) == tag


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("7422: sw1: 007428: 2y10w: ", ("sw1", "", "", "007428", "")),
        ("sw1: Mar  6 2026 08:04:45.866 CET: ", ("sw1", "Mar  6 2026 08:04:45.866 CET", "CET", "", "")),
        ("2026 Feb 28 23:14:04 sw1 ", ("sw1", "2026 Feb 28 23:14:04", "", "", "")),
        (": *Mar  1 00:00:05: ", ("", "*Mar  1 00:00:05", "", "", "")),
        ("2026-02-28T16:14:17Z ftd1  ", ("ftd1", "2026-02-28T16:14:17Z", "", "", "")),
        ("192.0.2.1 : Feb 28 2026 23:14:04 UTC: ", ("192.0.2.1", "Feb 28 2026 23:14:04 UTC", "UTC", "", "")),
        (" : ", ("", "", "", "", "")),
    ],
)
def test_host_time_zone_and_number_may_stand_in_any_order(text: str, origin: cisco.Origin) -> None:
    assert cisco.origin(text) == origin


@pytest.mark.parametrize(
    ("text", "zone", "iso"),
    [
        ("Feb 28 2026 23:14:02", "", "2026-02-28T23:14:02.000Z"),
        ("2026 Feb 28 23:14:02.5", "EDT", "2026-03-01T03:14:02.500Z"),
        ("Feb 28 23:14:02", "CET", "2026-02-28T22:14:02.000Z"),
        ("2026-02-28T23:14:02+07:00", "CET", "2026-02-28T16:14:02.000Z"),
    ],
)
def test_a_device_s_stamp_counts_in_the_zone_that_it_names(text: str, zone: str, iso: str) -> None:
    arrived = instant.parse_iso("2026-03-01T05:00:00Z")
    assert arrived is not None
    assert cisco.moment(text, zone, UTC, arrived) == instant.parse_iso(iso)


def test_no_stamp_is_no_time() -> None:
    assert cisco.moment("", "CET", UTC, 0) is None
    assert cisco.moment("Feb 30 2026 23:14:02", "", UTC, 0) is None
