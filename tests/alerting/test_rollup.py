"""What an alert says follows from the set of its findings."""

from __future__ import annotations

import copy
from random import Random

from hypothesis import given, settings, strategies as st

from soc import alerting, instant
from soc.alerting.rollup import KEPT, REFS, slim
from tests.stores.invented import NOON, alerts_of, finding

SEVERITIES = st.sampled_from(["informational", "low", "medium", "high", "critical"])


def told(times: list[tuple[int, str]]) -> list:
    return [
        finding(number=n, time=NOON + time, severity=severity, user__name=None if n % 3 else f"user-{n}").document
        for n, (time, severity) in enumerate(times)
    ]


@given(
    st.lists(st.tuples(st.integers(0, instant.HOUR - 1), SEVERITIES), min_size=1, max_size=40),
    st.integers(0, 39),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_who_was_first_matters(times, first, random):
    findings = told(times)
    opened = [
        alerts_of([_as_finding(document)])[0].document for document in (findings[0], findings[first % len(findings)])
    ]
    shuffled = random.sample(findings, len(findings))
    assert alerting.roll_up(opened[0], findings) == alerting.roll_up(opened[1], shuffled)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_first_the_last_and_the_greatest_are_enough(extra, random):
    findings = _many(REFS + extra)
    opened = alerts_of([_as_finding(findings[0])])[0].document
    ordered = sorted(findings, key=lambda document: (document["@timestamp"], document["soc"]["id"]))
    greatest = max(findings, key=lambda document: document["event"]["severity"])
    parts = [*map(_slim, [*ordered[:REFS], greatest]), *ordered[:KEPT], *ordered[-KEPT:]]
    some = list({document["soc"]["id"]: document for document in parts}.values())
    random.shuffle(some)
    assert alerting.roll_up(opened, some, len(findings)) == alerting.roll_up(opened, findings)


_MADE = told([(n * instant.SECOND, "low" if n != 777 else "critical") for n in range(REFS + 60)])


def _many(count: int) -> list:
    return _MADE[-count:] if count % 2 else _MADE[:count]


def test_decisions_and_exceptions_stay():
    one = finding()
    alert = copy.deepcopy(alerts_of([one])[0].document)
    alert["triage"]["assignee"] = "ann"
    alert["soc"]["suppressed_by"] = ["x-1"]
    before = copy.deepcopy(alert)
    after = alerting.roll_up(alert, [one.document])
    assert alert == before
    assert (after["triage"], after["soc"]["suppressed_by"]) == (before["triage"], ["x-1"])


def test_fields_that_the_last_finding_lacks_go():
    first = finding(user__name="ann", url__full="https://198.51.100.1/")
    last = finding(number=1, time=NOON + instant.SECOND)
    after = alerting.roll_up(alerts_of([first])[0].document, [first.document, last.document])
    assert "user" not in after
    assert "url" not in after


def test_times_are_those_of_the_first_and_the_last():
    findings = [finding(number=n, time=NOON + n * instant.MINUTE).document for n in range(25)]
    Random(1).shuffle(findings)
    soc = alerting.roll_up(alerts_of([finding()])[0].document, findings)["soc"]
    assert (soc["count"], soc["first_seen"], soc["last_seen"]) == (
        25,
        "2026-03-15T12:00:00.000Z",
        "2026-03-15T12:24:00.000Z",
    )
    minutes = [piece["event"]["@timestamp"][14:16] for piece in soc["evidence"]]
    assert minutes == [f"{n:02}" for n in (*range(10), *range(15, 25))]
    assert len(soc["refs"]) == 25


def _as_finding(document):
    from soc.finding import Finding

    return Finding(document["soc"]["id"], document["soc"]["alert_id"], document)


def _slim(document):
    soc = document["soc"]
    return slim(soc["id"], soc["ref"], document["@timestamp"], document["event"]["severity"], soc["risk"])
