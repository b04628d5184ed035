"""Fitting: rows to flattened isolation forests, the views that a detector asks for, and scores of rows not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.ensemble import IsolationForest

from soc.anomaly import forest, views
from soc.anomaly.calibration import Calibration
from soc.anomaly.model import NORMAL
from soc.anomaly.views import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SAMPLES = 256
FOLDS = 5
PROBES = 0.05
"""Share of training rows that repeat a real one with one feature pushed out of range, so that features which are
constant in training are split on too (DETECTORS.md, findings 8 and section 5)."""


class Fitted(NamedTuple):
    views: tuple[View, ...]
    calibration: NDArray[np.float64]
    """Rising scores of rows by forests that have not seen them."""


def fit_views(rows: NDArray[np.float64], names: Sequence[str], trees: int, seed: int) -> Fitted:
    """The forests of a model. Each is calibrated by scores of rows that the forests of a fold had not seen."""
    held_out = [_held_out_scores(rows, name, trees, seed) for name in names]
    made = tuple(
        _view(rows, name, trees, seed)._replace(calibration=Calibration(np.sort(scores)))
        for name, scores in zip(names, held_out, strict=True)
    )
    if len(made) == 1:
        return Fitted(made, made[0].calibration.scores)
    surprises = [view.calibration.surprise(scores) for view, scores in zip(made, held_out, strict=True)]
    return Fitted(made, np.sort(views.fused(surprises)))


def arrays_of(fitted: Fitted, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """What a bundle holds of them, under the names that `anomaly.model` reads."""
    arrays: dict[str, NDArray[Any]] = {"calibration": fitted.calibration}
    single = len(names) == 1
    for name, view in zip(names, fitted.views, strict=True):
        prefix = NORMAL if name == "normal" and not single else ""
        for array in ("features", "thresholds", "lengths", "samples"):
            arrays[prefix + array] = getattr(view.forest, array)
        if view.grid is not None:
            arrays[f"{NORMAL}grid"] = view.grid
        if not single:
            arrays[f"{name}_calibration"] = view.calibration.scores
    return arrays


def fit(rows: NDArray[np.float64], trees: int, seed: int, *, probed: bool = True) -> forest.Forest:
    """An isolation forest over the rows and probe rows, flattened."""
    model = IsolationForest(n_estimators=trees, max_samples=min(SAMPLES, len(rows)), random_state=seed)
    model.fit((np.vstack([rows, _probes(rows, seed)]) if probed else rows).astype(np.float32))
    return flatten(model)


def flatten(model: IsolationForest) -> forest.Forest:
    """The arrays that `anomaly.forest` scores with, equal to `-model.score_samples`."""
    trees = len(model.estimators_)
    split_features = np.zeros((trees, forest.SPLITS), np.int16)
    thresholds = np.full((trees, forest.SPLITS), np.inf, np.float32)
    lengths = np.zeros((trees, forest.LEAVES))
    samples = np.zeros((trees, forest.SPLITS + forest.LEAVES), np.int32)
    for number, (estimator, columns) in enumerate(zip(model.estimators_, model.estimators_features_, strict=True)):
        tree = estimator.tree_
        pending = [(0, 0, 0)]  # node of scikit-learn's tree, place in the heap, depth
        while pending:
            node, place, depth = pending.pop()
            samples[number, place] = tree.n_node_samples[node]
            if tree.children_left[node] >= 0:
                split_features[number, place] = columns[tree.feature[node]]
                thresholds[number, place] = _rounded_down(tree.threshold[node])
                pending += [
                    (tree.children_left[node], 2 * place + 1, depth + 1),
                    (tree.children_right[node], 2 * place + 2, depth + 1),
                ]
                continue
            length = depth + forest.average_path_length(tree.n_node_samples[node])
            while place < forest.SPLITS:  # continued to the left, where every value goes
                place = 2 * place + 1
                samples[number, place] = tree.n_node_samples[node]
            lengths[number, place - forest.SPLITS] = length
    normalizer = trees * forest.average_path_length(model.max_samples_)
    return forest.Forest(split_features, thresholds, lengths, samples, float(normalizer))


def _rounded_down(threshold: float) -> np.float32:
    rounded = np.float32(threshold)
    return rounded if float(rounded) <= threshold else np.nextafter(rounded, np.float32(-np.inf))


def _probes(rows: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Real rows with one feature each pushed beyond its range, every feature in at least one of them."""
    rng = np.random.default_rng(seed)
    count = max(rows.shape[1], round(PROBES * len(rows)))
    probes: NDArray[np.float64] = rows[rng.integers(0, len(rows), count)].copy()
    columns = rng.permutation(np.arange(count) % rows.shape[1])  # each feature has its share, however few there are
    low, high = rows.min(axis=0), rows.max(axis=0)
    reach = np.maximum(high - low, 1.0)
    probes[np.arange(len(probes)), columns] = high[columns] + reach[columns] * rng.uniform(0.1, 1.0, len(probes))
    return probes


def _view(rows: NDArray[np.float64], name: str, trees: int, seed: int) -> View:
    """A view that is not calibrated yet. Ranks have no outside, so probe rows tell `normal` nothing."""
    unknown = Calibration(np.empty(0))
    if name == "plain":
        return View(fit(rows, trees, seed), unknown)
    grid = views.grid_of(rows)
    return View(fit(views.normal(rows, grid), trees, seed, probed=False), unknown, grid)


def _held_out_scores(rows: NDArray[np.float64], name: str, trees: int, seed: int) -> NDArray[np.float64]:
    """Each row scored by a forest that has not seen it."""
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    scores = np.empty(len(rows))
    for number in range(FOLDS):
        view = _view(rows[fold != number], name, trees, seed + number)
        scores[fold == number] = forest.score(view.forest, view.seen(rows[fold == number]))
    return scores
