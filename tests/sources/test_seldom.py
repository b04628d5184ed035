"""What others cause is said once a minute, with how often it was."""

from structlog.testing import capture_logs

from soc import instant
from soc.clock import FixedClock
from soc.sources.seldom import Seldom


def test_each_kind_is_said_once_a_minute_with_its_number() -> None:
    clock = FixedClock(instant.HOUR)
    seldom = Seldom(clock)
    with capture_logs() as logs:
        for _ in range(5):
            seldom.warn("refused", peer="192.0.2.1")
        seldom.warn("lost")
        clock.advance(instant.MINUTE)
        seldom.warn("refused", peer="192.0.2.2")
    assert logs == [
        {"event": "refused", "log_level": "warning", "times": 1, "peer": "192.0.2.1"},
        {"event": "lost", "log_level": "warning", "times": 1},
        {"event": "refused", "log_level": "warning", "times": 5, "peer": "192.0.2.2"},
    ]


def test_a_clock_that_goes_back_silences_nothing() -> None:
    clock = FixedClock(instant.HOUR)
    seldom = Seldom(clock)
    with capture_logs() as logs:
        seldom.warn("refused")
        clock.advance(-instant.MINUTE)
        seldom.warn("refused")
    assert [told["times"] for told in logs] == [1, 1]
