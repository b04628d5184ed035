"""`states.yml` of a site: rules of anybody, archives too, live, in shadow or off here, with a reason and who answers for it."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from soc.errors import Fault
from soc.sigma.metadata import STATES
from soc.sigma.yaml_files import Malformed, documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from soc.sigma.correlation import Correlation
    from soc.sigma.rule import Rule
    from soc.sigma.yaml_files import Document

    Path = tuple[str, ...]

FILE = "states.yml"
_KEYS = ("state", "reason", "owner")
_EXAMPLE = "write `<rule id>: {state: shadow, reason: why, owner: who}`"
T = TypeVar("T", "Rule", "Correlation")


class Stated(NamedTuple):
    """What a site says of one rule."""

    state: str
    reason: str
    owner: str
    file: str
    line: int


def read(text: str, file: str, faults: list[Fault], *, allowed: tuple[str, ...] = STATES) -> dict[str, Stated]:
    """Rule id -> what is said of it; what is wrong is added to `faults` and leaves out itself only."""
    found: dict[str, Stated] = {}
    try:
        told = list(documents(text))
    except Malformed as wrong:
        faults.append(Fault(file, wrong.line, wrong.what, wrong.fix))
        return found
    for document in told:
        for rule_id, value in document.value.items():
            stated = _stated(rule_id, value, (file, document, allowed), faults)
            if stated:
                found[rule_id] = stated
    return found


def _stated(
    rule_id: str, value: Any, place: tuple[str, Document, tuple[str, ...]], faults: list[Fault]
) -> Stated | None:
    file, document, allowed = place
    line, before = document.line_of((rule_id,)), len(faults)

    def report(path: Path, what: str, fix: str) -> None:
        faults.append(Fault(file, document.line_of((rule_id, *path)), what, fix))

    if not isinstance(value, dict):
        report((), "the state of a rule is a mapping", _EXAMPLE)
        return None
    for key in value:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, 1, 0.6)
            report((key,), f"unknown key {key!r}", f"did you mean {near[0]!r}?" if near else _EXAMPLE)
    state: Any = "off" if value.get("state") is False else value.get("state")  # in YAML 1.1 the word off is a false
    if state not in allowed:
        near = get_close_matches(str(state), allowed, 1, 0.6)
        report(
            ("state",),
            f"{state!r} is no state",
            f"did you mean {near[0]!r}?" if near else f"one of {', '.join(allowed)}",
        )
    for key in ("reason", "owner"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            report((key,), f"a state needs `{key}`", _EXAMPLE)
    return Stated(state, value["reason"], value["owner"], file, line) if len(faults) == before else None


def overlaid(rules: Mapping[str, T], states: Mapping[str, Stated]) -> dict[str, T]:
    """The same rules or correlations, by id, in the states that the site says."""
    return {
        id_: replace(rule, info=rule.info._replace(state=states[id_].state)) if id_ in states else rule
        for id_, rule in rules.items()
    }


def unknown(states: Mapping[str, Stated], ids: Iterable[str]) -> list[Fault]:
    """Warnings about rules that are not there, so that nobody thinks they had switched off what still runs."""
    known = set(ids)
    return [
        Fault(stated.file, stated.line, f"no rule has the id {rule_id}", _meant(rule_id, known), "warning")
        for rule_id, stated in states.items()
        if rule_id not in known
    ]


def _meant(rule_id: str, known: set[str]) -> str:
    near = get_close_matches(rule_id, known, 1, 0.8)
    return f"did you mean {near[0]}?" if near else "take it out if the rule is gone"
