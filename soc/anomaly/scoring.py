"""Closed windows to scored units: one batch through the forest, then p, points, and the features that explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from soc import instant
from soc.anomaly import aggregate, forest
from soc.anomaly.calibration import points, severity
from soc.anomaly.features import CATALOGUE, vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.anomaly.detector import Detector
    from soc.anomaly.loading import Detectors
    from soc.anomaly.model import Model
    from soc.correlate import Closed
    from soc.finding import RuleInfo

EXPLAINED = 5


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
    rows = np.array(
        [vector(window.entity[0][1], counted, model.past) for window, counted in zip(closed, merged, strict=True)]
    )
    scores = forest.score(model.forest, rows)
    return [
        _unit(window, counted, row, float(raw), detector, model)
        for window, counted, row, raw in zip(closed, merged, rows, scores, strict=True)
    ]


def _unit(
    window: Closed,
    counted: aggregate.Aggregate,
    row: np.ndarray[Any, Any],
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


def explain(row: np.ndarray[Any, Any], model: Model) -> tuple[dict[str, Any], ...]:
    """The features that isolate a window most: value, usual value, how rare, contribution (share of all of them)."""
    gains = forest.contributions(model.forest, row)
    whole = float(np.abs(gains).sum()) or 1.0
    order = np.argsort(-gains, kind="stable")[:EXPLAINED]
    return tuple(_feature(int(column), float(row[column]), float(gains[column]) / whole, model) for column in order)


def _feature(column: int, value: float, contribution: float, model: Model) -> dict[str, Any]:
    feature = CATALOGUE[column]
    percentiles = model.quantiles[column]
    usual = float(percentiles[50])
    beyond = (percentiles >= value).mean() if value >= usual else (percentiles <= value).mean()
    return {
        "name": feature.en,
        "name_vi": feature.vi,
        "value": _shown(value, magnitude=feature.magnitude),
        "usual": _shown(usual, magnitude=feature.magnitude),
        "one_in": round(1 / beyond) if beyond else model.manifest.windows,
        "contribution": round(contribution, 4),
    }


def _shown(value: float, *, magnitude: bool) -> float:
    return round(float(np.expm1(value)) if magnitude else value, 2)


_WORDS = {"en": ("usual", "1 in"), "vi": ("thường", "1 trên")}


def sentence(why: Sequence[dict[str, Any]], language: str) -> str:
    """What an analyst reads: the strangest features with value, usual value and rarity."""
    usual, one_in = _WORDS[language]
    name = "name" if language == "en" else "name_vi"
    parts = [
        f"{item[name]}: {item['value']:g} ({usual} {item['usual']:g}, {one_in} {item['one_in']})" for item in why[:3]
    ]
    return "; ".join(parts)
