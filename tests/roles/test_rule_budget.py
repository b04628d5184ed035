"""A rule may look at so many times the bytes of the records, and not at more."""

from __future__ import annotations

from soc.roles.rule_budget import LEAST, RuleBudget
from soc.sigma import Cost


def test_a_rule_over_the_budget_is_told_once_enough_records_have_come() -> None:
    budget = RuleBudget(5)
    assert budget.take("set", LEAST - 1, {"dear": Cost(0, 9 * LEAST), "cheap": Cost(9**9, 4 * LEAST)}) == {}
    told = budget.take("set", 1, {})
    assert told == {"dear": f"its patterns looked at 9.0 times the bytes of {LEAST} bytes of records, allowed are 5"}
    assert budget.take("set", LEAST, {"dear": Cost(0, 5 * LEAST)}) == {}


def test_other_content_begins_anew() -> None:
    budget = RuleBudget(5)
    budget.take("old", LEAST - 1, {"dear": Cost(0, 9 * LEAST)})
    assert budget.take("new", LEAST, {"dear": Cost(0, LEAST)}) == {}


def test_without_a_budget_everything_goes() -> None:
    assert RuleBudget(0).take("set", LEAST, {"dear": Cost(0, 99 * LEAST)}) == {}
