"""The conditions of some rules over the predicates of their fields, and what events of all kinds that meet them share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from soc.sigma.compiled import decide_of, holds, ids_in, required, tables_of
from soc.sigma.costs import Cost, added
from soc.sigma.fields import Classes, Field, Memory
from soc.sigma.keywords import Keywords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from soc.sigma.compiled import Decide, Tables
    from soc.sigma.logsources import Instance
    from soc.sigma.rule import Rule

    Key = tuple[int, ...]
    Found = tuple[Rule, ...]

WEIGHT = 1_000_000
"""Predicate ids in all classes of an index together; beyond, everything learnt is forgotten at once."""
_FEW_TIMES = 8
REMEMBERED = 2_000_000
"""Classes in the tuples that all plans of an index remember together."""


class Index:
    """The conditions of some rules over the predicates of their fields, shared by the plans of all kinds that meet them."""

    def __init__(
        self,
        instances: Sequence[Instance],
        tables: Tables | None = None,
        databases: Mapping[str, bytes] | None = None,
    ) -> None:
        self.tables = tables = tables or tables_of(instances)
        known = databases or {}
        self.instances = instances
        self.conditions = tables.conditions
        self.classes = Classes()
        self.memory = Memory()
        self.fields = {
            name: Field(name, table, self.classes, self.memory, known.get(name, b""))
            for name, table in tables.fields.items()
        }
        self._keywords = tables.keywords
        self._keywords_of: dict[tuple[int, ...], Keywords] = {}
        self._required_of: dict[str, Mapping[int, frozenset[int]]] = {}
        self._decides: list[Decide | None] = [None] * len(instances)
        self._tried = [0] * len(instances)
        self._told = [0] * len(instances)
        """What `_tried` was when the costs were asked for last; since then some of these were tried."""
        self._lately: set[int] = set()
        self._results: list[dict[Key, Found]] = []
        """What plans remember."""
        self._remembered = 0
        self._guarded: dict[int, list[int]] = {}
        """Predicate -> instances that it guards."""
        for number, condition in enumerate(tables.conditions):
            for id_ in condition.guard or ():
                self._guarded.setdefault(id_, []).append(number)
        self._guards = frozenset(self._guarded)

    def keywords(self, ids: Iterable[int]) -> Keywords | None:
        """What looks for these keywords; kinds of events have few different sets of them."""
        asked = tuple(sorted(set(ids)))
        found = self._keywords_of.get(asked)
        if found is None and asked:
            found = self._keywords_of[asked] = Keywords({id_: self._keywords[id_] for id_ in asked}, self.classes)
        return found

    def decided(self, members: frozenset[int], unguarded: Sequence[int], held: frozenset[int]) -> Found:
        """The rules among the members that match where these predicates hold, in the order of their ids."""
        guarded = self._guarded
        tried = set(unguarded)
        for id_ in held & self._guards:
            tried.update(guarded[id_])
        found: dict[str, Rule] = {}
        self._lately |= tried
        for number in tried & members:
            decide = self._decides[number]
            self._tried[number] += 1
            if decide(held) if decide is not None else self._decided_first(number, held):
                rule = self.instances[number].rule
                found[rule.info.id] = rule
        return tuple(found[id_] for id_ in sorted(found)) if found else ()

    def _decided_first(self, number: int, held: frozenset[int]) -> bool:
        """Most rules are tried a few times only, and end at their first part: a function of their own pays later."""
        if self._tried[number] > _FEW_TIMES:
            self._decides[number] = decide_of(self.conditions[number].spec)
        return holds(self.conditions[number].spec, held)

    def held(self, constant: Mapping[str, Any]) -> frozenset[int]:
        """The ids that hold for values that are the same in all events of a kind."""
        known = [(self.fields[name], value) for name, value in constant.items() if name in self.fields]
        return frozenset[int]().union(*(field.held(value) for field, value in known))

    def possible(self, numbers: Sequence[int], constant: Iterable[str], held: frozenset[int]) -> tuple[int, ...]:
        """Those of the instances that can match where these fields are constant, and these ids hold for them."""
        for name in constant:
            needed = self._required(name)
            numbers = [number for number in numbers if number not in needed or not needed[number].isdisjoint(held)]
        return tuple(numbers)

    def _required(self, name: str) -> Mapping[int, frozenset[int]]:
        """Instance -> ids of a field of which one must hold."""
        found = self._required_of.get(name)
        if found is None:
            ids = self.fields[name].table.ids() if name in self.fields else frozenset()
            asking = (number for number, condition in enumerate(self.conditions) if name in condition.fields)
            told = {number: required(self.conditions[number].spec, ids) for number in asking}
            found = self._required_of[name] = {number: needed for number, needed in told.items() if needed}
        return found

    def costs(self) -> dict[str, Cost]:
        """Rule id -> what the rule cost since this was asked last; not of rules that cost nothing."""
        costs: dict[str, Cost] = {}
        for number in self._lately:
            if times := self._tried[number] - self._told[number]:
                self._told[number] += times
                added(costs, self.instances[number].rule.info.id, Cost(times, 0))
        self._lately.clear()
        looked = [field.looked() for field in self.fields.values()]
        looked += [keywords.looked() for keywords in self._keywords_of.values()]
        for sizes in looked:
            for id_, size in sizes.items():
                for rule_id in self._asking[id_]:
                    added(costs, rule_id, Cost(0, size))
        return costs

    @cached_property
    def _asking(self) -> Mapping[int, frozenset[str]]:
        """Predicates that look at values themselves -> rules that ask for them."""
        looking = {id_ for field in self.fields.values() for id_ in field.table.looking().values()}
        looking.update(self._keywords)
        asking: dict[int, set[str]] = {}
        for instance, condition in zip(self.instances, self.conditions, strict=True):
            for id_ in looking & ids_in(condition.spec):
                asking.setdefault(id_, set()).add(instance.rule.info.id)
        return {id_: frozenset(rules) for id_, rules in asking.items()}

    def results(self) -> dict[Key, Found]:
        """A memory for one plan."""
        self._results.append({})
        return self._results[-1]

    def learnt(self, key: Key) -> None:
        """Keep what is remembered within bounds."""
        self._remembered += len(key)
        if self._remembered > REMEMBERED or self.classes.weight > WEIGHT:
            self._remembered = 0
            for results in self._results:
                results.clear()
            self.classes.forget()
            self.memory.forget()

    def forget_plans(self) -> None:
        self._results.clear()
        self._remembered = 0
