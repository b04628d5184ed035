"""Health findings go the way of all findings."""

from __future__ import annotations

import pytest

from soc import health, instant, pipeline

NOW = 1_795_500_000_000_000  # on a whole hour


@pytest.mark.parametrize("check", sorted(health.CHECKS))
def test_every_check_opens_an_alert_of_the_platform(check) -> None:
    made = health.finding(check, "db-1", "it broke", NOW)
    _, (alert,) = pipeline.index([made])
    soc = alert.document["soc"]
    assert (soc["kind"], soc["layer"]) == ("health", "platform")
    assert soc["entity"] == {"field": "service.name", "value": "db-1"}
    assert made.document["message"] == "it broke"
    assert soc["runbook"]["vi"]
    assert soc["runbook"]["en"]
    assert soc["controls"]


def test_one_subject_has_one_alert_an_hour() -> None:
    def ids(subject: str, at: int) -> tuple[str, str | None]:
        made = health.finding("soc-health-disk-full", subject, f"told at {at}", at)
        return made.id, made.alert_id

    assert ids("log", NOW) == ids("log", NOW + instant.HOUR - 1)
    assert ids("log", NOW) != ids("log", NOW + instant.HOUR)
    assert ids("log", NOW) != ids("store", NOW)


def test_a_severity_is_a_word() -> None:
    assert health.severity_name(health.finding("soc-health-disk-full", "log", "", NOW).document) == "critical"
