"""Metrics: every series that is known exists at 0, labels are from closed sets, and Prometheus can read it all."""

from __future__ import annotations

import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from soc import __version__, parse
from soc.metrics import PROCESSES, Metrics
from soc.pipeline import DeadLetter, Detected
from soc.record import LogSource, Record
from soc.sigma import Cost
from soc.telemetry import merge


def samples(text: bytes) -> dict[tuple, float]:
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_the_series_that_alerting_rules_ask_for_exist_at_zero() -> None:
    found = samples(Metrics().text())
    expected = [
        *(("soc_records_total", ("outcome", name)) for name in ("clean", "alerting", "dead_letter")),
        *(("soc_dead_letters_total", ("reason", name)) for name in (*parse.REASONS, "crash")),
        *(("soc_es_bulk_items_total", ("result", name)) for name in ("created", "duplicate", "reduced", "retried", "rejected")),
        *(("soc_alerts_total", ("severity", name)) for name in ("informational", "low", "medium", "high", "critical")),
        *(("soc_ruleset_reload_total", ("result", name)) for name in ("accepted", "rejected")),
        *(("soc_rules_loaded", ("state", name)) for name in ("live", "shadow", "off", "quarantined", "refused")),
        ("soc_records_consumed_total", ("layer", "network"), ("topic", "logs.firewall")),
        ("soc_records_in_flight",),
        ("soc_window_late_total",),
        ("soc_end_to_end_seconds_count",),
        ("soc_anomaly_score_count",),
    ]  # fmt: skip
    assert {name: found.get(name) for name in expected} == dict.fromkeys(expected, 0)
    assert found["soc_build_info", ("version", __version__)] == 1


def test_a_batch_is_in_flight_until_it_is_counted() -> None:
    metrics = Metrics()
    metrics.take({("logs.host", "host"): 3})
    assert samples(metrics.text())["soc_records_in_flight",] == 3
    letter = DeadLetter(Record(b"", "p", 0, 0, LogSource("logs.host")), "parse", "empty", "")
    metrics.count(Detected(1, 1, dead_letters=[letter], formats={"plain": 2}, matches={"r": 1}))
    found = samples(metrics.text())
    assert found["soc_records_in_flight",] == 0
    assert found["soc_dead_letters_total", ("reason", "empty")] == 1
    assert found["soc_events_parsed_total", ("format", "plain")] == 2
    assert found["soc_rule_matches_total", ("rule_id", "r")] == 1


def test_the_content_in_force_is_one_hash_and_our_own_rules_start_at_zero() -> None:
    metrics = Metrics()
    metrics.rules_in_force("old", ["live"], 0, [])
    metrics.rules_in_force("new", ["live", "live", "shadow"], 4, ["own-1"])
    found = samples(metrics.text())
    assert {name: value for name, value in found.items() if name[0] == "soc_ruleset_info"} == {
        ("soc_ruleset_info", ("sha256", "new")): 1
    }
    assert [found["soc_rules_loaded", ("state", name)] for name in ("live", "shadow", "off", "refused")] == [2, 1, 0, 4]
    for name in ("matches", "candidates", "scanned_bytes"):
        assert found[f"soc_rule_{name}_total", ("rule_id", "own-1")] == 0


def test_what_rules_cost_is_added_up_from_their_first_cost_on() -> None:
    metrics = Metrics()
    assert not [name for name in samples(metrics.text()) if name[0].startswith("soc_rule_")]
    metrics.count_costs({"r": Cost(2, 70)})
    metrics.count_costs({"r": Cost(1, 0)})
    found = samples(metrics.text())
    assert found["soc_rule_candidates_total", ("rule_id", "r")] == 3
    assert found["soc_rule_scanned_bytes_total", ("rule_id", "r")] == 70


def test_several_processes_are_one_exposition_by_role() -> None:
    detect, index = Metrics(), Metrics()
    detect.take({("logs.host", "host"): 3})
    detect.stage.labels("detect").observe(0.2)
    index.take({("logs.host", "host"): 1})
    merged = merge({"detect": detect.text(), "index": index.text()})
    found = samples(merged)
    at = ("soc_records_consumed_total", ("layer", "host"))
    assert found[*at, ("role", "detect"), ("topic", "logs.host")] == 3
    assert found[*at, ("role", "index"), ("topic", "logs.host")] == 1
    assert found["soc_stage_duration_seconds_count", ("role", "detect"), ("stage", "detect")] == 1
    assert merged.count(b"# TYPE soc_records_consumed_total ") == 1
    one = samples(detect.text())
    assert len([name for name in found if ("role", "detect") in name]) == len(one)


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (
            "receive",
            {
                "soc_build_info",
                "soc_syslog_connections",
                "soc_syslog_connections_refused_total",
                "soc_syslog_dropped_total",
                "soc_syslog_messages_cut_total",
                "soc_syslog_tls_handshakes_total",
                "soc_syslog_unfinished_bytes",
                "soc_tls_certificate_expiry_timestamp_seconds",
                "soc_tls_certificate_reload_total",
            },
        ),
        ("jobs", {"soc_alerts_suppressed", "soc_build_info", "soc_role_restarts_total"}),
        ("console", {"soc_build_info", "soc_audit_records_total"}),
    ],
)
def test_a_role_shows_what_it_counts_only(role: str, shown: set[str]) -> None:
    assert {name for name in families(Metrics(role).text()) if name.startswith("soc_")} == shown


def test_the_processes_of_either_mode_show_the_whole_catalogue() -> None:
    whole = families(Metrics().text())
    edges = {"receive", "jobs", "console"}
    for roles in (edges | {"pipeline"}, edges | {"detect", "correlate", "index"}):
        assert set().union(*(families(Metrics(role).text()) for role in roles)) == whole


def test_only_who_writes_to_the_store_says_whether_it_is_up() -> None:
    assert [role for role in PROCESSES if "soc_store_up" in families(Metrics(role).text())] == ["pipeline", "index"]


def families(text: bytes) -> set[str]:
    return {line.split()[2] for line in text.decode().splitlines() if line.startswith("# TYPE ")}


@pytest.mark.prometheus
def test_promtool_has_nothing_to_say() -> None:
    text = merge({role: Metrics(role).text() for role in PROCESSES})
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
