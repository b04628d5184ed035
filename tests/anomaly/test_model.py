"""A model bundle proves itself or is refused, unread where it could do harm."""

from __future__ import annotations

import json
import pickle
import shutil
from hashlib import sha256

import numpy as np
import pytest

from soc.anomaly.model import MAX_BYTES, ModelRefused, load


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def change(copy, arrays=None, **manifest) -> None:
    """Change the bundle as somebody would who knows how the manifest is made."""
    with np.load(copy / "model.npz") as archive:
        kept = dict(archive)
    if arrays:
        np.savez_compressed(copy / "model.npz", **(kept | arrays))
    told = json.loads((copy / "manifest.json").read_text())
    told |= {"sha256": sha256((copy / "model.npz").read_bytes()).hexdigest()} | manifest
    (copy / "manifest.json").write_text(json.dumps(told))


def test_a_bundle_that_was_not_touched_is_taken(copy, model) -> None:
    assert load(copy).manifest == model.manifest


def test_it_holds_no_pickle(copy) -> None:
    with np.load(copy / "model.npz", allow_pickle=False) as archive:
        assert {archive[name].dtype.hasobject for name in archive.files} == {False}
    assert sorted(path.name for path in copy.iterdir()) == ["manifest.json", "model.npz"]


class Trap:
    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_a_pickle_is_refused_unread(copy) -> None:
    change(copy, {"kinds": np.array([Trap()], dtype=object)})
    with pytest.raises(ModelRefused):
        load(copy)
    (copy / "model.npz").write_bytes(pickle.dumps(Trap()))
    change_hash_only(copy)
    with pytest.raises(ModelRefused):
        load(copy)
    assert not Trap.sprung


def change_hash_only(copy) -> None:
    told = json.loads((copy / "manifest.json").read_text())
    told["sha256"] = sha256((copy / "model.npz").read_bytes()).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(told))


def test_a_changed_byte_is_refused(copy) -> None:
    data = bytearray((copy / "model.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.npz").write_bytes(data)
    with pytest.raises(ModelRefused, match="not the file"):
        load(copy)


def test_trees_that_score_otherwise_are_refused_by_the_golden_rows(copy) -> None:
    with np.load(copy / "model.npz") as archive:
        lengths = archive["lengths"] + 1e-3
    change(copy, {"lengths": lengths})
    with pytest.raises(ModelRefused, match="golden rows"):
        load(copy)


@pytest.mark.parametrize(
    ("array", "value", "why"),
    [
        ("thresholds", np.nan, "not a number"),
        ("lengths", np.inf, "not a number"),
        ("features", 99, "does not exist"),
        ("features", -1, "does not exist"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(copy, array, value, why) -> None:
    with np.load(copy / "model.npz") as archive:
        changed = archive[array].copy()
    changed[0, 0] = value
    change(copy, {array: changed})
    with pytest.raises(ModelRefused, match=why):
        load(copy)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"format": 2}, "format 2"),
        ({"features": ["events"]}, "other features"),
        ({"features_hash": "0"}, "other features"),
    ],
)
def test_another_format_or_other_features_are_refused(copy, told, why) -> None:
    change(copy, **told)
    with pytest.raises(ModelRefused, match=why):
        load(copy)


def test_a_missing_array_is_refused(copy) -> None:
    with np.load(copy / "model.npz") as archive:
        kept = {name: archive[name] for name in archive.files if name != "quantiles"}
    np.savez_compressed(copy / "model.npz", **kept)
    change_hash_only(copy)
    with pytest.raises(ModelRefused, match="quantiles"):
        load(copy)


def test_a_file_over_the_limit_is_refused(copy) -> None:
    with (copy / "model.npz").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ModelRefused, match="over"):
        load(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "one"}'])
def test_a_broken_manifest_is_refused(copy, text) -> None:
    (copy / "manifest.json").write_text(text)
    with pytest.raises(ModelRefused):
        load(copy)
