"""The clauses that need technical detection (`clauses.json`: numbers, and titles in our own words), and what covers them."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from soc import health

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from soc.anomaly import Detectors
    from soc.finding import RuleInfo
    from soc.pipeline import Content

LAYERS = ("network", "host", "application", "data", "platform")
_LETTER = re.compile(r"\.([a-z])$")


class Clause(msgspec.Struct, frozen=True):
    clause: str
    vi: str
    en: str


class Standard(msgspec.Struct, frozen=True):
    tag: str
    """What tags of its clauses begin with."""
    name: str
    clauses: tuple[Clause, ...]


class Detection(NamedTuple):
    """One rule, detector or health check."""

    id: str
    kind: str
    layer: str
    state: str
    """live, or why it finds nothing that people see: shadow, off, learning (no model), blind (no such logs)."""
    controls: tuple[str, ...]
    techniques: tuple[str, ...]


def standards() -> Sequence[Standard]:
    text = files(__package__ or "").joinpath("clauses.json").read_bytes()
    return msgspec.json.decode(text, type=list[Standard])


def detections(content: Content) -> list[Detection]:
    """Everything that can raise an alert, in the order of layers and ids; what is counted only raises none."""
    blind = {rule.info.id for rule in content.rules.blind()}
    correlations = content.rules.correlations
    alerting = [rule.info for rule in content.rules.rules if rule.info.id not in correlations.quiet]
    found = [_detection(info, "blind" if info.id in blind else "") for info in alerting]
    found += [_detection(each.info) for each in correlations.all if each.info.id not in correlations.quiet]
    found += [_detection(info, "" if trained else "learning") for info, trained in _detectors(content.detectors)]
    found += [_detection(check) for check in health.CHECKS.values()]
    return sorted(found, key=lambda one: (LAYERS.index(one.layer), one.id))


def _detectors(detectors: Detectors) -> Iterable[tuple[RuleInfo, bool]]:
    return ((detector.info(), detector.name in detectors.models) for detector in detectors.all)


def _detection(info: RuleInfo, why_silent: str = "") -> Detection:
    state = why_silent if info.state == "live" and why_silent else info.state
    return Detection(info.id, info.kind, info.layer, state, info.controls, info.techniques)


def covers(control: str, tag: str, clause: str) -> bool:
    """Whether a tag like `tcvn14423.5.12.2.4d` is of a clause or of a part of it; one of the whole is none of a part."""
    prefix, _, number = control.partition(".")
    told = _LETTER.sub(r"\1", number)
    rest = told.removeprefix(clause)
    return prefix == tag and told.startswith(clause) and (not rest or not rest[0].isdigit())


def others(tag: str, known: Iterable[Clause], detected: Iterable[Detection]) -> list[str]:
    """Clauses that tags name and the list does not."""
    listed = [clause.clause for clause in known]
    named = {control for one in detected for control in one.controls if control.startswith(f"{tag}.")}
    return sorted(control.partition(".")[2] for control in named if not any(covers(control, tag, c) for c in listed))
