"""The tables of the past that windows are compared with: counted in training, kept in the bundle."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from soc.anomaly.features import Activity, Past, activity_of, total_activity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soc.anomaly import aggregate


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


def arrays_of(past: Past) -> dict[str, Any]:
    """The tables as arrays of a bundle."""
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
