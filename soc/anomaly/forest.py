"""An isolation forest as flat arrays: complete trees, scored without pointers, equal to scikit-learn's to 1e-12.

`max_samples` 256 bounds the depth to 8, so each tree is a heap of 255 splits and 256 leaves; a branch that ends early is
continued with splits that always go left. Liu, Ting, Zhou: Isolation Forest, ICDM 2008.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH = 8
SPLITS = 2**DEPTH - 1
LEAVES = 2**DEPTH
_CHUNK = 4096


class Forest(NamedTuple):
    features: NDArray[np.int16]
    """(trees, 255): the feature that a split looks at."""
    thresholds: NDArray[np.float32]
    """(trees, 255): left if value <= threshold; rounded down to float32, which keeps the comparison exact."""
    lengths: NDArray[np.float64]
    """(trees, 256): path length of a leaf, with the expected rest of a leaf that holds several rows."""
    samples: NDArray[np.int32]
    """(trees, 511): training rows that passed a node, for explanations."""
    normalizer: float
    """Trees x the average path length of a search among `max_samples` rows."""


def average_path_length(rows: float) -> float:
    """The average path length of an unsuccessful search in a binary tree of so many rows (ibid., equation 1)."""
    if rows <= 1:
        return 0.0
    if rows == 2:
        return 1.0
    return float(2.0 * (np.log(rows - 1.0) + np.euler_gamma) - 2.0 * (rows - 1.0) / rows)


def score(forest: Forest, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Anomaly scores in (0, 1), higher is stranger: minus scikit-learn's `score_samples`."""
    values = rows.astype(np.float32)
    total = np.empty(len(values))
    trees = np.arange(len(forest.features))
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        leaves = _descend(forest, part)[-1] - SPLITS
        total[start : start + _CHUNK] = forest.lengths[trees, leaves].sum(axis=1)
    return np.exp2(-total / forest.normalizer)


def _descend(forest: Forest, values: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Per level the (rows, trees) nodes that the rows pass."""
    trees = np.arange(len(forest.features))
    rows = np.arange(len(values))[:, None]
    node = np.zeros((len(values), len(trees)), dtype=np.int64)
    path = [node]
    for _ in range(DEPTH):
        right = values[rows, forest.features[trees, node]] > forest.thresholds[trees, node]
        node = 2 * node + 1 + right
        path.append(node)
    return path


def contributions(forest: Forest, row: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each feature isolates a row: over its splits the sum of log2(rows in parent / rows in child) - 1.

    Positive where splits on the feature cut off more than half. DETECTORS.md section 4, "path gain".
    """
    path = [node[0] for node in _descend(forest, row[None, :].astype(np.float32))]
    trees = np.arange(len(forest.features))
    gains = np.zeros(len(row))
    for parent, child in pairwise(path):
        before, after = forest.samples[trees, parent], forest.samples[trees, child]
        real = after < before  # a continued branch splits nothing off
        gain = np.log2(before[real] / np.maximum(after[real], 1)) - 1.0
        np.add.at(gains, forest.features[trees[real], parent[real]], gain)
    return gains / len(trees)
