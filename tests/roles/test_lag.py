"""Lag as metrics: by topic and partition, with a closed set of labels."""

from __future__ import annotations

from soc import instant
from soc.log import Batch, Delivered, Position
from soc.metrics import Metrics
from soc.record import LogSource, Record
from soc.roles.lag import Lag
from soc.sources import RecordBatch

NOW = 1_795_500_000_000_000
LIVE = LogSource("logs.host")


def series(metrics: Metrics, name: str) -> dict[tuple[str, str], float]:
    (family,) = (one for one in metrics.registry.collect() if one.name == name)
    return {(sample.labels["topic"], sample.labels["partition"]): sample.value for sample in family.samples}


def record(partition: str, seconds_ago: int, source: LogSource = LIVE) -> Record:
    return Record(b"x", partition, 0, NOW - seconds_ago * instant.SECOND, source)


def test_kafkas_partitions_show_what_waits_and_how_old_it_is() -> None:
    metrics = Metrics()
    batch = RecordBatch(
        1, [record("logs.host:0", 9), record("logs.host:0", 7)], caught_up=frozenset({"logs.host:1"}),
        behind={"logs.host:0": 12, "logs.host:1": 0},
    )  # fmt: skip
    Lag(metrics).of_records(batch, NOW)
    assert series(metrics, "soc_consumer_lag_messages") == {("logs.host", "0"): 12, ("logs.host", "1"): 0}
    assert series(metrics, "soc_consumer_lag_seconds") == {("logs.host", "0"): 7, ("logs.host", "1"): 0}


def test_thousands_of_files_are_one_series_and_no_longer_behind_when_nothing_comes() -> None:
    metrics = Metrics()
    lag = Lag(metrics)
    lag.of_records(RecordBatch(1, [record(f"file:{number:032x}", number) for number in range(3000)]), NOW)
    assert series(metrics, "soc_consumer_lag_seconds") == {("logs.host", "file"): 2999}
    lag.of_records(RecordBatch(1), NOW)
    assert series(metrics, "soc_consumer_lag_seconds") == {("logs.host", "file"): 0}


def test_a_whole_file_is_not_behind_anything() -> None:
    metrics = Metrics()
    Lag(metrics).of_records(RecordBatch(1, [record("file:1", 10**6, LIVE._replace(whole=True))]), NOW)
    assert series(metrics, "soc_consumer_lag_seconds") == {}


def test_partitions_that_were_taken_away_are_shown_by_their_new_owner_only() -> None:
    metrics = Metrics()
    lag = Lag(metrics)
    lag.of_records(RecordBatch(1, behind={"logs.host:0": 5}), NOW)
    lag.of_records(RecordBatch(2, behind={"logs.host:1": 6}), NOW)
    assert series(metrics, "soc_consumer_lag_messages") == {("logs.host", "1"): 6}


def test_hits_and_findings_are_told_by_their_messages() -> None:
    metrics = Metrics()
    at, other = Position("soc.hits", 0), Position("soc.hits", 1)
    message = Delivered("soc.hits", 0, 4, NOW - 3 * instant.SECOND, None, b"")
    Lag(metrics).of_messages(Batch(1, [message], frozenset({other}), frozenset({at, other}), {}, {at: 8}), NOW)
    assert series(metrics, "soc_consumer_lag_seconds") == {("soc.hits", "0"): 3, ("soc.hits", "1"): 0}
    assert series(metrics, "soc_consumer_lag_messages")["soc.hits", "0"] == 8
