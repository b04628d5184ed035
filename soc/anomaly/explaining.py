"""Why a unit is strange: the features that isolate it, with what is usual, how rare that is, and a sentence of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from soc.anomaly import views
from soc.anomaly.detector import CATALOGUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from soc.anomaly.model import Model

EXPLAINED = 5


def explain(row: NDArray[np.float64], model: Model) -> tuple[dict[str, Any], ...]:
    """The features that isolate a unit most: value, usual value, how rare, contribution (share of all of them)."""
    gains = views.contributions(model.views, row)
    whole = float(np.abs(gains).sum()) or 1.0
    order = np.argsort(-gains, kind="stable")[:EXPLAINED]
    return tuple(_feature(int(column), float(row[column]), float(gains[column]) / whole, model) for column in order)


def _feature(column: int, value: float, contribution: float, model: Model) -> dict[str, Any]:
    feature = CATALOGUES[model.manifest.unit][model.manifest.features[column]]
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
