"""Single events to scored units, in batches: features, forests, p, points, and reasons for the strange ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from soc.anomaly import event_features, rarity, views
from soc.anomaly.calibration import points
from soc.anomaly.explaining import explain
from soc.anomaly.subjects import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.anomaly.detector import Detector
    from soc.anomaly.model import Model


class EventUnit(NamedTuple):
    """One scored event."""

    entity: str
    """Empty if the event names none."""
    score: float
    """0 to 100, higher is stranger."""
    p: float
    """Share of usual events at least as strange."""
    alert: bool
    """A mark: single events alert nobody."""
    why: tuple[dict[str, Any], ...]


def wanted(document: Mapping[str, Any], detector: Detector) -> bool:
    """Whether an event is one that the detector judges."""
    return all(name in document for name in detector.source.fields)


def entity_of(document: Mapping[str, Any], detector: Detector) -> str:
    return text(document.get(detector.entity))


def score_events(documents: Sequence[Mapping[str, Any]], detector: Detector, model: Model) -> list[EventUnit]:
    """The units of events, in their order. What a batch holds changes nothing about any of them."""
    if not documents:
        return []
    past = model.past
    assert isinstance(past, rarity.Past), model.manifest.id
    rows = np.array(event_features.rows(documents, model.manifest.features, past))
    ps = model.calibration.ps(views.scores(model.views, rows))
    notable = max(detector.alert_p, detector.review_p)
    return [
        EventUnit(
            entity_of(document, detector),
            points(p),
            p,
            p <= detector.alert_p,
            explain(row, model) if p <= notable else (),
        )
        for document, row, p in zip(documents, rows, ps.tolist(), strict=True)
    ]
