"""How a model looks at rows: one forest, or two whose judgements are averaged.

`plain` sees the features as they are. `normal` sees each feature's rank in training as a normal quantile, so that a rare
value far out counts no more than a rare value near by; where a few features of many scales matter together, the mean of
both -ln p ranks better than either (DETECTORS.md, section 2), and where single rarities matter, `plain` alone does.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from soc.anomaly import forest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from soc.anomaly.calibration import Calibration
    from soc.anomaly.forest import Forest

GRID = 1001
"""Quantiles of a feature that ranks are told by."""
_QUANTILES = np.array([NormalDist().inv_cdf((rank / 2 + 0.5) / (GRID + 1)) for rank in range(2 * GRID + 1)])


class View(NamedTuple):
    forest: Forest
    calibration: Calibration
    """Of this view's own scores."""
    grid: NDArray[np.float64] | None = None
    """(features, 1001): rising quantiles in training; None for `plain`."""

    def seen(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows as this view's forest knows them."""
        return rows if self.grid is None else normal(rows, self.grid)


def grid_of(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """What `normal` ranks by."""
    return np.ascontiguousarray(np.quantile(rows, np.linspace(0, 1, GRID), axis=0).T)


def normal(rows: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's middle rank among the quantiles of its feature, as a quantile of the normal distribution."""
    told = np.empty(rows.shape)
    for column, quantiles in enumerate(grid):
        below = np.searchsorted(quantiles, rows[:, column], side="left")
        told[:, column] = _QUANTILES[below + np.searchsorted(quantiles, rows[:, column], side="right")]
    return told


def scores(views: Sequence[View], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """One score a row, higher is stranger: the forest's own, or the mean of -ln p of several."""
    raw = [forest.score(view.forest, view.seen(rows)) for view in views]
    if len(views) == 1:
        return raw[0]
    return fused([view.calibration.surprise(each) for view, each in zip(views, raw, strict=True)])


def fused(surprises: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean(surprises, axis=0)
    return mean


def contributions(views: Sequence[View], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each feature isolates a row, over all views."""
    each = [forest.contributions(view.forest, view.seen(row[None, :])[0]) for view in views]
    mean: NDArray[np.float64] = np.mean(each, axis=0)
    return mean
