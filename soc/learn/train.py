"""From what happened to a model bundle: tables, forests, held-out calibration, golden rows; of closed windows or single events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sklearn

from soc import instant
from soc.anomaly import aggregate, event_features, rarity, views
from soc.anomaly.events import entity_of
from soc.anomaly.features import NAMES, vector
from soc.anomaly.model import features_hash, save
from soc.errors import SocError
from soc.finding import digest
from soc.learn import tables
from soc.learn.forests import FOLDS, arrays_of, fit_views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from soc.anomaly import Detector
    from soc.anomaly.model import Manifest
    from soc.correlate import Closed

LEAST_UNITS = 50
_GOLDEN = 64
_UNITS = {"window": "windows", "event": "events"}


def _silent(_: str) -> None:
    """Progress that nobody asked for."""


class _Learnt(NamedTuple):
    """What the units of the past came to."""

    rows: NDArray[np.float64]
    features: list[str]
    tables: dict[str, NDArray[Any]]
    first: int
    last: int
    events: int
    entities: int


def train(
    detector: Detector,
    closed: Sequence[Closed],
    folder: Path,
    *,
    seed: int = 1,
    sample: bool = False,
    progress: Callable[[str], None] = _silent,
) -> Manifest:
    """Learn a detector from closed windows and write the bundle.

    Raises:
        SocError: there are too few windows to learn from.
    """
    _enough(detector, len(closed))
    merged = [aggregate.merge(window.aggregates) for window in closed]
    entities = [window.entity[0][1] for window in closed]
    past = tables.past_of(entities, merged)
    progress(f"{len(closed)} windows of {len(past.kinds)} entities")
    rows = np.array([vector(name, counted, past, counted) for name, counted in zip(entities, merged, strict=True)])
    learnt = _Learnt(
        rows[:, [NAMES.index(name) for name in detector.features]],
        detector.features,
        tables.arrays_of(past),
        min(window.start for window in closed),
        max(window.end for window in closed),
        sum(counted["n"] for counted in merged),
        len(past.kinds),
    )
    return _write(detector, learnt, folder, seed, progress, sample=sample)


def train_events(
    detector: Detector,
    documents: Sequence[Mapping[str, Any]],
    times: tuple[int, int],
    folder: Path,
    *,
    seed: int = 1,
    progress: Callable[[str], None] = _silent,
) -> Manifest:
    """Learn a detector from single events, the first and last of which happened at `times`; write the bundle.

    Raises:
        SocError: there are too few events to learn from.
    """
    _enough(detector, len(documents))
    entities = [entity_of(document, detector) for document in documents]
    names = event_features.told(detector.features, documents)
    rows, past = event_features.learnt(documents, entities, names)
    known = len(set(entities) - {""})
    progress(f"{len(documents)} events of {known} entities")
    table = np.frombuffer(rarity.encode(past), np.uint8)
    learnt = _Learnt(np.array(rows), names, {"tables": table}, *times, len(documents), known)
    return _write(detector, learnt, folder, seed, progress, sample=False)


def _enough(detector: Detector, units: int) -> None:
    if units < LEAST_UNITS:
        what = _UNITS[detector.unit]
        raise SocError(f"{units} {what} are too few to learn from; {detector.id} needs {LEAST_UNITS} and more")


def _write(
    detector: Detector, learnt: _Learnt, folder: Path, seed: int, progress: Callable[[str], None], *, sample: bool
) -> Manifest:
    rows, names = learnt.rows, learnt.features
    progress(f"{len(names)} features; fitting {FOLDS} held-out forests and the final one")
    fitted = fit_views(rows, detector.views, detector.trees, seed)
    golden = rows[np.linspace(0, len(rows) - 1, min(_GOLDEN, len(rows))).astype(int)]
    arrays = {
        **arrays_of(fitted, detector.views),
        **learnt.tables,
        "quantiles": np.percentile(rows, np.arange(101), axis=0).T,
        "golden_rows": golden,
        "golden_scores": views.scores(fitted.views, golden),
    }
    last = instant.iso(learnt.last)
    stamp = last[:19].replace("-", "").replace(":", "")
    manifest = {
        "id": f"{detector.id}-{stamp}-{digest(seed, len(rows), rows.tobytes())[:8]}",
        "detector": detector.id,
        "detector_version": detector.version,
        "features": names,
        "features_hash": features_hash(names),
        "normalizer": fitted.views[0].forest.normalizer,
        "first": instant.iso(learnt.first),
        "last": last,
        "windows": len(rows),
        "events": learnt.events,
        "entities": learnt.entities,
        "seed": seed,
        "libraries": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "sample": sample,
        "unit": detector.unit,
        "views": detector.views,
    }
    return save(folder, manifest, arrays)
