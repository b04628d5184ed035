"""A model bundle on disk: `model.npz` (arrays, never pickled objects) and `manifest.json`; refused unless it proves itself."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from soc.anomaly import features, rarity, views as viewing
from soc.anomaly.calibration import Calibration
from soc.anomaly.detector import CATALOGUES
from soc.anomaly.forest import LEAVES, SPLITS, Forest
from soc.anomaly.views import View
from soc.finding import digest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = 1
MAX_BYTES = 64 << 20
_FOREST = ("features", "thresholds", "lengths", "samples")
_ARRAYS = (*_FOREST, "calibration", "quantiles", "golden_rows", "golden_scores")
_WINDOW_TABLES = ("entities", "kinds", "count_entity", "count_kind", "count", "activity")
_EVENT_TABLES = ("tables",)
NORMAL = "normal_"
"""Before the names of the second view's arrays."""


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
    """Units that it was learnt from: windows, or events of a detector of single events."""
    events: int
    entities: int
    seed: int
    libraries: dict[str, str]
    sample: bool = False
    unit: str = "window"
    views: list[str] = msgspec.field(default_factory=lambda: ["plain"])


class Model(NamedTuple):
    manifest: Manifest
    views: tuple[View, ...]
    calibration: Calibration
    quantiles: NDArray[np.float64]
    """(features, 101): percentiles of each feature in training; the middle one is "usual"."""
    past: features.Past | rarity.Past
    """The tables that windows, or single events, are compared with."""


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
    known = CATALOGUES.get(manifest.unit, {})
    if manifest.features_hash != features_hash(manifest.features) or not set(manifest.features) <= set(known):
        raise ModelRefused(f"{folder}: made for other features; train it again")
    if manifest.views not in (["plain"], ["plain", "normal"], ["normal"], ["normal", "plain"]):
        raise ModelRefused(f"{folder}: made for other views; train it again")
    return _checked(folder, manifest, _arrays(folder, data, _names(manifest)))


def _names(manifest: Manifest) -> list[str]:
    """The arrays that a bundle must have."""
    names = [*_ARRAYS, *(_WINDOW_TABLES if manifest.unit == "window" else _EVENT_TABLES)]
    if len(manifest.views) > 1:
        names += ["plain_calibration", f"{NORMAL}calibration", *(NORMAL + name for name in _FOREST)]
    return names + [f"{NORMAL}grid"] * ("normal" in manifest.views)


def _arrays(folder: Path, data: bytes, names: list[str]) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > 4 * MAX_BYTES:
                raise ModelRefused(f"{folder}: model.npz unpacks to too much")
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelRefused(f"{folder}: {error}") from error


def _checked(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[Any]]) -> Model:
    views = tuple(_view(folder, manifest, arrays, name) for name in manifest.views)
    again = viewing.scores(views, arrays["golden_rows"])
    if not np.allclose(again, arrays["golden_scores"], rtol=0, atol=1e-9):
        raise ModelRefused(f"{folder}: does not reproduce its golden rows")
    try:
        past = _past(arrays) if manifest.unit == "window" else rarity.decode(arrays["tables"].tobytes())
    except msgspec.DecodeError as error:
        raise ModelRefused(f"{folder}: tables: {error}") from error
    return Model(manifest, views, Calibration(arrays["calibration"]), arrays["quantiles"], past)


def _view(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[Any]], name: str) -> View:
    """One view of a bundle; a bundle of one view has its arrays under their plain names."""
    single = len(manifest.views) == 1
    forest = _forest(folder, manifest, arrays, NORMAL if name == "normal" and not single else "")
    calibration = arrays["calibration" if single else f"{name}_calibration"]
    grid = arrays[f"{NORMAL}grid"] if name == "normal" else None
    if grid is not None and (grid.shape != (len(manifest.features), viewing.GRID) or not np.isfinite(grid).all()):
        raise ModelRefused(f"{folder}: the quantiles are not those of these features")
    return View(forest, Calibration(calibration), grid)


def _forest(folder: Path, manifest: Manifest, arrays: dict[str, NDArray[Any]], prefix: str) -> Forest:
    trees, columns = len(arrays[f"{prefix}features"]), len(manifest.features)
    forest = Forest(
        arrays[f"{prefix}features"].astype(np.int16),
        arrays[f"{prefix}thresholds"].astype(np.float32),
        arrays[f"{prefix}lengths"].astype(np.float64),
        arrays[f"{prefix}samples"].astype(np.int32),
        manifest.normalizer,
    )
    shapes = (forest.features.shape, forest.thresholds.shape, forest.lengths.shape, forest.samples.shape)
    if shapes != ((trees, SPLITS), (trees, SPLITS), (trees, LEAVES), (trees, SPLITS + LEAVES)) or not trees:
        raise ModelRefused(f"{folder}: the trees have not the shape of complete trees of depth 8")
    if forest.features.min() < 0 or forest.features.max() >= columns:
        raise ModelRefused(f"{folder}: a split looks at a feature that does not exist")
    if np.isnan(forest.thresholds).any() or not np.isfinite(forest.lengths).all() or manifest.normalizer <= 0:
        raise ModelRefused(f"{folder}: a threshold or path length is not a number")
    return forest


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
