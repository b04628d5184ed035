"""A model bundle on disk: `model.npz` (arrays, never pickled objects) and `manifest.json`; refused unless it proves itself."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from soc.anomaly import features
from soc.anomaly.calibration import Calibration
from soc.anomaly.forest import LEAVES, SPLITS, Forest, score
from soc.finding import digest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = 1
MAX_BYTES = 64 << 20
_ARRAYS = (
    "features", "thresholds", "lengths", "samples", "calibration", "quantiles", "entities", "kinds", "count_entity",
    "count_kind", "count", "activity", "golden_rows", "golden_scores",
)  # fmt: skip


class ModelRefused(Exception):  # noqa: N818 (a verdict on a file)
    """The bundle is not used; the message says why."""


class Manifest(msgspec.Struct, frozen=True):
    format: int
    id: str
    """`host-window-20260102T030405-1f2e3d4c`: detector, end of training data, hash."""
    detector: str
    detector_version: str
    features: list[str]
    features_hash: str
    sha256: str
    """Of model.npz."""
    normalizer: float
    first: str
    last: str
    windows: int
    events: int
    entities: int
    seed: int
    libraries: dict[str, str]
    sample: bool = False


class Model(NamedTuple):
    manifest: Manifest
    forest: Forest
    calibration: Calibration
    quantiles: NDArray[np.float64]
    """(features, 101): percentiles of each feature in training; the middle one is "usual"."""
    past: features.Past


def features_hash(names: tuple[str, ...] | list[str]) -> str:
    """Changes whenever a model's columns would mean something else."""
    return digest(FORMAT, *names)[:16]


def save(folder: Path, manifest: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Manifest:
    """Write a bundle; the manifest last, so that a half-written one is never taken."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    data = buffer.getvalue()
    told = msgspec.convert({**manifest, "format": FORMAT, "sha256": sha256(data).hexdigest()}, Manifest)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("model.npz", data), ("manifest.json", msgspec.json.format(msgspec.json.encode(told)))):
        fresh = folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(folder / name)
    return told


def load(folder: Path) -> Model:
    """A bundle that proved itself.

    Raises:
        ModelRefused: it is too large, not the bytes that the manifest names, not of this format or these features,
            has numbers that are none, or does not reproduce its golden rows.
    """
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
        data = (folder / "model.npz").read_bytes() if (folder / "model.npz").stat().st_size <= MAX_BYTES else b""
    except (OSError, msgspec.DecodeError) as error:
        raise ModelRefused(f"{folder}: {error}") from error
    if manifest.format != FORMAT:
        raise ModelRefused(f"{folder}: format {manifest.format}; this version reads {FORMAT}")
    if not data or sha256(data).hexdigest() != manifest.sha256:
        raise ModelRefused(
            f"{folder}: model.npz is not the file that the manifest was written for, or over {MAX_BYTES} bytes"
        )
    if manifest.features_hash != features_hash(manifest.features) or tuple(manifest.features) != features.NAMES:
        raise ModelRefused(f"{folder}: made for other features; train it again")
    return _checked(folder, manifest, _arrays(folder, data))


def _arrays(folder: Path, data: bytes) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > 4 * MAX_BYTES:
                raise ModelRefused(f"{folder}: model.npz unpacks to too much")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in _ARRAYS}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelRefused(f"{folder}: {error}") from error


def _checked(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[Any]]) -> Model:
    trees, columns = len(arrays["features"]), len(manifest.features)
    forest = Forest(
        arrays["features"].astype(np.int16),
        arrays["thresholds"].astype(np.float32),
        arrays["lengths"].astype(np.float64),
        arrays["samples"].astype(np.int32),
        manifest.normalizer,
    )
    shapes = (forest.features.shape, forest.thresholds.shape, forest.lengths.shape, forest.samples.shape)
    if shapes != ((trees, SPLITS), (trees, SPLITS), (trees, LEAVES), (trees, SPLITS + LEAVES)) or not trees:
        raise ModelRefused(f"{folder}: the trees have not the shape of complete trees of depth 8")
    if forest.features.min() < 0 or forest.features.max() >= columns:
        raise ModelRefused(f"{folder}: a split looks at a feature that does not exist")
    if np.isnan(forest.thresholds).any() or not np.isfinite(forest.lengths).all() or manifest.normalizer <= 0:
        raise ModelRefused(f"{folder}: a threshold or path length is not a number")
    again = score(forest, arrays["golden_rows"])
    if not np.allclose(again, arrays["golden_scores"], rtol=0, atol=1e-9):
        raise ModelRefused(f"{folder}: does not reproduce its golden rows")
    return Model(manifest, forest, Calibration(arrays["calibration"]), arrays["quantiles"], _past(arrays))


def _past(arrays: dict[str, NDArray[Any]]) -> features.Past:
    entities, kinds = [str(name) for name in arrays["entities"]], [str(name) for name in arrays["kinds"]]
    by_entity: dict[str, dict[str, int]] = {name: {} for name in entities}
    overall: dict[str, int] = dict.fromkeys(kinds, 0)
    for entity, kind, count in zip(arrays["count_entity"], arrays["count_kind"], arrays["count"], strict=True):
        by_entity[entities[entity]][kinds[kind]] = int(count)
        overall[kinds[kind]] += int(count)
    rows = [features.Activity(int(row[0]), *(float(value) for value in row[1:])) for row in arrays["activity"]]
    activity = dict(zip(entities, rows, strict=True))
    return features.Past(by_entity, overall, activity, features.total_activity(rows))
