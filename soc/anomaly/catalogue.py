"""What every feature of every unit has: a name for detectors, and words for analysts."""

from __future__ import annotations

from typing import NamedTuple


class Feature(NamedTuple):
    name: str
    """What a detector's `features:` calls it."""
    en: str
    """What it counts, and in which unit if it is no plain number."""
    vi: str
    magnitude: bool = False
    """Stored as log1p, shown as the number itself."""
