"""Rules that cost much on every event: nothing that they rest on narrows the events down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma.linting.guards import guard, worth
from soc.sigma.linting.normal import literals
from soc.sigma.linting.told import Told
from soc.sigma.predicates import Regex, Text
from soc.sigma.strings import MANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from soc.sigma.linting.normal import Form, Literal
    from soc.sigma.yaml_files import Path

_SHORT = 3
_SHORT_WORD = 4
_SHOWN = 80
_MOST_BRANCHES = 300
_MOST_PATTERNS = 2_000


def heavy(form: Form, document: Mapping[str, Any]) -> Iterator[Told]:
    """What makes a rule heavy, with its weight: how short the text is that it rests on, how many alternatives there are."""
    resting = guard(form)
    worst = min(resting, key=worth, default=None)
    told = _resting(worst) if worst is not None else None
    if worst is not None and told:
        yield Told("heavy", _place(worst, document), *told)
    for literal in dict.fromkeys(literals(form)):
        branches = literal.predicate.pattern.count("|") + 1 if isinstance(literal.predicate, Regex) else 0
        if branches > _MOST_BRANCHES:
            what = f"a regular expression with {branches} alternatives"
            yield Told("heavy", _place(literal, document), what, "write a list of texts: those are looked up together")
    searched = sum(1 for each in literals(form) if isinstance(each.predicate, Text) and len(each.predicate.parts) > 1)
    if searched > _MOST_PATTERNS:
        what = f"{searched} texts are searched for"
        yield Told("heavy", ("detection",), what, "ask for whole values where that is possible")


def _resting(literal: Literal) -> tuple[str, str] | None:
    """What is wrong with a literal that a rule rests on; None where it is telling enough."""
    predicate, length = literal.predicate, worth(literal)
    if isinstance(predicate, Regex):
        if length >= _SHORT:
            return None
        what = f"the rule rests on a regular expression without a fixed text of {_SHORT} characters: {_cut(str(predicate))}"
        return what, "add a selection with a text that must be there"
    if not isinstance(predicate, Text):
        return None
    if not literal.field and length < _SHORT_WORD:
        return (
            f"the rule rests on the keyword {_word(predicate)!r}, which is in most logs",
            "name the field that has it",
        )
    if length >= _SHORT:
        return None
    if not length:
        what = f"the rule rests on {literal.key}: {predicate}, which any value is"
        return what, "add a selection that narrows it down; `exists` asks whether there is a field at all"
    what = f"the rule rests on a text of {length} character{'s' if length > 1 else ''}: {_cut(str(literal))}"
    return what, "add a selection with a longer text that must be there"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _word(text: Text) -> str:
    return "".join(str(part) for part in text.parts if part is not MANY)


def _place(literal: Literal, document: Mapping[str, Any]) -> Path:
    """Where the literal stands; the selection if it is one of a list of maps."""
    detection = document.get("detection")
    selection = detection.get(literal.selection) if isinstance(detection, dict) else None
    if isinstance(selection, list):
        for number, each in enumerate(selection):
            if isinstance(each, dict) and literal.key in each:
                return ("detection", literal.selection, number, literal.key)
    return ("detection", literal.selection, literal.key)
