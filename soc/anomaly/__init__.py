"""Anomaly detection: events to aggregates, closed windows and single events to calibrated, explained scores. Pure."""

from soc.anomaly.detector import Detector
from soc.anomaly.events import EventUnit, score_events
from soc.anomaly.loading import Detectors, load
from soc.anomaly.repeated import Repeated
from soc.anomaly.scoring import Unit, score
from soc.anomaly.strides import Strides

__all__ = ["Detector", "Detectors", "EventUnit", "Repeated", "Strides", "Unit", "load", "score", "score_events"]
