"""Training: the same seed gives the same model, and the model is what the detectors' loader takes."""

from __future__ import annotations

import numpy as np
import pytest

from soc import anomaly
from soc.anomaly.features import NAMES
from soc.anomaly.model import load
from soc.content import detectors_dir
from soc.errors import SocError
from soc.learn import train
from tests.anomaly.conftest import closed, detector, folder, model, windows  # noqa: F401 (fixtures)


def test_the_same_seed_gives_the_same_model(detector, closed, folder, tmp_path) -> None:  # noqa: F811
    again = train(detector, closed, tmp_path / "again", seed=7)
    assert again == load(folder).manifest
    assert train(detector, closed, tmp_path / "other", seed=8).sha256 != again.sha256


def test_a_model_says_what_it_was_made_of(detector, closed, model) -> None:  # noqa: F811
    manifest = model.manifest
    assert tuple(manifest.features) == NAMES
    assert len(NAMES) == 14
    assert (manifest.detector, manifest.detector_version) == (detector.id, detector.version)
    assert (manifest.windows, manifest.entities, manifest.seed) == (400, 4, 7)
    assert manifest.events == sum(window.aggregates[0]["n"] for window in closed)
    assert set(manifest.libraries) == {"scikit-learn", "numpy"}
    assert model.quantiles.shape == (14, 101)
    assert len(model.calibration.scores) == 400
    assert (np.diff(model.calibration.scores) >= 0).all()


def test_64_golden_rows_go_with_it(folder) -> None:  # noqa: F811
    with np.load(folder / "model.npz", allow_pickle=False) as archive:
        assert archive["golden_rows"].shape == (64, 14)


def test_features_that_never_vary_in_training_are_split_on_too(detector, folder) -> None:  # noqa: F811
    """Without rows pushed out of range a forest would be blind for them."""
    forest = load(folder).views[0].forest
    used = set(forest.features[np.isfinite(forest.thresholds)].tolist())
    assert used == set(range(14))


def test_too_few_windows_are_refused_with_the_number_needed(detector, tmp_path) -> None:  # noqa: F811
    with pytest.raises(SocError, match=r"10 windows are too few.*50"):
        train(detector, windows(detector, 10), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_loader_takes_it_and_a_broken_one_is_a_fault_that_says_what_to_do(detector, folder, tmp_path) -> None:  # noqa: F811
    loaded = anomaly.load([detectors_dir()], folder.parent)
    assert [one.id for one in loaded.scoring] == [detector.id]
    (tmp_path / detector.id).mkdir()
    (tmp_path / detector.id / "manifest.json").write_text("{}")
    refused = anomaly.load([detectors_dir()], tmp_path)
    assert refused.scoring == []
    assert [fault.fix for fault in refused.faults] == [f"train it again: soc train {detector.id}"]
