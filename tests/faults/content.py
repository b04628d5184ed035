"""What the fault runs detect: two rules, correlations of each way of telling, and a detector with a model, all with short windows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from soc.anomaly import Detector
from soc.anomaly.detector import read as read_detector
from soc.learn import train
from tests.faults.world import ATTACK, DETECTOR, ROOT, usual_windows, write_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

CORRELATIONS: Mapping[str, Mapping[str, Any]] = {
    "many": {"type": "event_count", "rules": [ATTACK], "timespan": "20s", "condition": {"gte": 3}, "generate": True},
    "in-order": {"type": "temporal_ordered", "rules": [ATTACK, ROOT], "timespan": "30s"},
    "few": {"type": "event_count", "rules": [ROOT], "timespan": "10s", "condition": {"lte": 2}},
    "long": {"type": "event_count", "rules": [ATTACK], "timespan": "2h", "condition": {"gte": 3}},
    "above": {"type": "event_count", "rules": ["many"], "timespan": "20s", "condition": {"lte": 3}, "generate": True},
}
_SHORT = DETECTOR.replace("window: 1m", "window: 20s")


def install(site: Path, lateness: int) -> None:
    """Into a site's folder; correlations wait `lateness` seconds for what comes late."""
    (site / "rules").mkdir(parents=True, exist_ok=True)
    write_rules(site / "rules", CORRELATIONS, f"{lateness}s")
    copytree(_trained(), site, dirs_exist_ok=True)


@cache
def _trained() -> Path:
    """Trained once for all runs of a process."""
    folder = Path(mkdtemp(prefix="soc-model-"))
    (folder / "detectors").mkdir()
    file = folder / "detectors" / "test-window.yml"
    file.write_text(_SHORT)
    detector = read_detector(file)
    assert isinstance(detector, Detector), detector
    train(detector, usual_windows(detector), folder / "models" / detector.id)
    return folder
