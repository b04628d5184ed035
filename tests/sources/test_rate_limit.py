"""A peer gets its share, whatever the others send."""

from soc import instant
from soc.clock import FixedClock
from soc.sources.rate_limit import RateLimit


def test_a_seconds_worth_may_come_at_once_and_no_more() -> None:
    limit = RateLimit(100, FixedClock(0))
    assert [limit.admitted("192.0.2.1", 60), limit.admitted("192.0.2.1", 60), limit.admitted("192.0.2.1")] == [
        60,
        40,
        0,
    ]


def test_each_peer_has_its_own() -> None:
    limit = RateLimit(10, FixedClock(0))
    limit.admitted("192.0.2.1", 100)
    assert limit.admitted("192.0.2.2", 10) == 10


def test_time_fills_it_again() -> None:
    clock = FixedClock(0)
    limit = RateLimit(100, clock)
    limit.admitted("192.0.2.1", 100)
    clock.advance(instant.SECOND // 4)
    assert limit.admitted("192.0.2.1", 100) == 25
    clock.advance(instant.HOUR)
    assert limit.admitted("192.0.2.1", 1000) == 100


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    clock = FixedClock(instant.HOUR)
    limit = RateLimit(100, clock)
    limit.admitted("192.0.2.1", 50)
    clock.advance(-instant.HOUR)
    assert limit.admitted("192.0.2.1", 100) == 50


def test_forged_senders_do_not_fill_the_memory() -> None:
    limit = RateLimit(1, FixedClock(0))
    for number in range(20_000):
        limit.admitted(f"2001:db8::{number:x}")
    assert len(limit._buckets) == 10_000
