"""The tests that rules and correlations carry, run through the parser, the matcher and the windows that run live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from soc import instant, parse, pipeline
from soc.anomaly import Detectors, Strides
from soc.correlate import Correlator
from soc.enrich import Inventory
from soc.errors import Fault
from soc.event import shown
from soc.hit import END, Tick
from soc.record import LogSource, Record
from soc.sources.recognised import dated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soc.correlate import Fired
    from soc.hit import Hit, Match
    from soc.sigma import Example, Rule, RuleSet
    from soc.sigma.correlation import Correlation
    from soc.sigma.scenarios import Scenario

_ARRIVED = 1_767_225_600 * instant.SECOND
"""2026-01-01: what lacks a year is taken as near to it."""
_FILE = "file:test"


def failed_examples(rules: RuleSet, timezone: str) -> Iterator[Fault]:
    """A fault for each test that fails, with the clause that decided against it."""
    for rule in rules.rules:
        for example in rule.examples:
            if told := _wrong(rules.alone(rule), rule, example, timezone):
                yield Fault(rule.file, example.line, *told)


def failed_scenarios(rules: RuleSet, timezone: str) -> Iterator[Fault]:
    """The same of correlations: a test is a whole file, at whose end all is judged."""
    for correlation in rules.correlations.all:
        for scenario in correlation.examples:
            if told := _unlike(rules, correlation, scenario, timezone):
                yield Fault(correlation.file, scenario.line, *told)


def _unlike(rules: RuleSet, correlation: Correlation, scenario: Scenario, timezone: str) -> tuple[str, str] | None:
    source = LogSource("logs.host", timezone=timezone, whole=True)
    records = [
        dated(Record(_raw(event), _FILE, number, _ARRIVED, source)) for number, event in enumerate(scenario.events)
    ]
    done = pipeline.detect(records, pipeline.Content(rules, Detectors(), Inventory(), ""), Strides([]))
    if done.dead_letters:
        return f"the test's event cannot be parsed: {done.dead_letters[0].detail}", "write it as the device does"
    counted = [hit for hit in done.hits if hit.correlation == correlation.key]
    fired = [each for each in _fired(rules, done.hits) if each.info.id == correlation.info.id]
    if bool(fired) == scenario.matches:
        return None
    if fired:
        return f"tells something, and must not: {fired[0].why[0]['count']} events", "mend the correlation or the test"
    missing = (
        f", of {done.missing[correlation.info.id]} a field is missing" if done.missing[correlation.info.id] else ""
    )
    groups = len({hit.group for hit in counted})
    what = f"tells nothing: it counts {len(counted)} of {len(records)} events, in {groups} groups{missing}"
    return what, "`soc match` shows which rules match them"


def _fired(rules: RuleSet, hits: Sequence[Match]) -> list[Fired]:
    """What all correlations tell, also those that are only counted."""
    correlator = Correlator(replace(rules.correlations, quiet=frozenset()))
    found: list[Fired] = []
    told: list[Hit] = [*hits, Tick({}, {_FILE: END}, 0)]
    for _ in range(1 + max(each.level for each in rules.correlations.all)):
        correlator.take(told)
        after = correlator.advance()
        found += after.fired
        told = [*after.hits, *correlator.ticks(_FILE, 1)]
    return found


def _raw(event: str | dict[str, Any]) -> bytes:
    return event.encode() if isinstance(event, str) else orjson.dumps(event)


def _wrong(rules: RuleSet, rule: Rule, example: Example, timezone: str) -> tuple[str, str] | None:
    try:
        event = parse.parse(Record(_raw(example.event), _FILE, 0, _ARRIVED, LogSource("logs.host", timezone=timezone)))
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
