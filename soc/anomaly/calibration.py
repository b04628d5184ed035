"""From a score to how unusual it is: the share of usual windows at least as strange, from held-out scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Calibration(NamedTuple):
    scores: NDArray[np.float64]
    """Held-out scores of usual windows, rising."""

    def p(self, score: float) -> float:
        """The survival of a score, in (0, 1]; beyond the strangest one an exponential tail keeps the order."""
        known = len(self.scores)
        above = known - int(np.searchsorted(self.scores, score, side="left"))
        if above or not known:
            return (above + 1) / (known + 1)
        tail = self.scores[-max(2, known // 20) :]
        scale = max(float(tail.mean() - tail[0]), 1e-3)
        return max(math.exp(-(score - float(self.scores[-1])) / scale) / (known + 1), 1e-12)


def points(p: float) -> float:
    """0 to 100: 25 points for each power of ten beyond one in ten."""
    return min(100.0, 25.0 * max(0.0, -math.log10(p) - 1.0))


def severity(score: float) -> str:
    """The level of an anomaly: the usual bands of 25 points."""
    return ("informational", "low", "medium", "high", "critical")[min(4, int(score // 25))]
