"""Closed windows to scored units: one batch through the forest, then p, points, and the features that explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from soc import instant
from soc.anomaly import aggregate, views
from soc.anomaly.calibration import points, severity
from soc.anomaly.explaining import explain, sentence
from soc.anomaly.features import NAMES, Past, vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from soc.anomaly.detector import Detector
    from soc.anomaly.loading import Detectors
    from soc.anomaly.model import Model
    from soc.correlate import Closed
    from soc.finding import RuleInfo


class Unit(NamedTuple):
    """One scored window of one entity."""

    info: RuleInfo
    entity: tuple[tuple[str, str], ...]
    start: int
    end: int
    arrived: int
    score: float
    """0 to 100, higher is stranger."""
    p: float
    """Share of usual windows at least as strange."""
    alert: bool
    notable: bool
    """Worth a finding: an alert, or something for the review list."""
    why: tuple[dict[str, Any], ...]
    document: dict[str, Any]
    ref: str
    sample: bool

    @property
    def severity(self) -> str:
        return severity(self.score)


def score(closed: Sequence[Closed], detectors: Detectors) -> list[Unit]:
    """The units of closed windows, in their order; windows of a detector without a model are left out."""
    units: dict[int, Unit] = {}
    for name in dict.fromkeys(window.detector for window in closed):
        pair = detectors.named(name)
        if pair is None:
            continue
        places = [place for place, window in enumerate(closed) if window.detector == name]
        units |= zip(places, _batch([closed[place] for place in places], *pair), strict=True)
    return [units[place] for place in sorted(units)]


def _batch(closed: Sequence[Closed], detector: Detector, model: Model) -> list[Unit]:
    merged = [aggregate.merge(window.aggregates) for window in closed]
    rows = rows_of([window.entity[0][1] for window in closed], merged, model)
    scores = views.scores(model.views, rows)
    return [
        _unit(window, counted, row, float(raw), detector, model)
        for window, counted, row, raw in zip(closed, merged, rows, scores, strict=True)
    ]


def rows_of(entities: Sequence[str], merged: Sequence[aggregate.Aggregate], model: Model) -> NDArray[np.float64]:
    """The model's features of windows."""
    past = model.past
    assert isinstance(past, Past), model.manifest.id
    rows = np.array([vector(name, counted, past) for name, counted in zip(entities, merged, strict=True)])
    return rows[:, [NAMES.index(name) for name in model.manifest.features]]


def _unit(
    window: Closed,
    counted: aggregate.Aggregate,
    row: NDArray[np.float64],
    raw: float,
    detector: Detector,
    model: Model,
) -> Unit:
    p = model.calibration.p(raw)
    alert, notable = p <= detector.alert_p, p <= max(detector.alert_p, detector.review_p)
    info = detector.info()
    if not alert:
        info = info._replace(state="shadow")
    why = explain(row, model) if notable else ()
    document = dict(window.entity) | {
        "event.start": instant.iso(window.start),
        "event.end": instant.iso(window.end),
        "message": sentence(why, "en"),
        "soc.anomaly.score": round(points(p), 1),
        "soc.anomaly.p": p,
        "soc.anomaly.model": model.manifest.id,
        "soc.anomaly.baseline": f"{model.manifest.first} - {model.manifest.last}, {model.manifest.windows} windows",
        "soc.anomaly.explanation.en": sentence(why, "en"),
        "soc.anomaly.explanation.vi": sentence(why, "vi"),
        "soc.anomaly.refs": counted["refs"],
    }
    ref = counted["refs"][0] if counted["refs"] else ""
    return Unit(
        info, window.entity, window.start, window.end, window.arrived, points(p), p, alert, notable, why, document, ref,
        counted["sample"],
    )  # fmt: skip
