"""The judge sees each way in which a store can be wrong, and nothing where it is right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.judge import Result, Stored, compare, wrong_counts
from tests.faults.report import line


def finding(id_: str, alert: str = "a", kind: str = "rule", **soc: Any) -> dict[str, Any]:
    told = {"id": id_, "alert_id": alert, "kind": kind, "ref": f"logs.host:0:{id_}", **soc}
    return {"@timestamp": "2026-11-24T00:00:00Z", "rule": {"id": "r"}, "event": {"ingested": id_}, "soc": told}


def alert(count: int) -> dict[str, Any]:
    return {"rule": {"id": "r"}, "soc": {"id": "a", "kind": "rule", "count": count}}


ONE, TWO = finding("1"), finding("2")
RIGHT = {"findings": {"1": ONE, "2": TWO}, "alerts": {"a": alert(2)}}
ALL = {"1": ONE, "2": TWO}


def judged(least: Any, most: Any, seen: set[str] | None = None, **told: Any) -> Result:
    result = Result("F1", 7, faults=1, wanted=1)
    compare(Stored(**{**RIGHT, **told}), least, most, result, seen)
    return result


def test_what_is_as_it_should_be_passes() -> None:
    result = judged(ALL, ALL)
    assert (result.lost, result.verdict, result.expected) == (0, "pass", 2)


def test_a_window_that_closed_while_it_was_asked_may_be_there_or_not() -> None:
    assert judged({"1": ONE}, ALL).verdict == "pass"
    assert judged({"1": ONE}, ALL, findings={"1": ONE}, alerts={"a": alert(1)}).verdict == "pass"


def test_when_it_was_stored_and_what_a_correlation_knew_make_no_difference() -> None:
    mine = finding("3", kind="correlation", why=["5 of 3"])
    other = {**finding("3", kind="correlation", why=["8 of 3"]), "event": {"ingested": "later"}}
    told = {"findings": {"3": mine}, "alerts": {"a": alert(1)}}
    assert judged({"3": other}, {"3": other}, **told).verdict == "pass"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"findings": {"1": ONE}, "alerts": {"a": alert(1)}}, "missing"),
        ({"alerts": {}}, "missing"),
        ({"findings": {**ALL, "3": finding("3")}, "alerts": {"a": alert(3)}}, "extra"),
        ({"alerts": {"a": alert(2), "b": alert(0)}}, "extra"),
        ({"doubled": 1}, "doubled"),
        ({"findings": {"1": ONE, "2": finding("2", entity="x")}}, "differing"),
    ],
)
def test_what_is_wrong_is_counted_by_its_kind(told: dict[str, Any], name: str) -> None:
    result = judged(ALL, ALL, **told)
    assert (result.verdict, getattr(result, name)) == ("FAIL", 1)


def test_an_alert_that_counts_other_than_its_findings_is_wrong() -> None:
    assert wrong_counts(Stored(**RIGHT)) == []
    assert wrong_counts(Stored(**{**RIGHT, "alerts": {"a": alert(5)}})) == ["a"]
    assert wrong_counts(Stored(**{**RIGHT, "alerts": {}})) == ["a"]


def test_what_an_earlier_row_has_told_is_not_told_again() -> None:
    seen: set[str] = set()
    less = {"findings": {"1": ONE}, "alerts": {"a": alert(1)}}
    assert [judged(ALL, ALL, seen, **less).missing for _ in range(2)] == [1, 0]
    assert seen == {"2"}


def test_too_few_faults_or_nothing_expected_is_incomplete() -> None:
    assert [Result("F1", 7, 1, 2, 10).verdict, Result("F1", 7, 2, 2, 0).verdict] == ["INCOMPLETE"] * 2
    assert line(Result("F1", 7, 2, 2, 10)).startswith("F1   pass       seed 7       faults 2/2  expected 10  missing 0")
