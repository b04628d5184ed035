"""The catalogue of features of windows: what one window of an entity looks like as numbers, against frozen tables of the past.

The fourteen of DETECTORS.md section 7 (host windows); a detector names those that it takes. A table knows per entity how often each kind occurred, and
the mean and spread of its activity; leave-one-out in training is the same function over tables without the window.
"""

from __future__ import annotations

from math import log1p, log2, sqrt
from typing import TYPE_CHECKING, NamedTuple

from soc.anomaly.catalogue import Feature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soc.anomaly.aggregate import Aggregate

SPREAD_FLOOR = 0.3
"""Least spread of a baseline, in units of log1p: a host that always did the same must not make a trifle infinite."""


CATALOGUE: tuple[Feature, ...] = (
    Feature("events", "events", "số sự kiện", magnitude=True),
    Feature("burst", "most events in 10 s", "số sự kiện nhiều nhất trong 10 giây", magnitude=True),
    Feature("active_minutes", "active minutes", "số phút có hoạt động"),
    Feature("events_z", "events against own baseline (spreads)", "số sự kiện so với mức nền của chính nó (độ lệch)"),
    Feature("burst_z", "burst against own baseline (spreads)", "độ dồn dập so với mức nền của chính nó (độ lệch)"),
    Feature("kinds", "different kinds of events", "số loại sự kiện khác nhau"),
    Feature("entropy", "mixture of kinds (bits)", "độ trộn lẫn các loại (bit)"),
    Feature("rarest", "rarest kind for this entity (bits)", "loại hiếm nhất với đối tượng này (bit)"),
    Feature("rarest3", "three rarest kinds for this entity (bits)", "ba loại hiếm nhất với đối tượng này (bit)"),
    Feature("rarity", "rarity of all kinds for this entity (bits)", "độ hiếm của mọi loại với đối tượng này (bit)"),
    Feature("rarest_global", "rarest kind for all entities (bits)", "loại hiếm nhất với mọi đối tượng (bit)"),
    Feature("rarest3_global", "three rarest kinds for all entities (bits)", "ba loại hiếm nhất với mọi đối tượng (bit)"),
    Feature("new_kinds", "kinds never seen here before", "số loại chưa từng thấy ở đây"),
    Feature("new_events", "events of kinds never seen here before", "số sự kiện thuộc loại chưa từng thấy ở đây", magnitude=True),
)  # fmt: skip
NAMES = tuple(feature.name for feature in CATALOGUE)


class Activity(NamedTuple):
    """Sums over an entity's past windows of log1p(events) and log1p(burst), for mean and spread."""

    windows: int = 0
    events: float = 0.0
    events2: float = 0.0
    burst: float = 0.0
    burst2: float = 0.0


class Past(NamedTuple):
    """What is known of the past: counts of kinds per entity and over all, and each entity's activity."""

    kinds: Mapping[str, Mapping[str, int]]
    overall: Mapping[str, int]
    activity: Mapping[str, Activity]
    everyone: Activity


def vector(entity: str, window: Aggregate, past: Past, own: Aggregate | None = None) -> list[float]:
    """The features of a window in the catalogue's order; `own` is subtracted from the past (leave-one-out)."""
    counts = window["kinds"]
    total = window["n"]
    burst = max(window["slots"].values())
    log_events, log_burst = log1p(total), log1p(burst)
    left_out = own["kinds"] if own else {}
    here = _rarities(counts, past.kinds.get(entity, {}), left_out)
    over_all = _rarities(counts, past.overall, left_out)
    known = past.kinds.get(entity, {})
    new = [kind for kind in counts if known.get(kind, 0) - left_out.get(kind, 0) <= 0]
    base = _without(past.activity.get(entity, past.everyone), own)
    if not base.windows:
        base = past.everyone
    minutes = {int(slot) // 6 for slot in window["slots"]}
    return [
        log_events,
        log_burst,
        float(len(minutes)),
        _z(log_events, base.events, base.events2, base.windows),
        _z(log_burst, base.burst, base.burst2, base.windows),
        float(len(counts)),
        -sum(n / total * log2(n / total) for n in counts.values()),
        here[0],
        sum(here[:3]),
        sum(here),
        over_all[0],
        sum(over_all[:3]),
        float(len(new)),
        log1p(sum(counts[kind] for kind in new)),
    ]


def activity_of(window: Aggregate, weight: int = 1) -> Activity:
    """What one window adds to its entity's activity."""
    events, burst = log1p(window["n"]), log1p(max(window["slots"].values()))
    return Activity(weight, weight * events, weight * events**2, weight * burst, weight * burst**2)


def total_activity(parts: Sequence[Activity]) -> Activity:
    return Activity(*(sum(column) for column in zip(*parts, strict=True))) if parts else Activity()


def _without(base: Activity, own: Aggregate | None) -> Activity:
    return total_activity([base, activity_of(own, -1)]) if own else base


def _rarities(counts: Mapping[str, int], past: Mapping[str, int], left_out: Mapping[str, int]) -> list[float]:
    """Bits of surprise of each kind, the greatest first: -log2 of its smoothed share of the past."""
    total = sum(past.values()) - sum(left_out.values())
    share = total + len(past) + 1
    return sorted((log2(share / (past.get(kind, 0) - left_out.get(kind, 0) + 1)) for kind in counts), reverse=True)


def _z(value: float, total: float, squares: float, windows: int) -> float:
    if windows < 1:
        return 0.0
    mean = total / windows
    spread = sqrt(max(squares / windows - mean**2, 0.0))
    return (value - mean) / max(spread, SPREAD_FLOOR)
