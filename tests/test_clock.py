"""The clock of the roles: even, whatever happens to the machine's."""

from __future__ import annotations

from soc.clock import FixedClock, SteadyClock

HOUR = 3_600_000_000


def test_a_steady_clock_follows_small_steps_and_no_leaps() -> None:
    wall, even = FixedClock(1_000 * HOUR), FixedClock(7 * HOUR)
    clock = SteadyClock(wall.now, even.now)

    def passed(seconds: float, step: int = 0) -> int:
        even.advance(int(seconds * 1e6))
        wall.advance(int(seconds * 1e6) + step)
        return clock.now() - 1_000 * HOUR

    assert passed(10) == 10_000_000
    assert passed(10, step=-400_000) == 19_600_000
    assert passed(10, step=HOUR) == 29_600_000
    assert passed(10) == 39_600_000
    assert passed(10, step=-HOUR) == 49_600_000
    assert passed(10, step=-HOUR) == 59_600_000
    assert passed(10, step=HOUR + 300_000) == 69_900_000


def test_a_steady_clock_begins_as_the_machines() -> None:
    assert SteadyClock().now() > 1_700_000_000_000_000
