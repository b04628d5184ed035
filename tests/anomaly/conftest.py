"""A detector and a model learnt from invented hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from soc import content, instant
from soc.anomaly import Detector, aggregate
from soc.anomaly.detector import read
from soc.anomaly.model import load
from soc.correlate import Closed
from soc.learn import train

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soc.anomaly.model import Model

START = 1_795_500_000_000_000


@pytest.fixture(scope="session")
def detector() -> Detector:
    found = read(content.detectors_dir() / "host-window.yml")
    assert isinstance(found, Detector), found
    return found


@pytest.fixture(scope="session")
def closed(detector: Detector) -> Sequence[Closed]:
    return windows(detector, 400)


@pytest.fixture(scope="session")
def folder(detector: Detector, closed: Sequence[Closed], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / detector.id
    train(detector, closed, place, seed=7)
    return place


@pytest.fixture(scope="session")
def model(folder: Path) -> Model:
    return load(folder)


def windows(detector: Detector, count: int, seed: int = 3) -> list[Closed]:
    """Usual ten minutes of four hosts."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(count):
        host = f"host-{number % 4}"
        counted = aggregate.empty()
        for _ in range(int(chance.integers(5, 60))):
            kind = str(chance.choice(["logon", "logoff", "process", "service"], p=[0.4, 0.3, 0.28, 0.02]))
            aggregate.add(counted, kind, int(chance.integers(0, detector.width)), f"ref:{number}", sample=False)
        found.append(window(detector, host, number // 4, counted))
    return found


def window(detector: Detector, host: str, number: int, counted: aggregate.Aggregate) -> Closed:
    start = START + number * detector.width
    return Closed(
        detector.name, (("host.name", host),), start, start + detector.width, (counted,), start + instant.MINUTE
    )
