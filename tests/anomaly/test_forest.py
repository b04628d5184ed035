"""The flattened forest is scikit-learn's, number for number."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from soc.anomaly import forest
from soc.learn.forests import flatten


@pytest.mark.parametrize(("rows", "columns", "samples"), [(400, 14, 256), (60, 3, 60), (1000, 14, 64), (5, 2, 5)])
def test_scores_equal_those_of_scikit_learn(rows, columns, samples) -> None:
    chance = np.random.default_rng(rows)
    known = chance.normal(size=(rows, columns)).astype(np.float32)
    known[:, 0] = np.round(known[:, 0])  # ties and thresholds between equal values
    fitted = IsolationForest(n_estimators=50, max_samples=samples, random_state=1).fit(known)
    asked = np.vstack([known, chance.normal(scale=50, size=(200, columns))]).astype(np.float32)
    ours = forest.score(flatten(fitted), asked.astype(np.float64))
    assert np.abs(ours + fitted.score_samples(asked)).max() < 1e-9


def test_values_next_to_a_threshold_go_the_same_way() -> None:
    chance = np.random.default_rng(5)
    known = chance.normal(size=(300, 2)).astype(np.float32)
    fitted = IsolationForest(n_estimators=20, max_samples=256, random_state=1).fit(known)
    cuts = np.concatenate([tree.tree_.threshold[tree.tree_.children_left >= 0] for tree in fitted.estimators_])
    near = cuts.astype(np.float32)
    values = np.concatenate([near, np.nextafter(near, np.float32(9)), np.nextafter(near, np.float32(-9))])
    asked = np.stack([values, values[::-1]], axis=1)
    ours = forest.score(flatten(fitted), asked.astype(np.float64))
    assert np.abs(ours + fitted.score_samples(asked)).max() < 1e-9


def test_average_path_lengths_are_those_of_the_paper() -> None:
    assert [forest.average_path_length(n) for n in (0, 1, 2)] == [0.0, 0.0, 1.0]
    assert forest.average_path_length(256) == pytest.approx(10.244, abs=0.001)


def test_the_explanation_names_the_feature_that_was_pushed_out_of_range(model) -> None:
    usual = np.median(model.quantiles, axis=1)
    places = []
    for column in range(len(usual)):
        row = usual.copy()
        row[column] = model.quantiles[column, 100] + 5 * max(1.0, np.ptp(model.quantiles[column]))
        order = np.argsort(-forest.contributions(model.views[0].forest, row), kind="stable")
        places.append(int(np.flatnonzero(order == column)[0]))
    assert sum(place == 0 for place in places) >= 10, places
    assert sum(place <= 2 for place in places) >= 13, places  # of 14
