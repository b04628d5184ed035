"""From a score to how unusual it is: the share of usual units at least as strange, from held-out scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_P = 1e-12


class Calibration(NamedTuple):
    scores: NDArray[np.float64]
    """Held-out scores of usual units, rising."""

    def p(self, score: float) -> float:
        """The survival of a score, in (0, 1]; beyond the strangest one an exponential tail keeps the order."""
        return float(self.ps(np.array([score]))[0])

    def ps(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of many."""
        return np.maximum(np.exp(-self.surprise(scores)), LEAST_P)

    def surprise(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """-ln of the survival, without a floor: a score among known ones lies between two, so that rates come true."""
        known = len(self.scores)
        if not known:
            return np.zeros(len(scores))
        above = known - np.searchsorted(self.scores, scores, side="left")
        tail = self.scores[-max(2, known // 20) :]
        scale = max(float(tail.mean() - tail[0]), 1e-3)
        beyond = math.log(known + 1) + (scores - self.scores[-1]) / scale
        within: NDArray[np.float64] = -np.log((above + 0.5) / (known + 1))
        return np.where(above > 0, within, beyond)


def points(p: float) -> float:
    """0 to 100: 25 points for each power of ten beyond one in ten."""
    return min(100.0, 25.0 * max(0.0, -math.log10(p) - 1.0))


def severity(score: float) -> str:
    """The level of an anomaly: the usual bands of 25 points."""
    return ("informational", "low", "medium", "high", "critical")[min(4, int(score // 25))]
