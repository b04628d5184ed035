"""The rules in force: which of them an event matches, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from soc.finding import digest
from soc.sigma import explain
from soc.sigma.correlations import Correlations
from soc.sigma.logsources import Logsources, Routes
from soc.sigma.matcher import Matcher
from soc.sigma.metadata import QUARANTINED
from soc.sigma.values import EventReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.errors import Fault
    from soc.event import Event, Kind
    from soc.sigma.compiled import Tables
    from soc.sigma.logsources import Instance
    from soc.sigma.rule import Rule


class RuleSet:
    """Immutable once made; what kinds of event there are is learnt on the way."""

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        faults: Sequence[Fault] = (),
        logsources: Logsources | None = None,
        correlations: Correlations | None = None,
        tables: Tables | None = None,
        databases: Mapping[str, bytes] | None = None,
    ) -> None:
        """`tables` and `databases`: what `tables` gave for the same rules."""
        self.rules = tuple(sorted(rules, key=lambda rule: rule.info.id))
        self.faults = tuple(faults)
        self.correlations = correlations or Correlations()
        parts = [part for rule in self.rules for part in (rule.info.id, rule.info.version, rule.info.state)]
        parts += [part for each in self.correlations.all for part in (each.key, each.info.state)]
        self.sha256 = digest(*parts)
        """Of the content, whatever files it stands in."""
        self._by_id = {rule.info.id: rule for rule in self.rules}
        self.logsources = logsources or Logsources()
        self._routes = routes = Routes(
            (rule for rule in self.rules if rule.info.state not in {"off", QUARANTINED}), self.logsources
        )
        self._matcher = Matcher(routes, tables, databases)
        self.match = self._matcher.match
        """The rules that match an event, in the order of their ids."""

        self.costs = self._matcher.costs
        """Rule id -> what the rule cost since this was asked last."""

        self.of_lines = self._matcher.of_lines
        """The lines of a block in which rules match; see `Matcher.of_lines`."""

    def prepare(self) -> None:
        """Do now what else the first events wait for."""
        self._matcher.prepare()

    def tables(self) -> tuple[Tables, dict[str, bytes]]:
        """What the rules for Windows come to, and what finds their literals, compiled."""
        return self._matcher.windows.tables, self._matcher.databases()

    def match_plainly(self, event: Event) -> tuple[Rule, ...]:
        """The same by evaluating every rule: the oracle of `match`."""
        return tuple(instance.rule for instance, _ in self._matching(event))

    def why(self, rule: Rule, event: Event) -> tuple[dict[str, Any], ...]:
        """The clauses that decided; see `explain.why`."""
        found = self._instance(rule, event)
        return explain.why(found.node, EventReader(event, found.names)) if found else ()

    def tree(self, rule: Rule, event: Event) -> dict[str, Any] | None:
        """Every clause with its verdict; None if the rule is not for such events."""
        found = self._instance(rule, event)
        return explain.tree(found.node, EventReader(event, found.names)) if found else None

    def reader(self, rule: Rule, event: Event) -> EventReader:
        """The event under the names that the rule has for its fields, as its correlations read them."""
        found = self._instance(rule, event)
        return EventReader(event, found.names if found else {})

    def meeting(self, kind: Kind) -> list[Rule]:
        """The rules that an event of a kind can meet, in the order of their ids; none twice."""
        return list({instance.rule.info.id: instance.rule for instance in self._routes.of(kind)}.values())

    def named(self, rule_id: str) -> Rule | None:
        return self._by_id.get(rule_id)

    def alone(self, rule: Rule) -> RuleSet:
        """One rule as if it were in force by itself, whatever its state and without filters: for its tests."""
        bare = replace(rule, filters=(), info=rule.info._replace(state="live"))
        return RuleSet([bare], (), self.logsources)

    def blind(self) -> list[Rule]:
        """The rules that no event can reach, because nothing says where their log source is found."""
        return [rule for rule in self.rules if self._routes.is_blind(rule)]

    def _matching(self, event: Event) -> list[tuple[Instance, EventReader]]:
        """Once per rule; readers are shared by the rules that use the same names."""
        readers: dict[int, EventReader] = {}
        found: dict[str, tuple[Instance, EventReader]] = {}
        for instance in self._routes.of(event.format.kind(event.native)):
            reader = _reader(readers, event, instance.names)
            if instance.rule.info.id not in found and instance.node.holds(reader):
                found[instance.rule.info.id] = (instance, reader)
        return list(found.values())

    def _instance(self, rule: Rule, event: Event) -> Instance | None:
        """Where a rule meets such an event; where it matches, if there are several."""
        places = [
            each for each in self._routes.of(event.format.kind(event.native)) if each.rule.info.id == rule.info.id
        ]
        matching = (each for each in places if each.node.holds(EventReader(event, each.names)))
        return next(matching, places[0] if places else None)


def _reader(readers: dict[int, EventReader], event: Event, names: Mapping[str, str]) -> EventReader:
    """Mappings are the same object wherever they say the same, so identity tells them apart within one event."""
    reader = readers.get(id(names) if names else 0)
    if reader is None:
        reader = readers[id(names) if names else 0] = EventReader(event, names)
    return reader
