"""The fast matcher beside the plain evaluator on one drawn case, and the smallest case that still differs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from soc import instant, literals as scanning, parse
from soc.errors import Fault
from soc.event import Logsource
from soc.record import LogSource, Record
from soc.sigma import fields as remembering, index as indexing, matcher as matching
from soc.sigma.detection import compiled
from soc.sigma.filters import Filter, applied
from soc.sigma.logsources import Logsources, Mapped
from soc.sigma.metadata import info_of, logsource_of
from soc.sigma.modifiers import Site
from soc.sigma.nodes import Item
from soc.sigma.predicates import Text
from soc.sigma.rule import Rule
from soc.sigma.ruleset import RuleSet
from tests.sigma.spelling import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from soc.event import Event
    from tests.sigma.grammar import Case

SITE = Site({"list": ["ab", "c*", "cd"]}, instant.zone("Asia/Ho_Chi_Minh"))
LOGSOURCES = Logsources(
    {"security": frozenset({"security"}), "other": frozenset({"other/one", "other/two"})},
    (
        Mapped(Logsource("windows", "start"), "security", frozenset({4688}), (), {"A": "B"}),
        Mapped(Logsource("windows", "start"), "other", frozenset({1, 2}), (Item("E f", "E f", (Text(("on",)),)),), {}),
        Mapped(Logsource("windows", "plain"), "other", frozenset(), (), {"B": "process.executable"}),
        Mapped(Logsource("linux", "", "sshd"), "", frozenset(), (), {"A": "user.name", "B": "source.ip"}),
    ),
)
ENGINES = {"with Hyperscan": scanning._hyperscan, "without": None}
_TIGHT = {
    scanning: {"_FEW": 0, "_MANY": 1},
    remembering: {"MEMORY": 600},
    indexing: {"WEIGHT": 8, "REMEMBERED": 24, "_FEW_TIMES": 0},
    matching: {"PLANS": 3, "INDEXES": 1},
}
"""Limits so low that everything is forgotten again and again, and any two literals are a database."""


class Difference(NamedTuple):
    how: str
    rules: list[str]
    """Ids that only one of both names."""
    raw: bytes


def difference(case: Case) -> Difference | None:
    """The first event on which an engine says something else than the plain evaluator."""
    rules = rules_of(case)
    events = [event for told in case["events"] if (event := event_of(told))]
    oracle = RuleSet(rules, (), LOGSOURCES)
    plain = [ids(oracle.match_plainly(event)) for event in events]
    for name, library in ENGINES.items():
        with engine(library, tight=bool(case["tight"])):
            if found := _first(name, RuleSet(rules, (), LOGSOURCES), events, plain):
                return found
    return None


def _first(name: str, rules: RuleSet, events: list[Event], plain: list[list[str]]) -> Difference | None:
    """Half of the events first, so that the shortcut meets kinds that are known and values that are new."""
    told = list(zip(events, plain, strict=True))
    block = b"\n".join(event.record.raw for event in events)
    half = told[: len(told) // 2]
    for step, asked in enumerate((half, told, told[::-1])):
        if step:
            short = dict(rules.of_lines(block, block.split(b"\n")))
            for number, (event, expected) in enumerate(told):
                found = short.get(number, ())
                if found is not None and ids(found) != expected:
                    return Difference(f"by the shortcut, {name}", sorted({*ids(found)} ^ {*expected}), event.record.raw)
        for event, expected in asked:
            if (matching := ids(rules.match(event))) != expected:
                return Difference(f"match, {name}", sorted({*matching} ^ {*expected}) or matching, event.record.raw)
    return None


def ids(rules: Iterable[Rule]) -> list[str]:
    return [rule.info.id for rule in rules]


@contextmanager
def engine(library: Any, *, tight: bool = False) -> Iterator[None]:
    """One of both ways of finding literals; with as little memory as there can be."""
    known = [(scanning, "_hyperscan", library)]
    known += [(module, name, value) for module, limits in _TIGHT.items() for name, value in limits.items() if tight]
    before = [(module, name, getattr(module, name)) for module, name, _ in known]
    try:
        for module, name, value in known:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def rules_of(case: Case) -> list[Rule]:
    """Those that are understood, with the filters."""
    rules = [rule for each in case["rules"] if (rule := rule_of(each["id"], each["detection"], each["logsource"]))]
    return list(applied(rules, [found for each in case["filters"] if (found := _filter(each))]))


def rule_of(id_: str, detection: Any, logsource: Any) -> Rule | None:
    faults: list[Fault] = []

    def report(_path: Any, what: str, _fix: str) -> None:
        faults.append(Fault("test", 1, what))

    node = compiled(detection, SITE, report)
    info = info_of({"id": id_, "title": "t"}, (where := logsource_of(logsource, report)), "1", report)
    return Rule(info, where, node, "test", 1) if node is not None and not faults else None


def _filter(told: dict[str, Any]) -> Filter | None:
    rule = rule_of("filter", told["detection"], told["logsource"])
    return rule and Filter("f", rule.logsource, tuple(told["rules"]), rule.node, "1", "test", 1)


def event_of(told: dict[str, Any]) -> Event | None:
    """None for what is no event, as it happens live."""
    raw = line(told["shape"], told["fields"], told["spelling"])
    try:
        return parse.parse(Record(raw, "file:test", 0, 0, LogSource("logs.host")))
    except parse.Unparsable:
        return None


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """What is left of a case when nothing more can be taken away without its passing."""
    while True:
        for smaller in _smaller(case):
            if _is_whole(smaller) and fails(smaller):
                case = smaller
                break
        else:
            return case


def _is_whole(case: Case) -> bool:
    parts = (
        (case, 4),
        *((rule, 3) for rule in case.get("rules", ())),
        *((event, 3) for event in case.get("events", ())),
    )
    return all(len(part) == size for part, size in parts)


def _smaller(value: Any) -> Iterator[Any]:
    """The same with one thing less, the larger things first."""
    if isinstance(value, dict):
        for key in value:
            yield {name: each for name, each in value.items() if name != key}
        for key, each in value.items():
            yield from ({**value, key: less} for less in _smaller(each))
    elif isinstance(value, list):
        yield from (value[:place] + value[place + 1 :] for place in range(len(value)))
        yield from (
            [*value[:place], less, *value[place + 1 :]] for place, each in enumerate(value) for less in _smaller(each)
        )
    elif isinstance(value, str):
        yield from _shorter(value)
    elif isinstance(value, int) and value:
        yield 0


def _shorter(text: str) -> Iterator[str]:
    if " and " in text or " or " in text or text.startswith("not "):
        yield from text.replace("(", "").replace(")", "").removeprefix("not ").replace(" or ", " and ").split(" and ")
    half = len(text) // 2
    yield from (text[:half], text[half:]) if half > 1 else ()
    yield from (text[:place] + text[place + 1 :] for place in range(min(len(text), 12)))
