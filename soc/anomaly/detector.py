"""Detectors as admins write them: `detectors/*.yml`, one file per detector.

A detector scores units: windows of an entity (`unit: window`, the default) or single events (`unit: event`). Which
features it may name is up to its unit: soc.anomaly.features and soc.anomaly.event_features list them.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from soc import instant
from soc.anomaly import event_features, features as window_features
from soc.errors import Fault
from soc.finding import RuleInfo, digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from soc.anomaly.catalogue import Feature

CATALOGUES: Mapping[str, Mapping[str, Feature]] = {
    unit: {feature.name: feature for feature in module.CATALOGUE}
    for unit, module in (("window", window_features), ("event", event_features))
}
"""The features that there are, by unit and name."""
LEAST_FEATURES = 3
"""So many reasons are told of every alert."""
_UNITS = {"s": instant.SECOND, "m": instant.MINUTE, "h": instant.HOUR}
_MAX_BYTES = 256 * 1024


class SourceFilter(Struct, frozen=True, forbid_unknown_fields=True):
    topics: list[str] = msgspec.field(default_factory=lambda: ["logs.host"])
    fields: list[str] = []
    """An event is judged if it has all of these."""


class National(Struct, frozen=True, forbid_unknown_fields=True):
    category: Annotated[int, Meta(ge=1, le=12)] = 11
    severity: Annotated[int, Meta(ge=1, le=4)] = 1


class Runbook(Struct, frozen=True, forbid_unknown_fields=True):
    en: list[str] = []
    vi: list[str] = []


class Detector(Struct, frozen=True, forbid_unknown_fields=True):
    """One detector file."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]{3,64}$")]
    title: Annotated[str, Meta(min_length=1)]
    title_vi: Annotated[str, Meta(min_length=1)]
    entity: str
    features: list[str]
    unit: Literal["window", "event"] = "window"
    window: Annotated[str, Meta(pattern="^[1-9][0-9]{0,2}[smh]$")] | None = None
    """Of `unit: window`: its length."""
    kind: list[str] = []
    """Of `unit: window`: the kind of an event is the first of these fields that it has."""
    views: list[Literal["plain", "normal"]] = msgspec.field(default_factory=lambda: ["plain"])
    """What its forests see: soc.anomaly.views."""
    trees: Annotated[int, Meta(ge=50, le=500)] = 100
    """Of each forest; more make its judgements steadier and training and scoring slower."""
    description: str = ""
    layer: Literal["network", "host", "application", "data"] = "host"
    source: SourceFilter = SourceFilter()
    alert_p: Annotated[float, Meta(gt=0, le=1)] = 0.001
    review_p: Annotated[float, Meta(gt=0, le=1)] = 0.01
    tags: list[str] = []
    national: National = National()
    falsepositives: list[str] = []
    runbook: Runbook = Runbook()
    state: Literal["live", "shadow", "off"] = "live"
    version: str = ""
    """The hash of the file; set by `read`."""

    @property
    def width(self) -> int:
        """The length of its windows in microseconds; 0 if it judges single events."""
        return 0 if self.window is None else int(self.window[:-1]) * _UNITS[self.window[-1]]

    @property
    def name(self) -> str:
        """Id and content hash: what hits are keyed with, so that an edited detector starts empty."""
        return f"{self.id}@{self.version}"

    def info(self) -> RuleInfo:
        """What its findings say about it."""
        return RuleInfo(
            id=self.id,
            name=self.title,
            title_vi=self.title_vi,
            version=self.version,
            kind="anomaly",
            severity="medium",
            layer=self.layer,
            description=self.description,
            controls=tuple(tag for tag in self.tags if not tag.startswith("attack.")),
            national_category=self.national.category,
            national_severity=self.national.severity,
            group=(self.entity,),
            bucket=self.width,
            runbook_en=tuple(self.runbook.en),
            runbook_vi=tuple(self.runbook.vi),
            falsepositives=tuple(self.falsepositives),
            state=self.state,
        )


def read(file: Path) -> Detector | Fault:
    """The detector in a file, or what is wrong with it."""
    try:
        raw = file.read_bytes()
        if len(raw) > _MAX_BYTES:
            return Fault(str(file), 1, f"{len(raw)} bytes; a detector has at most {_MAX_BYTES}", "split it")
        detector = msgspec.convert(yaml.load(raw, Loader=yaml.CSafeLoader), Detector)
    except yaml.MarkedYAMLError as error:
        return Fault(str(file), error.problem_mark.line + 1 if error.problem_mark else 1, f"not YAML: {error.problem}")
    except (OSError, yaml.YAMLError) as error:
        return Fault(str(file), 1, str(error))
    except msgspec.ValidationError as error:
        return Fault(str(file), _line(raw, str(error)), str(error), "see detectors/host-window.yml for the shape")
    for line, message, fix in _slips(detector, raw):
        return Fault(str(file), line, message, fix)
    return msgspec.structs.replace(detector, version=digest(raw)[:16])


def _slips(detector: Detector, raw: bytes) -> Iterator[tuple[int, str, str]]:
    """What the shape alone does not tell: line, what is wrong, what to do."""
    known = CATALOGUES[detector.unit]
    for name in detector.features:
        if name not in known:
            near = get_close_matches(name, known, 1, 0.75)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            yield _line(raw, f"`{name}`"), f"unknown feature {name!r} of unit {detector.unit}", hint
    for setting in ("features", "views"):
        values = getattr(detector, setting)
        if len(set(values)) < len(values):
            yield _line(raw, f"`{setting}`"), f"{setting} name something twice", "name each once"
    if len(detector.features) < LEAST_FEATURES:
        fix = f"name at least {LEAST_FEATURES}: every alert tells so many reasons"
        yield _line(raw, "`features`"), f"{len(detector.features)} features are too few", fix
    if not detector.views:
        yield _line(raw, "`views`"), "no views", "name `plain`, or `plain` and `normal`"
    if detector.alert_p > detector.review_p:
        fix = "alerts are the strangest of what is kept for review"
        yield _line(raw, "`alert_p`"), f"alert_p {detector.alert_p:g} is above review_p {detector.review_p:g}", fix
    yield from _unit_slips(detector, raw)


def _unit_slips(detector: Detector, raw: bytes) -> Iterator[tuple[int, str, str]]:
    windows = detector.unit == "window"
    if windows and (detector.window is None or not detector.kind):
        missing = "window" if detector.window is None else "kind"
        yield 1, f"a detector of windows needs `{missing}`", "see detectors/host-window.yml, or say `unit: event`"
    if not windows and (detector.window or detector.kind):
        unused = "window" if detector.window else "kind"
        yield _line(raw, f"`{unused}`"), f"a detector of single events has no `{unused}`", "leave it out"
    if bool(detector.runbook.en) != bool(detector.runbook.vi):
        missing = "vi" if detector.runbook.en else "en"
        yield _line(raw, "`runbook`"), f"the runbook has no {missing}", "write its steps in both languages"


def _line(raw: bytes, message: str) -> int:
    """The line of the setting that a message names: its key, else the first that mentions it."""
    told = re.search(r"\$\.(\w+)", message) or re.search(r"`(\w[\w-]*)`", message)
    word = told[1] if told else ""
    lines = raw.decode("utf-8", "replace").splitlines()
    for pattern in (rf"\s*{re.escape(word)}\s*:", rf".*\b{re.escape(word)}\b"):
        for number, line in enumerate(lines, 1):
            if word and re.match(pattern, line):
                return number
    return 1
