"""`soc train` and `soc score` on files: windows and single events, every unit once, whatever follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from soc.cli import main
from tests.anomaly.requests import request, requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Soc = Callable[..., Result]

EVENT_DETECTOR = """\
id: shop-request
title: Odd request
title_vi: Yêu cầu lạ
unit: event
source: {topics: [logs.app], fields: [http.request.method]}
entity: source.ip
features: [path_rarity, method_rarity, names_rarity, shape_rarity]
trees: 50
alert_p: 0.01
review_p: 0.02
"""
WINDOW_DETECTOR = """\
id: host-five
title: Odd host
title_vi: Máy lạ
entity: host.name
window: 5m
kind: [event.code]
features: [rarest, events, new_kinds]
trees: 50
"""


@pytest.fixture
def soc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Soc:
    monkeypatch.delenv("SOC_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "var" / "site" / "detectors"
    folder.mkdir(parents=True)
    (folder / "shop-request.yml").write_text(EVENT_DETECTOR)
    (folder / "host-five.yml").write_text(WINDOW_DETECTOR)
    return lambda *arguments: CliRunner().invoke(main, [*map(str, arguments)])


def stamped(documents: list[dict]) -> list[str]:
    return [
        json.dumps(
            {"@timestamp": f"2026-03-02T{7 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"} | document
        )
        for number, document in enumerate(documents)
    ]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_every_request_of_a_file_is_scored_under_its_line(soc: Soc, tmp_path: Path) -> None:
    usual = write(tmp_path / "usual", stamped(requests(400)))
    done = soc("train", "shop-request", "--events", usual, "--model", tmp_path / "model")
    assert done.exit_code == 0, done.output
    assert "400 events, 400 events, 39 entities, 2026-03-02T07:00:00.000Z to 2026-03-02T07:06:39.000Z" in done.stderr
    odd = request(path="/shop/item.bak", query="", method="PUT")
    lines = stamped([request(), odd, {"host.name": "web-01", "event.code": "1"}, request()])
    lines.insert(1, "")
    lines.insert(2, "{broken")
    done = soc("score", "shop-request", "--model", tmp_path / "model", "--events", write(tmp_path / "new", lines))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["event"], one["alert"]) for one in told] == [(0, False), (3, True), (5, False)]
    assert told[1]["entity"] == {"source.ip": "192.0.2.7"}
    assert told[1]["@timestamp"] == "2026-03-02T07:00:01.000Z"
    assert {one["name"] for one in told[1]["features"]} >= {"rarity of the path (bits)"}
    assert done.stderr == "1 lines could not be read and were left out\n"


def test_a_window_takes_the_features_that_its_detector_names(soc: Soc, tmp_path: Path) -> None:
    events = [{"host.name": f"host-{number % 3}", "event.code": str(number % 7)} for number in range(12_000)]
    usual = write(tmp_path / "usual", stamped(events))
    assert soc("train", "host-five", "--events", usual, "--model", tmp_path / "model").exit_code == 0
    assert json.loads((tmp_path / "model" / "manifest.json").read_text())["features"] == [
        "rarest",
        "events",
        "new_kinds",
    ]
    new = [{"host.name": "host-1", "event.code": f"never-{number}"} for number in range(200)]
    done = soc("score", "host-five", "--model", tmp_path / "model", "--events", write(tmp_path / "new", stamped(new)))
    (told,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert told["entity"] == {"host.name": "host-1"}
    assert (told["start"], told["end"]) == ("2026-03-02T07:00:00.000Z", "2026-03-02T07:05:00.000Z")
    assert told["alert"]
    assert len(told["features"]) == 3


def test_a_model_of_other_features_is_refused(soc: Soc, tmp_path: Path) -> None:
    usual = write(tmp_path / "usual", stamped(requests(60)))
    assert soc("train", "shop-request", "--events", usual, "--model", tmp_path / "model").exit_code == 0
    file = tmp_path / "var" / "site" / "detectors" / "shop-request.yml"
    file.write_text(EVENT_DETECTOR.replace("path_rarity, ", ""))
    done = soc("score", "shop-request", "--model", tmp_path / "model", "--events", usual)
    assert done.exit_code == 2
    assert "made for other features than shop-request has now; train it again" in done.stderr


def test_too_few_events_are_refused_with_the_number_needed(soc: Soc, tmp_path: Path) -> None:
    few = write(tmp_path / "few", stamped(requests(10)))
    done = soc("train", "shop-request", "--events", few, "--model", tmp_path / "model")
    assert (done.exit_code, done.stderr) == (
        1,
        "soc: 10 events are too few to learn from; shop-request needs 50 and more\n",
    )


def test_check_tells_the_line_of_a_slip_in_a_detector(soc: Soc, tmp_path: Path) -> None:
    file = tmp_path / "var" / "site" / "detectors" / "shop-request.yml"
    file.write_text(EVENT_DETECTOR.replace("names_rarity", "name_rarity"))
    done = soc("check", file)
    assert done.exit_code == 1
    assert "shop-request.yml:7: unknown feature 'name_rarity' of unit event" in done.stdout
    assert "did you mean 'names_rarity'?" in done.stdout
