"""The tests that rules carry, run through the parser and the matcher that run live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from soc import instant, parse
from soc.errors import Fault
from soc.event import shown
from soc.record import LogSource, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.sigma import Example, Rule, RuleSet

_ARRIVED = 1_767_225_600 * instant.SECOND
"""2026-01-01: what lacks a year is taken as near to it."""


def failed_examples(rules: RuleSet, timezone: str) -> Iterator[Fault]:
    """A fault for each test that fails, with the clause that decided against it."""
    for rule in rules.rules:
        for example in rule.examples:
            if told := _wrong(rules.alone(rule), rule, example, timezone):
                yield Fault(rule.file, example.line, *told)


def _wrong(rules: RuleSet, rule: Rule, example: Example, timezone: str) -> tuple[str, str] | None:
    raw = example.event.encode() if isinstance(example.event, str) else orjson.dumps(example.event)
    try:
        event = parse.parse(Record(raw, "file:test", 0, _ARRIVED, LogSource("logs.host", timezone=timezone)))
    except parse.Unparsable as refused:
        return f"the test's event cannot be parsed: {refused}", "write it as the device does"
    if bool(rules.match(event)) == example.matches:
        return None
    if not example.matches:
        told = "; ".join(f"{clause['field']} = {clause.get('value', 'absent')}" for clause in rules.why(rule, event))
        return f"matches, and must not: {told}", "mend the rule or the test"
    tree = rules.tree(rule, event)
    if tree is None:
        kind = shown(event.format.kind(event.native))
        return f"is of format {event.format.name} ({kind}), which the logsource does not meet", "mend the logsource"
    return f"does not match: {_failing(tree)}", "`soc explain` shows every clause"


def _failing(tree: dict[str, Any]) -> str:
    """The first clause that fails, with what the event has."""
    for below in tree.get("below", ()):
        if not below["holds"]:
            return _failing(below)
    if "values" in tree:
        values = tree["values"]
        return f"{tree['clause']}, the event has {'nothing' if values is None else ', '.join(map(repr, values))}"
    return str(tree["clause"])
