"""Sigma filters: what a site never wants to hear of from certain rules, kept beside the rules instead of inside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from soc.errors import Fault
from soc.finding import digest
from soc.sigma.detection import compiled
from soc.sigma.metadata import logsource_of
from soc.sigma.nodes import Named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from soc.event import Logsource
    from soc.sigma.condition import Node
    from soc.sigma.modifiers import Site
    from soc.sigma.rule import Rule
    from soc.sigma.yaml_files import Document, Path

    Report = Callable[[Path, str, str], None]

ANY = "any"
_KEYS = frozenset({
    "title", "id", "name", "status", "description", "author", "license", "date", "modified", "references", "taxonomy",
    "logsource", "filter", "tags", "level",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Its condition must hold too wherever a rule that it is for matches (Sigma specification 2.1, "Filters")."""

    title: str
    logsource: Logsource
    rules: tuple[str, ...]
    """Ids or names; empty for all rules of the log source."""
    node: Node
    version: str
    file: str
    line: int

    @property
    def named(self) -> Named:
        return Named(f"filter: {self.title}", self.node)

    def is_for(self, rule: Rule) -> bool:
        return self._fits(rule.logsource) and (not self.rules or rule.info.id in self.rules or rule.name in self.rules)

    def _fits(self, asked: Logsource) -> bool:
        """Whether a rule's log source is the filter's or inside it."""
        return all(not mine or mine == theirs for mine, theirs in zip(self.logsource, asked, strict=True))


def read(value: dict[str, Any], file: str, document: Document, site: Site, report: Report) -> Filter | None:
    """A filter from its document; None, or one that must not be used, once something was reported."""
    for key in value:
        if key not in _KEYS and not key.startswith("x-"):
            report((key,), f"unknown attribute {key!r}", "remove it, or begin its name with `x-`")
    if not isinstance(value.get("title"), str):
        report(("title",), "a filter needs `title`", "")
    detection = value["filter"]
    if not isinstance(detection, dict):
        report(("filter",), "a filter has `rules`, selections and a condition", "write `condition: not selection`")
        return None
    rules = _rules(detection.get("rules", ANY), report)
    selections = {name: selection for name, selection in detection.items() if name != "rules"}
    node = compiled(selections, site, report, ("filter",))
    logsource = logsource_of(value.get("logsource"), report)
    if node is None:
        return None
    title = str(value.get("title", ""))
    return Filter(title, logsource, rules, node, digest(repr(value))[:16], file, document.line)


def _rules(told: Any, report: Report) -> tuple[str, ...]:
    if told == ANY:
        return ()
    names = told if isinstance(told, list) else [told]
    if not names or not all(isinstance(name, str) for name in names):
        report(("filter", "rules"), "`rules` is a list of ids or names, or `any`", "")
    return tuple(str(name) for name in names)


def applied(rules: Iterable[Rule], filters: Iterable[Filter]) -> Iterator[Rule]:
    """The rules with the filters that are for them; a rule's version follows what it does."""
    known = list(filters)
    for rule in rules:
        mine = [each for each in known if each.is_for(rule)]
        if not mine:
            yield rule
            continue
        version = digest(rule.info.version, *(each.version for each in mine))[:16]
        yield replace(rule, filters=tuple(each.named for each in mine), info=rule.info._replace(version=version))


def idle(filters: Iterable[Filter], rules: Iterable[Rule]) -> Iterator[Fault]:
    """Filters that name rules which are not there: a misspelt id filters nothing, in silence."""
    known = list(rules)
    for each in filters:
        for name in each.rules:
            if not any(name in {rule.info.id, rule.name} for rule in known):
                what = f"the filter names a rule that is not there: {name}"
                yield Fault(each.file, each.line, what, "mend the id or name", "warning")
            elif not any(name in {rule.info.id, rule.name} and each.is_for(rule) for rule in known):
                what = f"the filter's log source is another one than that of the rule {name}"
                yield Fault(each.file, each.line, what, f"mend the filter's logsource ({each.logsource})", "warning")
