"""Looks at rules that run and says what their author may not have meant. Pure; every word of it is a warning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from soc.alert import SEVERITIES
from soc.errors import Fault
from soc.sigma.linting import proofs, subsumption
from soc.sigma.linting.attributes import attributes
from soc.sigma.linting.fields import blind, named, unknown_fields
from soc.sigma.linting.normal import normal
from soc.sigma.linting.vocabulary import Vocabulary, common
from soc.sigma.linting.weight import heavy
from soc.sigma.metadata import logsource_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from soc.event import Logsource
    from soc.sigma.linting.normal import Form
    from soc.sigma.linting.told import Told
    from soc.sigma.linting.vocabulary import Known
    from soc.sigma.logsources import Logsources
    from soc.sigma.rule import Rule
    from soc.sigma.yaml_files import Document

__all__ = ["CHECKS", "Linter", "Source", "Vocabulary"]

CHECKS = (
    "unknown-field", "blind", "unfed", "never-true", "always-true", "unused-selection", "implied", "duplicate", "heavy",
    "wrong-tag", "wrong-status", "missing-tests", "missing-title", "missing-level",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a file of rules, and the rule that was made of it; None where it was refused, or is no rule."""

    file: str
    document: Document
    value: dict[str, Any] = field(repr=False)
    """With what `action: global` adds."""
    rule: Rule | None


class Linter:
    """Looks at documents one by one, then at all rules together."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        logsources: Logsources,
        sources: Iterable[Source],
        counted: Collection[str] = frozenset(),
    ) -> None:
        """`counted`: ids of rules that correlations count; those are needed whatever others match."""
        self.sources = list(sources)
        self._counted = counted
        self._vocabulary = vocabulary
        self._logsources = logsources
        self._forms = {id(each.rule): normal(each.rule.node) for each in self.sources if each.rule}
        self._known: dict[Logsource, Known] = {}
        pairs = [
            (each.rule.logsource, name, each.file)
            for each in self.sources
            if each.rule
            for name, _ in named(each.value)
        ]
        self._used: dict[Logsource, set[str]] = {}
        for logsource, name in common(pairs):
            self._used.setdefault(logsource, set()).add(name)

    def alone(self, source: Source) -> Iterator[Fault]:
        """What to look at in one document."""
        for told in self._told(source):
            line = source.document.line_of(told.path)
            yield Fault(source.file, line, told.what, told.fix, "warning", told.check)

    def _told(self, source: Source) -> Iterator[Told]:
        if "detection" in source.value or "correlation" in source.value:
            yield from attributes(source.value)
        if isinstance(source.value.get("logsource"), dict) and "detection" in source.value:
            yield from self._names(source)  # of a refused rule too: the more is told at once, the better
        rule = source.rule
        if rule is None:
            return
        form = self._forms[id(rule)]
        yield from proofs.unused(source.value, rule)
        yield from proofs.truths(rule, form, self._logsources)
        yield from heavy(form, source.value)

    def _names(self, source: Source) -> Iterator[Told]:
        asked = logsource_of(source.value["logsource"], lambda *_: None)
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._vocabulary.of(asked, self._logsources)
        yield from blind(asked, self._vocabulary, self._logsources)
        yield from unknown_fields(source.value, known, self._used.get(asked, ()), self._vocabulary)

    def together(self) -> Iterator[Fault]:
        """Rules that another one in force makes needless: of the same log source, at least as severe, as often in force."""
        by_source: dict[Logsource, list[Rule]] = {}
        for rule in (source.rule for source in self.sources):
            if rule and rule.info.state != "off" and rule.info.id not in self._counted:
                by_source.setdefault(rule.logsource, []).append(rule)
        for rules in by_source.values():
            rules.sort(key=lambda rule: (rule.file, rule.line))
            yield from _needless(rules, [self._forms[id(rule)] for rule in rules])


def _needless(rules: Sequence[Rule], forms: Sequence[Form]) -> Iterator[Fault]:
    wider = dict(subsumption.implied(forms))
    for number, others in wider.items():
        rule = rules[number]
        equal = [other for other in others if number in wider.get(other, ())]
        if before := [other for other in equal if other < number]:
            what = f"matches exactly what {_named(rules[before[0]])} matches"
            yield Fault(rule.file, rule.line, what, "remove one of them, or mend it", "warning", "duplicate")
            continue
        stronger = [other for other in others if other not in equal and _counts(rules[other], rule)]
        if stronger:
            what = f"whatever it matches, {_named(rules[stronger[0]])} matches too, and is as severe"
            more = f" ({len(stronger) - 1} more rules do so too)" if len(stronger) > 1 else ""
            yield Fault(
                rule.file,
                rule.line,
                what + more,
                "remove it, or raise its level above that one's",
                "warning",
                "implied",
            )


def _counts(other: Rule, rule: Rule) -> bool:
    """Whether the other rule tells analysts of the same events at least as loudly."""
    heard = other.info.state in {"live", rule.info.state}
    return heard and SEVERITIES.index(other.info.severity) >= SEVERITIES.index(rule.info.severity)


def _named(rule: Rule) -> str:
    return f"{rule.info.name!r} ({rule.file}:{rule.line})"
