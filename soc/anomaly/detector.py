"""Detectors as admins write them: `detectors/*.yml`, one file per detector."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import yaml
from msgspec import Meta, Struct

from soc import instant
from soc.anomaly.features import NAMES
from soc.errors import Fault
from soc.finding import RuleInfo, digest

if TYPE_CHECKING:
    from pathlib import Path

_UNITS = {"s": instant.SECOND, "m": instant.MINUTE, "h": instant.HOUR}
_MAX_BYTES = 256 * 1024


class SourceFilter(Struct, frozen=True, forbid_unknown_fields=True):
    topics: list[str] = msgspec.field(default_factory=lambda: ["logs.host"])


class National(Struct, frozen=True, forbid_unknown_fields=True):
    category: Annotated[int, Meta(ge=1, le=12)] = 11
    severity: Annotated[int, Meta(ge=1, le=4)] = 1


class Runbook(Struct, frozen=True, forbid_unknown_fields=True):
    en: list[str] = []
    vi: list[str] = []


class Detector(Struct, frozen=True, forbid_unknown_fields=True):
    """One detector file."""

    id: Annotated[str, Meta(pattern="^[a-z0-9-]{3,64}$")]
    title: str
    title_vi: str
    entity: str
    window: Annotated[str, Meta(pattern="^[0-9]{1,3}[smh]$")]
    kind: list[str]
    features: list[str]
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
        """The length of its windows in microseconds."""
        return int(self.window[:-1]) * _UNITS[self.window[-1]]

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
    for name in detector.features:
        if name not in NAMES:
            return Fault(str(file), _line(raw, f"`{name}`"), f"unknown feature {name!r}", f"known: {', '.join(NAMES)}")
    return msgspec.structs.replace(detector, version=digest(raw)[:16])


def _line(raw: bytes, message: str) -> int:
    """The first line that mentions the setting that a message names."""
    told = re.search(r"\$\.(\w+)|`(\w[\w-]*)`", message)
    word = next((part for part in told.groups() if part), "") if told else ""
    lines = raw.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if word and word in line), 1)
