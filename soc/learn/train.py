"""Closed windows of the past to a model bundle: tables, an isolation forest, held-out calibration, golden rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.ensemble import IsolationForest

from soc import instant
from soc.anomaly import aggregate, features, forest
from soc.anomaly.features import Activity, Past, activity_of, total_activity, vector
from soc.anomaly.model import features_hash, save
from soc.errors import SocError
from soc.finding import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from soc.anomaly import Detector
    from soc.anomaly.model import Manifest
    from soc.correlate import Closed

TREES = 100
SAMPLES = 256
FOLDS = 5
PROBES = 0.05
"""Share of training rows that repeat a real one with one feature pushed out of range, so that features which are
constant in training are split on too (DETECTORS.md, findings 8 and section 5)."""
LEAST_WINDOWS = 50
_GOLDEN = 64

Rows = "NDArray[np.float64]"


def train(
    detector: Detector,
    closed: Sequence[Closed],
    folder: Path,
    *,
    seed: int = 1,
    sample: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Learn a detector from closed windows and write the bundle.

    Raises:
        SocError: there are too few windows to learn from.
    """
    if len(closed) < LEAST_WINDOWS:
        raise SocError(f"{len(closed)} windows are too few to learn from; {detector.id} needs {LEAST_WINDOWS} and more")
    merged = [aggregate.merge(window.aggregates) for window in closed]
    entities = [window.entity[0][1] for window in closed]
    past = past_of(entities, merged)
    progress(f"{len(closed)} windows of {len(past.kinds)} entities")
    rows = np.array([vector(name, counted, past, counted) for name, counted in zip(entities, merged, strict=True)])
    progress(f"{rows.shape[1]} features; fitting {FOLDS} held-out forests and the final one")
    held_out = _held_out_scores(rows, seed)
    fitted = fit(rows, seed)
    golden = rows[np.linspace(0, len(rows) - 1, min(_GOLDEN, len(rows))).astype(int)]
    arrays = {
        **fitted._asdict(),
        **_tables(past),
        "calibration": np.sort(held_out),
        "quantiles": np.percentile(rows, np.arange(101), axis=0).T,
        "golden_rows": golden,
        "golden_scores": forest.score(fitted, golden),
    }
    arrays.pop("normalizer")
    last = max(window.end for window in closed)
    manifest = {
        "id": f"{detector.id}-{instant.iso(last)[:19].replace('-', '').replace(':', '')}-{digest(seed, len(closed), rows.tobytes())[:8]}",
        "detector": detector.id,
        "detector_version": detector.version,
        "features": list(features.NAMES),
        "features_hash": features_hash(features.NAMES),
        "normalizer": fitted.normalizer,
        "first": instant.iso(min(window.start for window in closed)),
        "last": instant.iso(last),
        "windows": len(closed),
        "events": sum(counted["n"] for counted in merged),
        "entities": len(past.kinds),
        "seed": seed,
        "libraries": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "sample": sample,
    }
    return save(folder, manifest, arrays)


def past_of(entities: Sequence[str], merged: Sequence[aggregate.Aggregate]) -> Past:
    """The tables that windows are compared with."""
    kinds: dict[str, Counter[str]] = {}
    activity: dict[str, list[Activity]] = {}
    for name, counted in zip(entities, merged, strict=True):
        kinds.setdefault(name, Counter()).update(counted["kinds"])
        activity.setdefault(name, []).append(activity_of(counted))
    overall: Counter[str] = Counter()
    for counts in kinds.values():
        overall.update(counts)
    summed = {name: total_activity(parts) for name, parts in activity.items()}
    return Past(kinds, overall, summed, total_activity(list(summed.values())))


def fit(rows: NDArray[np.float64], seed: int) -> forest.Forest:
    """An isolation forest over the rows and probe rows, flattened."""
    model = IsolationForest(n_estimators=TREES, max_samples=min(SAMPLES, len(rows)), random_state=seed)
    model.fit(np.vstack([rows, _probes(rows, seed)]).astype(np.float32))
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


def _held_out_scores(rows: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Each row scored by a forest that has not seen it."""
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    scores = np.empty(len(rows))
    for number in range(FOLDS):
        scores[fold == number] = forest.score(fit(rows[fold != number], seed + number), rows[fold == number])
    return scores


def _tables(past: Past) -> dict[str, Any]:
    entities, kinds = sorted(past.kinds), sorted(past.overall)
    kind_place = {name: place for place, name in enumerate(kinds)}
    cells = [
        (place, kind_place[kind], count)
        for place, name in enumerate(entities)
        for kind, count in sorted(past.kinds[name].items())
    ]
    table = np.array(cells, dtype=np.int64).reshape(-1, 3)
    return {
        "entities": np.array(entities, dtype=np.str_),
        "kinds": np.array(kinds, dtype=np.str_),
        "count_entity": table[:, 0],
        "count_kind": table[:, 1],
        "count": table[:, 2],
        "activity": np.array([past.activity[name] for name in entities], dtype=np.float64),
    }
