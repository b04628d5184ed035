"""Fields and log sources that no event has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.sigma.linting.told import Told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from soc.event import Logsource
    from soc.sigma.linting.vocabulary import Known, Vocabulary
    from soc.sigma.logsources import Logsources
    from soc.sigma.yaml_files import Path

_NOT_SELECTIONS = frozenset({"condition", "timeframe"})
_SHOWN = 12


def named(document: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """Every field that a detection names, with its place."""
    detection = document.get("detection")
    for name, value in detection.items() if isinstance(detection, dict) else ():
        if name in _NOT_SELECTIONS:
            continue
        for number, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, dict):
                path: Path = ("detection", name) if number is None else ("detection", name, number)
                yield from ((key.partition("|")[0], (*path, key)) for key in each)


def unknown_fields(
    document: dict[str, Any], known: Known, used: Collection[str], vocabulary: Vocabulary
) -> Iterator[Told]:
    """Fields that no event of the log source has, or that are nearly one that it has; not those that many rules use."""
    told: set[str] = set()
    for name, path in named(document):
        if not name or name in told or name in known.names or name in vocabulary.ecs:
            continue
        told.add(name)
        meant = vocabulary.near_field(name, known)
        if known.whole and "." not in name:
            what = f"unknown field {name!r}: no event of this log source has it ({known.source})"
            fields = sorted(known.names - vocabulary.system)
            shown = ", ".join(fields[:_SHOWN]) + (", ..." if len(fields) > _SHOWN else "")
            yield Told("unknown-field", path, what, f"did you mean {meant!r}?" if meant else f"it has {shown}")
        elif meant and name not in used:
            yield Told("unknown-field", path, f"unknown field {name!r}", f"did you mean {meant!r}?")


def blind(asked: Logsource, vocabulary: Vocabulary, logsources: Logsources) -> Iterator[Told]:
    """Whether a log source is one that no event can be of."""
    if vocabulary.has_source(asked, logsources):
        return
    fix = vocabulary.near_source(asked, logsources) or "a file in rules/fields/ can say where such events are found"
    yield Told("blind", ("logsource",), f"the rule is blind: no known event is of the log source {asked}", fix)
