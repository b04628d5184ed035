"""The fast way to what the plain evaluator says: values to classes, tuples of classes to finished results.

For every kind of event there is a plan: the fields that any of its rules reads (`plans`). An event becomes the tuple of its
values' classes (`fields`), and what a tuple matches is found once. Only then are rules looked at, and only those of which a
guard holds (`index`, `compiled`). The cost of an event follows the fields that are read, not the number of rules.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import orjson

from soc.event import WindowsKind
from soc.literals import Literals
from soc.parse import windows
from soc.parse.frame import is_flat
from soc.sigma.costs import Cost, added
from soc.sigma.index import Index
from soc.sigma.plans import Plan, Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from soc.event import Event, Kind
    from soc.parse.format import Format
    from soc.sigma.compiled import Tables
    from soc.sigma.index import Found
    from soc.sigma.logsources import Routes

PLANS = 4_096
INDEXES = 64
"""Of other log sources than Windows; kinds of events that meet the same rules share one."""


def _if_flat(rules: Found | None, native: dict[str, Any], raw: bytes) -> Found | None:
    return rules if rules and is_flat(native, raw) else None


def _lines_of(ends: Iterable[int], lines: Sequence[bytes]) -> Iterator[int]:
    """The numbers of the lines in which something ends, by its place in all of them joined."""
    starts: list[int] = []
    for end in ends:
        starts = starts or list(accumulate((len(line) + 1 for line in lines), initial=0))
        yield bisect_right(starts, end - 1) - 1


class Matcher:
    """All plans; learns as events come, within bounds."""

    def __init__(
        self, routes: Routes, tables: Tables | None = None, databases: Mapping[str, bytes] | None = None
    ) -> None:
        """`tables` and `databases`: of the same rules in the places of Windows, made before."""
        self._routes = routes
        self.windows = Index(routes.windows.instances, tables, databases)
        self._others: dict[tuple[int, ...], Index] = {}
        """By the identities of their instances, which `Routes` keeps alive."""
        self._plans: dict[str, dict[Any, Plan]] = {}
        """Format -> place of an event -> plan."""
        self._bare = self._plans.setdefault(windows.FLAT.name, {})
        self._shapes: dict[tuple[str, int, tuple[int, ...], tuple[str, ...]], Shape] = {}
        self._costs: dict[str, Cost] = {}
        """Of indexes that are gone."""

        common = self.windows.keywords(
            id_ for _, number in routes.windows.places[""] for id_ in self.windows.conditions[number].keywords
        )
        known = common if common is not None and common.is_sure else None
        self._searched = known.ids if known else frozenset[int]()
        """Keywords that every Windows event is searched for, as far as they show in raw bytes."""
        self._common = Literals(known.in_json if known else (), caseless=True, once=False)

    def match(self, event: Event) -> Found:
        """The rules that match, in the order of their ids."""
        format_ = event.format
        place = (format_.place or format_.kind)(event.native)
        try:
            plan = self._plans[format_.name][place]
        except KeyError:
            plan = self._plan(format_, place, format_.kind(event.native))
        return plan.match(event)

    def of_lines(self, block: bytes, lines: Sequence[bytes]) -> list[tuple[int, Found | None]]:
        """The lines of a block in which rules match, by number; None where only `match` tells what they are.

        A shortcut for much input of which little matches. It makes no `Event`, and knows flat Windows events only;
        everything else is for `match`.
        """
        found: dict[int, Found | None] = dict.fromkeys(_lines_of(self._common.everywhere(block), lines))
        memory = self.windows.memory
        memory.gather()
        try:
            waiting = self._first_look(lines, found)
        finally:
            memory.learn(len(lines))
        for number, native, plan in waiting:
            rules = plan.of_document(native, lines[number])
            if rules != ():
                found[number] = _if_flat(rules, native, lines[number])
        return sorted(found.items())

    def _first_look(
        self, lines: Sequence[bytes], found: dict[int, Found | None]
    ) -> list[tuple[int, dict[str, Any], Plan]]:
        """The lines that hold texts never seen before wait until all such texts are looked at together."""
        waiting: list[tuple[int, dict[str, Any], Plan]] = []
        memory, plans, loads, is_bare = self.windows.memory, self._bare, orjson.loads, windows.is_bare
        for number, raw in enumerate(lines):
            try:
                native = loads(raw)
            except orjson.JSONDecodeError:
                found[number] = None
                continue
            rules: Found | None = None
            if type(native) is dict and number not in found:
                channel, event_id = native.get("Channel"), native.get("EventID")
                if type(event_id) is int and type(channel) is str and raw[:1] == b"{" and is_bare(native):
                    plan = plans.get((channel, event_id))
                    if plan is None:
                        place = channel, event_id
                        plan = self._plan(windows.FLAT, place, windows.kind_of(channel, event_id))
                    rules = plan.of_document(native, raw)
                    if memory.waits:
                        memory.waits = False
                        waiting.append((number, native, plan))
                        continue
                    if rules == ():
                        continue
                    rules = _if_flat(rules, native, raw)
            found[number] = rules
        return waiting

    def costs(self) -> dict[str, Cost]:
        """Rule id -> what the rule cost since this was asked last."""
        costs, self._costs = self._costs, {}
        for index in (self.windows, *self._others.values()):
            for rule_id, cost in index.costs().items():
                added(costs, rule_id, cost)
        return costs

    def prepare(self) -> None:
        """Compile what finds the literals of Windows' fields."""
        for field in self.windows.fields.values():
            field.prepare()

    def databases(self) -> dict[str, bytes]:
        """Field of Windows -> what finds its literals, compiled."""
        dumped = {name: field.literals.dumped() for name, field in self.windows.fields.items()}
        return {name: data for name, data in dumped.items() if data}

    def _plan(self, format_: Format, place: Any, kind: Kind) -> Plan:
        if sum(map(len, self._plans.values())) >= PLANS:
            self._forget()
        index, numbers = self._index(kind)
        constant = dict(zip(format_.fixed, place, strict=True)) if len(place) == len(format_.fixed) else {}
        held = index.held(constant)
        numbers = index.possible(numbers, constant, held)
        told = (format_.name, id(index), numbers, tuple(constant))
        shape = self._shapes.get(told)
        if shape is None:
            shape = self._shapes[told] = shape_of(index, format_, numbers, constant.keys())
        plan = Plan(shape, held, self._searched)
        self._plans.setdefault(format_.name, {})[place] = plan
        return plan

    def _index(self, kind: Kind) -> tuple[Index, tuple[int, ...]]:
        """What knows the rules that such events meet, and their numbers there."""
        if isinstance(kind, WindowsKind):
            return self.windows, self._routes.windows.numbers(kind)
        instances = self._routes.of(kind)
        mine = tuple(map(id, instances))
        index = self._others.get(mine)
        if index is None:
            if len(self._others) >= INDEXES:
                self._costs = self.costs()
                self._others.clear()
                self._forget()
            index = self._others[mine] = Index(instances)
        return index, tuple(range(len(instances)))

    def _forget(self) -> None:
        for plans in self._plans.values():
            plans.clear()
        self._shapes.clear()
        for index in (self.windows, *self._others.values()):
            index.forget_plans()
