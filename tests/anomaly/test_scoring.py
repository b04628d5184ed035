"""Closed windows to units: calibrated, explained, in batches as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from soc.anomaly import Detectors, aggregate, score
from soc.anomaly.calibration import Calibration, points, severity
from tests.anomaly.conftest import window, windows


@pytest.fixture
def detectors(detector, model) -> Detectors:
    return Detectors((detector,), {detector.name: model})


def strange(detector):
    """A host that does a thousand things that nobody has ever done."""
    counted = aggregate.empty()
    for number in range(1000):
        aggregate.add(counted, f"never-{number % 40}", number, f"logs.host:0:{number}", sample=False)
    return window(detector, "host-1", 900, counted)


def test_a_strange_window_is_an_alert_and_its_reasons_are_named(detector, detectors) -> None:
    usual, odd = score([windows(detector, 1, seed=9)[0], strange(detector)], detectors)
    assert (usual.alert, odd.alert, odd.notable) == (False, True, True)
    assert odd.score > usual.score
    assert 0 < odd.p < usual.p <= 1
    assert odd.info.state == "live"
    assert usual.info.state == "shadow"
    assert len(odd.why) == 5
    named = {one["name"] for one in odd.why}
    assert named & {"kinds never seen here before", "events of kinds never seen here before", "rarity of all kinds for this entity (bits)", "different kinds of events", "events"}  # fmt: skip
    assert all(np.isfinite([one["value"], one["usual"], one["contribution"]]).all() for one in odd.why)
    assert odd.document["soc.anomaly.explanation.vi"] != odd.document["soc.anomaly.explanation.en"]
    assert odd.ref == "logs.host:0:0"


def test_a_batch_gives_what_each_window_gives_alone(detector, detectors) -> None:
    closed = windows(detector, 40, seed=11)
    together = score(closed, detectors)
    assert together == [score([one], detectors)[0] for one in closed]


def test_windows_of_a_detector_without_a_model_are_left_out(detector, closed) -> None:
    assert score(closed[:3], Detectors((detector,))) == []


def test_nothing_is_scored_for_nothing(detectors) -> None:
    assert score([], detectors) == []


@given(st.lists(st.floats(0, 1), max_size=60), st.lists(st.floats(-1, 2), min_size=2, max_size=20))
def test_a_stranger_score_is_never_more_usual(known, asked) -> None:
    calibration = Calibration(np.sort(np.array(known, dtype=float)))
    ps = [calibration.p(one) for one in sorted(asked)]
    assert ps == sorted(ps, reverse=True)
    assert all(0 < p <= 1 for p in ps)


def test_p_is_the_share_of_usual_windows_that_are_as_strange() -> None:
    calibration = Calibration(np.linspace(0, 1, 999))
    assert calibration.p(0.5) == pytest.approx(0.5, abs=0.002)
    assert calibration.p(1.0) == pytest.approx(0.0015)
    assert calibration.p(1.1) < 0.001
    assert Calibration(np.array([])).p(0.7) == 1.0


@pytest.mark.parametrize(
    ("p", "score_", "level"),
    [(1, 0, "informational"), (0.1, 0, "informational"), (1e-2, 25, "low"), (1e-3, 50, "medium"), (1e-4, 75, "high"), (1e-9, 100, "critical")],
)  # fmt: skip
def test_each_power_of_ten_is_25_points_and_a_level(p, score_, level) -> None:
    assert points(p) == pytest.approx(score_)
    assert severity(points(p) + 1e-9) == level
