"""Conditions that are never or always true, and selections that no condition uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma.linting.conflicts import always, conflict
from soc.sigma.linting.normal import Literal, joined, normal, selections
from soc.sigma.linting.told import Told
from soc.sigma.predicates import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soc.sigma.linting.conflicts import Conflict
    from soc.sigma.linting.normal import Form
    from soc.sigma.logsources import Logsources
    from soc.sigma.rule import Rule

_CONDITION = ("detection", "condition")
_NOT_SELECTIONS = frozenset({"condition", "timeframe"})
_SHOWN = 100


def unused(document: dict[str, Any], rule: Rule) -> Iterator[Told]:
    """Selections that the condition leaves out."""
    detection = document.get("detection")
    used = set(selections(rule.unfiltered))
    for name in detection if isinstance(detection, dict) else ():
        if name not in used and name not in _NOT_SELECTIONS:
            what = f"the selection {name!r} is not used by the condition"
            yield Told("unused-selection", ("detection", name), what, "use it in the condition, or remove it")


def truths(rule: Rule, form: Form, logsources: Logsources) -> Iterator[Told]:
    """A condition that no event can meet, or that every event of the log source does."""
    found = _everywhere(rule, form, logsources)
    if found:
        told = f"{_shown(found.one)} and {_shown(found.other)} exclude each other"
        if found.listed:
            what = f"the condition can be true only for an event with a list in {found.one.field!r}: {told}"
        else:
            what = f"the condition can never be true: {told}"
        yield Told("never-true", _CONDITION, what, "join them with `or`, or mend one of them")
    elif always(normal(rule.node, positive=False)):
        what = f"the condition is always true: every event of {rule.logsource} matches"
        yield Told("always-true", _CONDITION, what, "mend the condition")


def _everywhere(rule: Rule, form: Form, logsources: Logsources) -> Conflict | None:
    """The conflict of the first place, if there is one in each place where the log source is found."""
    first: Conflict | None = None
    for place, single in _placed(rule, form, logsources):
        found = conflict(place, single)
        if found is None:
            return None
        first = first or found
    return first


def _placed(rule: Rule, form: Form, logsources: Logsources) -> list[tuple[Form, tuple[str, ...]]]:
    """The rule with what each place of its log source says; fields of which there is one value there."""
    if rule.logsource.product not in {"", "windows"} or not rule.logsource.category:
        return [(form, ())]
    places: dict[tuple[Any, ...], tuple[Form, tuple[str, ...]]] = {}
    for _, event_ids, instance in logsources.places(rule):
        ids = tuple(sorted(event_ids))
        said = [joined([Literal("EventID", Number(each), key="EventID") for each in ids], every=False)] if ids else []
        whole = joined([*said, form if instance.node is rule.node else normal(instance.node)], every=True)
        places.setdefault((ids, instance.node), (whole, ("EventID",) if ids else ()))
    others = [] if rule.logsource.product else [(form, ())]  # where other formats have such events
    return [*others, *places.values()] or [(form, ())]


def _shown(literal: Literal) -> str:
    """In the words of the rule."""
    text = str(literal)
    where = f"`{literal.selection}`" if literal.selection else "the log source"
    return f"{where} with {text[:_SHOWN] + '...' if len(text) > _SHOWN else text}"
