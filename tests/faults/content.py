"""What the fault runs detect: two rules, correlations of each way of telling, and a detector with a model, all with short windows."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import yaml

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
NOISY = "noisy"
FLOOD = "44444444-4444-4444-8444-444444444444"
_FLOOD: Mapping[str, Any] = {
    "title": "Flood", "id": FLOOD, "status": "test", "level": "low", "logsource": {"product": "linux"},
    "detection": {"keywords": ["flood"], "condition": "keywords"},
}  # fmt: skip
_NOISY: Mapping[str, Any] = {
    "title": "Noisy",
    "id": NOISY,
    "correlation": {
        "type": "event_count", "rules": [FLOOD], "group-by": ["host.name"], "timespan": "10m", "condition": {"gte": 1000},
    },
}  # fmt: skip
"""A correlation of its own for row F19: what only it counts makes no findings."""
_SHORT = DETECTOR.replace("window: 1m", "window: 20s")


def install(site: Path, lateness: int, *, flood: bool = False) -> None:
    """Into a site's folder; correlations wait `lateness` seconds for what comes late."""
    (site / "rules").mkdir(parents=True, exist_ok=True)
    write_rules(site / "rules", CORRELATIONS, f"{lateness}s")
    for document in (_FLOOD, _NOISY) if flood else ():
        (site / "rules" / f"{document['id']}.yml").write_text(yaml.safe_dump(dict(document)))
    copytree(_trained(), site, dirs_exist_ok=True)


@cache
def _trained() -> Path:
    """Trained once for all runs of a process."""
    folder = Path(mkdtemp(prefix="soc-model-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    (folder / "detectors").mkdir()
    file = folder / "detectors" / "test-window.yml"
    file.write_text(_SHORT)
    detector = read_detector(file)
    assert isinstance(detector, Detector), detector
    train(detector, usual_windows(detector), folder / "models" / detector.id)
    return folder
