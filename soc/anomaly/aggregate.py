"""Aggregates of the events of one window: small, mergeable in any order, and JSON, because they travel on `soc.hits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOT = 10 * instant.SECOND
MAX_KINDS = 256
OTHER = "\u2026"
"""Takes the events of kinds beyond the 256th."""

Aggregate = dict[str, Any]


def empty() -> Aggregate:
    return {"n": 0, "kinds": {}, "slots": {}, "refs": [], "sample": False}


def add(aggregate: Aggregate, kind: str, offset: int, ref: str, *, sample: bool) -> None:
    """Count one event of a kind, `offset` microseconds after the window's start."""
    aggregate["n"] += 1
    kinds = aggregate["kinds"]
    if kind not in kinds and len(kinds) >= MAX_KINDS:
        kind = OTHER
    if kind not in kinds and len(aggregate["refs"]) < 10:
        aggregate["refs"].append(ref)
    kinds[kind] = kinds.get(kind, 0) + 1
    slot = str(offset // SLOT)  # JSON has only text as keys
    aggregate["slots"][slot] = aggregate["slots"].get(slot, 0) + 1
    aggregate["sample"] = aggregate["sample"] or sample


def merge(parts: Iterable[Aggregate]) -> Aggregate:
    """One aggregate from those of several strides, given in a fixed order."""
    merged = empty()
    for part in parts:
        merged["n"] += part["n"]
        merged["sample"] = merged["sample"] or part["sample"]
        merged["refs"] = (merged["refs"] + part["refs"])[:20]
        for name in ("kinds", "slots"):
            counts = merged[name]
            for key, number in part[name].items():
                counts[key] = counts.get(key, 0) + number
    return merged
