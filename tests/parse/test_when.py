"""Time stamps of text formats."""

from __future__ import annotations

from datetime import UTC

import pytest

from soc import instant
from soc.parse import when

HANOI = instant.zone("Asia/Ho_Chi_Minh")


def at(text: str) -> int:
    told = instant.parse_iso(text)
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("text", "arrived", "told"),
    [
        ("Feb 28 23:14:02", "2026-03-01T00:00:00Z", "2026-02-28T16:14:02Z"),
        ("Dec 31 23:59:59", "2026-01-01T00:00:00Z", "2025-12-31T16:59:59Z"),
        ("Jan  1 00:00:01", "2025-12-31T23:00:00Z", "2025-12-31T17:00:01Z"),
        ("Jul 4 2019 01:02:03.5", "2026-03-01T00:00:00Z", "2019-07-03T18:02:03.5Z"),
        ("Feb 28 23:14:60", "2026-03-01T00:00:00Z", "2026-02-28T16:14:59Z"),
        ("2026-02-28T23:14:02,250", "2026-03-01T00:00:00Z", "2026-02-28T16:14:02.25Z"),
        ("2026-02-28T23:59:60-05:00", "2026-03-01T00:00:00Z", "2026-03-01T04:59:59Z"),
    ],
)
def test_a_syslog_time_lies_in_the_year_nearest_to_its_arrival(text: str, arrived: str, told: str) -> None:
    assert when.syslog_time(text, HANOI, at(arrived)) == at(told)


@pytest.mark.parametrize(
    "text", ["Feb 30 00:00:00", "Foo 1 00:00:00", "Feb 28 25:00:00", "", "Feb", "9999-99-99T00:00:00", "²²"]
)
def test_nonsense_is_no_time(text: str) -> None:
    assert when.syslog_time(text, HANOI, 0) is None


@pytest.mark.parametrize("arrived", [instant.EARLIEST, instant.LATEST, -(1 << 62), 1 << 62])
def test_a_missing_year_at_the_edge_of_the_calendar_is_no_fault(arrived: int) -> None:
    assert when.syslog_time("Jan  1 00:00:00", HANOI, arrived) is not None


def test_web_servers_name_their_zone_or_leave_it_out() -> None:
    assert when.access_time("28/Feb/2026:23:14:02 -0700", HANOI) == at("2026-03-01T06:14:02Z")
    assert when.access_time("28/Feb/2026:23:14:02", HANOI) == at("2026-02-28T16:14:02Z")
    assert when.access_time("28/Foo/2026:23:14:02", HANOI) is None


@pytest.mark.parametrize(
    ("name", "hours"), [("GMT+2", 2), ("UTC-04:30", -4.5), ("+0700", 7), ("Z", 0), ("Asia/Ho_Chi_Minh", 7)]
)
def test_zones_are_hours_east_of_greenwich(name: str, hours: float) -> None:
    told = when.iso("2026-02-28T00:00:00", when.zone(name))
    assert told == at("2026-02-28T00:00:00Z") - int(hours * instant.HOUR)


def test_a_zone_that_does_not_exist_gives_way_to_the_source_s() -> None:
    assert when.zone_or("GMT-0200x", HANOI) is HANOI
    assert when.zone_or("", UTC) is UTC
