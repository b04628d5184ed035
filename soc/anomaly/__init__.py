"""Anomaly detection: events to aggregates, closed windows to calibrated, explained scores. Pure."""

from soc.anomaly.detector import Detector
from soc.anomaly.loading import Detectors, load
from soc.anomaly.scoring import Unit, score
from soc.anomaly.strides import Strides

__all__ = ["Detector", "Detectors", "Strides", "Unit", "load", "score"]
