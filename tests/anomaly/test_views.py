"""Two views of the same rows, and the bundle that holds both."""

from __future__ import annotations

import numpy as np
import pytest

from soc.anomaly import views
from soc.anomaly.calibration import Calibration
from soc.anomaly.model import ModelRefused, load
from soc.learn.forests import fit_views
from tests.anomaly.test_model import change, copy  # noqa: F401 (a fixture)

ROWS = np.random.default_rng(4).normal(size=(400, 3))


def test_normal_is_a_rank_as_a_quantile_whatever_the_scale() -> None:
    grid = views.grid_of(ROWS)
    assert views.normal(np.median(ROWS, axis=0)[None, :], grid) == pytest.approx(np.zeros((1, 3)), abs=0.01)
    assert (views.normal(ROWS, grid) == views.normal(np.exp(ROWS), views.grid_of(np.exp(ROWS)))).mean() > 0.95
    extreme = views.normal(np.array([[1e9, -1e9, 0.0]]), grid)[0]
    assert extreme[0] == pytest.approx(-extreme[1])
    assert extreme[0] > 3.0


def test_two_views_judge_by_the_mean_of_both_surprises() -> None:
    fitted = fit_views(ROWS, ["plain", "normal"], 50, 1)
    asked = np.vstack([ROWS[:5], [[9.0, 9.0, 9.0]]])
    each = [view.calibration.surprise(views.scores([view], asked)) for view in fitted.views]
    assert views.scores(fitted.views, asked) == pytest.approx((each[0] + each[1]) / 2)
    ps = Calibration(fitted.calibration).ps(views.scores(fitted.views, asked))
    assert ps.argmin() == 5
    assert ps[5] < 0.01


def test_held_out_scores_of_two_views_are_as_usual_as_their_share() -> None:
    fitted = fit_views(ROWS, ["plain", "normal"], 50, 1)
    fresh = np.random.default_rng(5).normal(size=(2000, 3))
    ps = Calibration(fitted.calibration).ps(views.scores(fitted.views, fresh))
    assert (ps <= 0.1).mean() == pytest.approx(0.1, abs=0.04)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A bundle of two views, for the tests below."""
    from soc.learn import train_events
    from tests.anomaly.requests import sessions, shipped

    place = tmp_path_factory.mktemp("models") / "firewall-flow"
    train_events(shipped("firewall-flow", views=["plain", "normal"]), sessions(300), (0, 1), place, seed=3)
    return place


def test_a_bundle_of_two_views_is_taken(copy) -> None:  # noqa: F811
    assert [view.grid is not None for view in load(copy).views] == [False, True]


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"normal_grid": np.zeros((1, 5))}, "quantiles"),
        ({"tables": np.frombuffer(b'{"known": 7}', np.uint8)}, "tables"),
        ({"plain_calibration": np.zeros(9)}, "golden rows"),
    ],
)
def test_a_second_view_or_tables_that_do_not_fit_are_refused(copy, arrays, why) -> None:  # noqa: F811
    change(copy, arrays)
    with pytest.raises(ModelRefused, match=why):
        load(copy)


def test_unknown_views_are_refused(copy) -> None:  # noqa: F811
    change(copy, views=["sideways"])
    with pytest.raises(ModelRefused, match="views"):
        load(copy)
