"""What must hold for a correlation: bounds on a number, a field to count in, or rules joined by and, or, not."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from math import floor, isfinite
from typing import TYPE_CHECKING, Any

from soc.sigma.condition import WrongCondition, parse as parse_expression
from soc.sigma.nodes import All, AnyOf, Named, Not

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from soc.sigma.condition import Node
    from soc.sigma.yaml_files import Path

    Report = Callable[[Path, str, str], None]

COUNTS = ("event_count", "value_count")
VALUES = ("value_count", "value_sum", "value_avg", "value_percentile", "value_median")
TEMPORAL = ("temporal", "temporal_ordered")
MOST = 1_000_000
"""The greatest count that can be asked for: one that is kept has to be remembered."""
_PATH: Path = ("correlation", "condition")
_NUMBER = "a number, like `gte: 10`"
OPERATORS = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "neq": "!="}
_LOWER = frozenset({"gt", "gte"})


@dataclass(frozen=True, slots=True)
class Condition:
    bounds: tuple[tuple[str, Fraction], ...] = ()
    """Operator and number; all must hold."""
    fields: tuple[str, ...] = ()
    """What values are taken from; several are one value together."""
    percentile: int = 50
    expression: Node | None = None
    """Rules joined by and, or, not, in place of bounds."""
    names: tuple[str, ...] = ()
    """The rules, as the expression calls them, by their number."""

    @property
    def bounded(self) -> bool:
        """More hits can make it false."""
        if self.expression is not None:
            return _negates(self.expression)
        return any(name not in _LOWER for name, _ in self.bounds)

    @property
    def need(self) -> int | None:
        """The least count for which it holds; None if it has an upper bound, and 1 for an expression."""
        if self.bounded:
            return None
        return max([1, *(floor(bound) + 1 if name == "gt" else -floor(-bound) for name, bound in self.bounds)])

    def holds(self, number: Fraction | int) -> bool:
        return all(OPERATORS[name](number, bound) for name, bound in self.bounds)

    def holds_for(self, rules: Collection[int]) -> bool:
        """Whether it holds where rules of these numbers have matched."""
        if self.expression is None:
            return self.holds(len(rules))
        return _holds(self.expression, {self.names[number] for number in rules})

    def __str__(self) -> str:
        if self.expression is not None:
            return _text(self.expression)
        return " and ".join(f"{SIGNS[name]} {_plain(bound)}" for name, bound in self.bounds)


def _plain(bound: Fraction) -> str:
    return str(bound.numerator) if bound.denominator == 1 else str(float(bound))


def read(kind: str, told: Any, rules: tuple[str, ...], report: Report) -> Condition | None:
    """The condition of a correlation of a type; None once something was reported."""
    if isinstance(told, str):
        return _expression(kind, told, rules, report)
    if told is None:
        return _usual(kind, rules, report)
    if not isinstance(told, dict):
        report(_PATH, "a condition is a mapping", "write `condition: {gte: 10}`")
        return None
    bounds = []
    for name, bound in told.items():
        if name in OPERATORS:
            bounds.append((name, _number(bound, (*_PATH, name), report)))
        elif name not in {"field", "percentile"}:
            report((*_PATH, name), f"unknown condition {name!r}", f"one of {', '.join(OPERATORS)}")
            return None
    if any(bound is None for _, bound in bounds) or not _bounds_fit(kind, bounds, report):
        return None
    fields = _fields(kind, told.get("field"), report)
    percentile = _percentile(kind, told.get("percentile"), report)
    if fields is None or percentile is None:
        return None
    return _checked(kind, Condition(tuple(bounds), fields, percentile), rules, report)  # type: ignore[arg-type]


def _usual(kind: str, rules: tuple[str, ...], report: Report) -> Condition | None:
    """Where a type can do without a condition: all rules for the temporal ones."""
    if kind in TEMPORAL:
        return Condition((("gte", Fraction(len(rules))),))
    if kind in {"idle", "missing_after"}:
        return Condition()
    report(("correlation",), f"{kind} needs a `condition`",
           "name the field whose values are new" if kind == "first_seen" else f"write {_NUMBER}")  # fmt: skip
    return None


def _bounds_fit(kind: str, bounds: list[tuple[str, Fraction | None]], report: Report) -> bool:
    numeric = kind in {*COUNTS, *VALUES}
    if numeric and not bounds:
        report(_PATH, "a condition needs a bound", f"write {_NUMBER}")
    elif bounds and kind in {"first_seen", "idle", "missing_after"}:
        report(_PATH, f"{kind} has no bounds", "`timespan` says all")
    else:
        return True
    return False


def _checked(kind: str, made: Condition, rules: tuple[str, ...], report: Report) -> Condition | None:
    """Bounds that no count can be meant by are slips of the pen."""
    if kind in TEMPORAL and not made.bounds:
        made = Condition((("gte", Fraction(len(rules))),))
    need = made.need if kind in {*COUNTS, *TEMPORAL} else None
    if need is not None and not any(bound >= (0 if name == "gt" else 1) for name, bound in made.bounds):
        report(_PATH, "holds already for nothing", "ask for at least 1")
    elif need is not None and need > MOST:
        report(_PATH, f"asks for more than {MOST}", "count over a shorter timespan")
    elif need is not None and kind in TEMPORAL and need > len(rules):
        report(_PATH, f"asks for {need} of {len(rules)} rules", "")
    elif kind == "temporal_ordered" and made.bounded:
        report(_PATH, "an order has no upper bound", "use `temporal`, or gte")
    else:
        return made
    return None


def _number(told: Any, path: Path, report: Report) -> Fraction | None:
    if isinstance(told, bool) or not isinstance(told, int | float) or not isfinite(told):
        report(path, f"{told!r} is no number", f"write {_NUMBER}")
        return None
    return Fraction(str(told))


def _fields(kind: str, told: Any, report: Report) -> tuple[str, ...] | None:
    wanted = kind in {*VALUES, "first_seen"}
    if told is None:
        if wanted:
            report(_PATH, f"{kind} needs `field` in its condition", "name the field whose values it takes")
        return None if wanted else ()
    names = told if isinstance(told, list) else [told]
    if not wanted:
        report((*_PATH, "field"), f"{kind} has no `field`", "remove it, or take value_count")
    elif not names or not all(isinstance(name, str) and name for name in names):
        report((*_PATH, "field"), "`field` is a name, or a list of names", "put it into quotes")
    elif len(names) > 1 and kind not in {"value_count", "first_seen"}:
        report((*_PATH, "field"), f"{kind} takes one field", "")
    else:
        return tuple(names)
    return None


def _percentile(kind: str, told: Any, report: Report) -> int | None:
    if kind != "value_percentile":
        if told is not None:
            report((*_PATH, "percentile"), f"{kind} has no `percentile`", "")
            return None
        return 50
    if isinstance(told, bool) or not isinstance(told, int) or not 0 <= told <= 100:
        report((*_PATH, "percentile") if told is not None else _PATH, "value_percentile needs `percentile`, 0 to 100",
               "write `condition: {field: duration, percentile: 95, gt: 30}`")  # fmt: skip
        return None
    return told


def _expression(kind: str, told: str, rules: tuple[str, ...], report: Report) -> Condition | None:
    if kind not in TEMPORAL:
        report(_PATH, "only temporal types join rules in a condition", f"write {_NUMBER}")
        return None
    names = rules or tuple(dict.fromkeys(word for word in told.replace("(", " ").replace(")", " ").split()
                                         if word.lower() not in {"and", "or", "not"}))  # fmt: skip
    try:
        tree, used = parse_expression(told, {name: Named(name, AnyOf(())) for name in names})
    except WrongCondition as wrong:
        report(_PATH, str(wrong).replace("selection", "rule"), "")
        return None
    if unused := [name for name in names if name not in used]:
        report(_PATH, f"the condition does not say {', '.join(unused)}", "use every rule, or remove it")
    elif _holds(tree, set()):
        report(_PATH, "holds already where no rule has matched", "ask for at least one rule")
    elif kind == "temporal_ordered":
        if isinstance(tree, All) and all(isinstance(each, Named) for each in tree.nodes):
            return Condition((("gte", Fraction(len(names))),), names=names)
        report(_PATH, "in an order every rule must match", "join them by `and`, or use `temporal`")
    else:
        return Condition(expression=tree, names=names)
    return None


def _holds(node: Node, matched: Collection[str]) -> bool:
    if isinstance(node, Named):
        return node.name in matched
    if isinstance(node, Not):
        return not _holds(node.node, matched)
    every = isinstance(node, All)
    below = node.nodes if isinstance(node, All | AnyOf) else ()
    return (all if every else any)(_holds(each, matched) for each in below)


def _negates(node: Node) -> bool:
    if isinstance(node, Not):
        return True
    return isinstance(node, All | AnyOf) and any(_negates(each) for each in node.nodes)


def _text(node: Node) -> str:
    if isinstance(node, Named):
        return node.name
    if isinstance(node, Not):
        return f"not {_text(node.node)}"
    joined = f" {'and' if isinstance(node, All) else 'or'} "
    return "(" + joined.join(_text(each) for each in node.nodes) + ")" if isinstance(node, All | AnyOf) else ""
