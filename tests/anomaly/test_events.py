"""Single events: learnt from usual ones, scored in batches, explained; what one sender repeats becomes usual only so far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from soc.anomaly import event_features, rarity, score_events
from soc.anomaly.events import wanted
from soc.anomaly.model import load
from soc.learn import train_events
from tests.anomaly.requests import request, requests, sessions, shipped

TIMES = (1_795_500_000_000_000, 1_795_600_000_000_000)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    detector, folder = shipped("web-request"), tmp_path_factory.mktemp("models") / "web-request"
    train_events(detector, requests(600), TIMES, folder, seed=3)
    return detector, load(folder)


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    detector, folder = shipped("firewall-flow", views=["plain", "normal"]), tmp_path_factory.mktemp("models") / "flow"
    train_events(detector, sessions(600), TIMES, folder, seed=3)
    return detector, load(folder)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (request(query="id=512' or 1=1--"), "rarest shape of a value for its parameter (bits)"),
        (request(query="id=512&admin=1"), "rarest parameter for this path (bits)"),
        (request(path="/shop/item.bak", query=""), "rarity of the path (bits)"),
        (request(method="PUT"), "rarity of the method for this path (bits)"),
        (request(query="id=" + "7" * 400), "length of a value against its parameter (spreads)"),
    ],
)
def test_a_strange_request_is_marked_and_its_reason_named(web, odd, reason) -> None:
    usual, strange = score_events([request(), odd], *web)
    assert (usual.alert, strange.alert) == (False, True)
    assert strange.score > usual.score
    assert 0 < strange.p < usual.p <= 1
    assert reason in [one["name"] for one in strange.why[:3]]
    assert len(strange.why) == 5
    assert all(
        one["name_vi"] and np.isfinite([one["value"], one["usual"], one["contribution"]]).all() for one in strange.why
    )
    assert (strange.entity, usual.why) == ("192.0.2.7", ())


def test_a_session_with_a_server_that_nobody_asks_is_marked(flow) -> None:
    usual = sessions(1, seed=9)[0]
    odd = usual | {
        "destination.ip": "10.0.0.99",
        "destination.port": 445,
        "network.transport": "tcp",
        "source.bytes": 10**9,
    }
    found = score_events([usual, odd], *flow)
    assert [unit.alert for unit in found] == [False, True]
    named = {one["name"] for one in found[1].why}
    assert named & {
        "rarity of the destination (bits)",
        "rarity of the service at this destination (bits)",
        "bytes sent",
    }


def test_about_a_hundredth_of_usual_events_is_marked(web, flow) -> None:
    for (detector, model), usual in ((web, requests(3000, seed=8)), (flow, sessions(3000, seed=8))):
        marked = sum(unit.alert for unit in score_events(usual, detector, model))
        assert marked < 0.025 * len(usual)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), max_size=8))
def test_what_a_batch_holds_changes_no_unit(flow, sizes) -> None:
    documents, found, start = sessions(40, seed=11), [], 0
    for size in [*sizes, len(documents)]:
        found += score_events(documents[start : start + size], *flow)
        start += size
    assert found == score_events(documents, *flow)


def test_features_whose_field_no_event_has_are_left_out_of_the_model(web) -> None:
    detector, model = web
    assert "status_rarity" in detector.features
    assert model.manifest.features == [
        name for name in detector.features if name not in {"status_rarity", "agent_rarity"}
    ]


def test_a_model_of_single_events_says_what_it_was_made_of(web) -> None:
    told = web[1].manifest
    assert (told.unit, told.views, told.windows, told.events, told.entities) == ("event", ["plain"], 600, 600, 39)
    assert (told.first, told.last) == ("2026-11-24T06:00:00.000Z", "2026-11-25T09:46:40.000Z")


def test_what_lacks_a_field_of_the_filter_is_not_judged(web) -> None:
    assert wanted(request(), web[0])
    assert not wanted({"url.path": "/"}, web[0])


@pytest.mark.parametrize(
    "document",
    [{}, {"url.path": None}, {"url.query": 7, "http.request.body.content": ["a=b"]}, {"source.ip": ["10.0.0.1"], "source.bytes": "many"},
     {"destination.port": -1}, {"source.ip": "not an address", "event.duration": float("inf")}, {"url.query": "&&=&a"}],
)  # fmt: skip
def test_no_document_is_too_odd_to_be_scored(web, flow, document) -> None:
    for detector, model in (web, flow):
        (unit,) = score_events([document], detector, model)
        assert 0 < unit.p <= 1


def test_every_feature_of_the_catalogue_can_be_learnt_and_read() -> None:
    names = [feature.name for feature in event_features.CATALOGUE]
    documents = [one | two for one, two in zip(requests(60), sessions(60), strict=True)]
    rows, past = event_features.learnt(documents, [""] * 60, names)
    again = event_features.rows(documents, names, rarity.decode(rarity.encode(past)))
    assert np.isfinite(np.array(rows + again)).all()
    assert len(set(names)) == len(names)


def test_one_sender_that_repeats_a_thing_makes_it_usual_only_so_far() -> None:
    attack = request(query="id=<script>")
    bits = []
    for senders in (1, 1000):
        repeated = [attack | {"source.ip": f"198.51.100.{number % senders}"} for number in range(1000)]
        documents = requests(1000) + repeated
        entities = [document["source.ip"] for document in documents]
        _, past = event_features.learnt(documents, entities, ["shape_rarity"])
        bits.append(event_features.rows([attack], ["shape_rarity"], past)[0][0])
    assert bits[0] > bits[1] + 1.0
