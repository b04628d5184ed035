"""Dead letters become a health alert when they are many and more than one in a hundred."""

from __future__ import annotations

from soc import instant
from soc.roles.dead_letter_rate import DeadLetterRate

NOW = 1_795_500_000_000_000


def test_a_hundred_within_ten_minutes_that_are_over_one_percent_are_too_many() -> None:
    rate = DeadLetterRate()
    assert rate.take(NOW, {"logs.host": 5000}, {"logs.host": 99}) == {}
    told = rate.take(NOW + 9 * instant.MINUTE, {"logs.host": 1}, {"logs.host": 1})
    assert told == {"logs.host": "100 of 5001 records of logs.host in the last 10 minutes could not be understood"}


def test_one_percent_of_very_many_is_not_too_many() -> None:
    assert DeadLetterRate().take(NOW, {"logs.host": 20_000}, {"logs.host": 200}) == {}


def test_few_are_never_too_many() -> None:
    assert DeadLetterRate().take(NOW, {"logs.host": 99}, {"logs.host": 99}) == {}


def test_what_is_older_than_ten_minutes_does_not_count() -> None:
    rate = DeadLetterRate()
    rate.take(NOW, {"logs.host": 99}, {"logs.host": 99})
    assert rate.take(NOW + 12 * instant.MINUTE, {"logs.host": 99}, {"logs.host": 99}) == {}


def test_topics_are_judged_apart() -> None:
    rate = DeadLetterRate()
    told = rate.take(NOW, {"logs.host": 200, "logs.app": 10**6}, {"logs.host": 150, "logs.app": 150})
    assert list(told) == ["logs.host"]
