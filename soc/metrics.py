"""The vocabulary of telemetry: every metric of the service, with base units and labels from closed sets only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from soc import __version__
from soc.alert import SEVERITIES
from soc.parse import REASONS
from soc.record import LAYERS
from soc.sources.streams import BOUNDS
from soc.sources.tls import FIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from soc.correlate import Correlator
    from soc.pipeline import Correlated, Detected
    from soc.sigma import Cost

CRASH = "crash"
"""The reason of a record that ended the process each time it was worked on."""
STAGES = ("detect", "append", "correlate", "index")
PROCESSES = ("receive", "pipeline", "detect", "correlate", "index", "jobs", "console")
"""What the supervisor may have to start again."""
_PIPELINE = ("detect", "correlate", "index")
"""What the one process `pipeline` does in embedded mode."""
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call] # one more series per counter, which nobody asks for


class Metrics:
    """One process's metrics; series with known labels are created at 0, so that rate() works from the start.

    A process shows only what its role counts: elsewhere a 0 would be noise, and that of `soc_store_up` a false alarm.
    """

    def __init__(self, role: str = "") -> None:
        registry = self.registry = CollectorRegistry()
        roles = {"": (*PROCESSES, *_PIPELINE), "pipeline": _PIPELINE}.get(role, (role,))

        def of(*users: str) -> CollectorRegistry | None:
            return registry if set(users) & set(roles) else None

        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self.build = Gauge("soc_build_info", "Version of the running code.", ["version"], registry=registry)
        self.build.labels(__version__).set(1)
        self.consumed = Counter(
            "soc_records_consumed_total", "Records taken from sources.", ["topic", "layer"], registry=of("detect")
        )
        self.records = Counter(
            "soc_records_total", "Records by what became of them; with those in flight they add up to the consumed ones.",
            ["outcome"], registry=of("detect"),
        )  # fmt: skip
        self.in_flight = Gauge(
            "soc_records_in_flight", "Records taken and not yet accounted for.", registry=of("detect")
        )
        self.parsed = Counter(
            "soc_events_parsed_total", "Events by recognised format.", ["format"], registry=of("detect")
        )
        self.dead_letters = Counter(
            "soc_dead_letters_total", "Records that could not be understood.", ["reason"], registry=of("detect")
        )
        self.lag_messages = Gauge(
            "soc_consumer_lag_messages", "Messages not read yet.", ["topic", "partition"], registry=of(*_PIPELINE)
        )
        self.lag_seconds = Gauge(
            "soc_consumer_lag_seconds", "Age of the last record read, 0 when caught up.", ["topic", "partition"],
            registry=of(*_PIPELINE),
        )  # fmt: skip
        self.stage = Histogram(
            "soc_stage_duration_seconds", "Time that one batch spends in a stage.", ["stage"], registry=of(*_PIPELINE),
            buckets=_FAST,
        )  # fmt: skip
        self.end_to_end = Histogram(
            "soc_end_to_end_seconds", "From a record's arrival to its finding being stored.", registry=of("index"),
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 300, 1800, 3600),
        )  # fmt: skip
        self.rule_matches = Counter(
            "soc_rule_matches_total",
            "Findings of a rule or correlation.",
            ["rule_id"],
            registry=of("detect", "correlate"),
        )
        self.correlation_missing = Counter(
            "soc_correlation_missing_total", "Matches without a field that their correlation groups by or counts.",
            ["rule_id"], registry=of("detect"),
        )  # fmt: skip
        self.correlation_late = Counter(
            "soc_correlation_late_total", "Matches that came later than their correlation waits.", ["rule_id"],
            registry=of("detect"),
        )  # fmt: skip
        self.correlation_groups = Gauge(
            "soc_correlation_groups", "Open groups of a correlation.", ["rule_id"], registry=of("correlate")
        )
        self.correlation_bytes = Gauge(
            "soc_correlation_state_bytes",
            "What the open groups of all correlations take, about.",
            registry=of("correlate"),
        )
        self.correlation_evictions = Counter(
            "soc_correlation_evictions_total", "Groups that were forgotten before their time.", ["rule_id"],
            registry=of("correlate"),
        )  # fmt: skip
        self.rule_candidates = Counter(
            "soc_rule_candidates_total", "Times that a rule's condition was decided; what is remembered is not decided anew.",
            ["rule_id"], registry=of("detect"),
        )  # fmt: skip
        self.rule_scanned = Counter(
            "soc_rule_scanned_bytes_total", "Bytes that a rule's own patterns looked at, beside the one scan for all rules.",
            ["rule_id"], registry=of("detect"),
        )  # fmt: skip
        self.rules_loaded = Gauge("soc_rules_loaded", "Rules by state.", ["state"], registry=of("detect", "correlate"))
        self.ruleset = Gauge(
            "soc_ruleset_info", "Hash of the content in force.", ["sha256"], registry=of("detect", "correlate")
        )
        self.reloads = Counter(
            "soc_ruleset_reload_total", "Reloads of content.", ["result"], registry=of("detect", "correlate")
        )
        self.alerts = Counter("soc_alerts_total", "Alerts opened.", ["severity"], registry=of("index"))
        self.stored = Counter(
            "soc_es_bulk_items_total",
            "Findings offered to the alert store, by its verdict.",
            ["result"],
            registry=of("index"),
        )
        self.store_up = Gauge("soc_store_up", "1 when the alert store answered the last time.", registry=of("index"))
        self.windows_open = Gauge("soc_windows_open", "Windows that may still grow.", registry=of("correlate"))
        self.windows_late = Counter(
            "soc_window_late_total", "Records that came too late for their window.", registry=of("detect", "correlate")
        )
        self.anomalies = Histogram(
            "soc_anomaly_score",
            "Scores of closed windows.",
            registry=of("correlate"),
            buckets=(10, 25, 40, 50, 60, 75, 90, 99),
        )
        self.models = Gauge(
            "soc_anomaly_model_age_seconds", "Age of a detector's model.", ["model"], registry=of("correlate")
        )
        self.alerts_suppressed = Gauge(
            "soc_alerts_suppressed", "Stored alerts that exceptions and snoozes hide.", registry=of("jobs")
        )
        self.restarts = Counter(
            "soc_role_restarts_total", "Restarts by the supervisor.", ["process"], registry=of("jobs")
        )
        self.audit = Counter("soc_audit_records_total", "Records appended to the audit trail.", registry=of("console"))
        self.syslog_dropped = Counter(
            "soc_syslog_dropped_total", "Syslog messages dropped before the spool.", ["reason"], registry=of("receive")
        )
        self.connections = Gauge("soc_syslog_connections", "Connections that are open.", registry=of("receive"))
        self.connections_refused = Counter(
            "soc_syslog_connections_refused_total", "Connections that were closed unread.", ["reason"],
            registry=of("receive"),
        )  # fmt: skip
        self.handshakes = Counter(
            "soc_syslog_tls_handshakes_total", "TLS handshakes by how they ended.", ["result"], registry=of("receive")
        )
        self.unfinished = Gauge(
            "soc_syslog_unfinished_bytes", "Bytes of messages that are not whole yet.", registry=of("receive")
        )
        self.messages_cut = Counter(
            "soc_syslog_messages_cut_total", "Messages whose connection ended in them; what had come of them is kept.",
            registry=of("receive"),
        )  # fmt: skip
        self.certificate_ends = Gauge(
            "soc_tls_certificate_expiry_timestamp_seconds", "When the certificate in force of a port ends.", ["bind"],
            registry=of("receive"),
        )  # fmt: skip
        self.certificate_reloads = Counter(
            "soc_tls_certificate_reload_total", "Certificates whose files changed.", ["result"], registry=of("receive")
        )
        self._begin()

    def _begin(self) -> None:
        """Series at 0."""
        outcomes = ("clean", "alerting", "dead_letter")
        verdicts = ("created", "duplicate", "reduced", "retried", "rejected")
        for topic, layer in LAYERS.items():
            self.consumed.labels(topic, layer)
        known: Iterable[tuple[Counter | Gauge | Histogram, Iterable[str]]] = (
            (self.records, outcomes),
            (self.dead_letters, (*REASONS, CRASH)),
            (self.stage, STAGES),
            (self.rules_loaded, ("live", "shadow", "off", "quarantined", "refused")),
            (self.reloads, ("accepted", "rejected")),
            (self.alerts, SEVERITIES),
            (self.stored, verdicts),
            (self.restarts, PROCESSES),
            (self.syslog_dropped, ("rate_limit", "queue_full", "not_allowed")),
            (self.connections_refused, BOUNDS),
            (self.handshakes, ("accepted", *FIXES)),
            (self.certificate_reloads, ("accepted", "rejected")),
        )
        for metric, values in known:
            for value in values:
                metric.labels(value)

    def take(self, topics: Mapping[tuple[str, str], int]) -> None:
        """Records were read: they are in flight until `count` says what became of them."""
        for (topic, layer), number in topics.items():
            self.consumed.labels(topic, layer).inc(number)
        self.in_flight.inc(sum(topics.values()))

    def count(self, done: Detected) -> None:
        """Account for records taken before, everything at once, so that the sums reconcile at any scrape."""
        self.in_flight.dec(done.records)
        self.records.labels("clean").inc(done.clean)
        self.records.labels("alerting").inc(done.alerting)
        self.records.labels("dead_letter").inc(len(done.dead_letters))
        for letter in done.dead_letters:
            self.dead_letters.labels(letter.reason).inc()
        for name, number in done.formats.items():
            self.parsed.labels(name).inc(number)
        for rule_id, number in done.matches.items():
            self.rule_matches.labels(rule_id).inc(number)
        for metric, counts in ((self.correlation_missing, done.missing), (self.correlation_late, done.late)):
            for rule_id, number in counts.items():
                metric.labels(rule_id).inc(number)

    def count_costs(self, costs: Mapping[str, Cost]) -> None:
        """Add what rules cost lately."""
        for rule_id, cost in costs.items():
            self.rule_candidates.labels(rule_id).inc(cost.candidates)
            self.rule_scanned.labels(rule_id).inc(cost.scanned)

    def correlated(self, done: Correlated) -> None:
        """Account for hits."""
        for rule_id, number in done.matches.items():
            self.rule_matches.labels(rule_id).inc(number)
        for eviction in done.evictions:
            self.correlation_evictions.labels(eviction.correlation).inc()
        for score in done.scores:
            self.anomalies.observe(score)

    def correlating(self, open_: Iterable[Correlator]) -> None:
        """Show the state of correlations, over all partitions."""
        groups: dict[str, int] = {}
        weight = 0
        for correlator in open_:
            weight += correlator.weight
            for rule_id, number in correlator.groups.items():
                groups[rule_id] = groups.get(rule_id, 0) + number
        self.correlation_groups.clear()
        for rule_id, number in groups.items():
            self.correlation_groups.labels(rule_id).set(number)
        self.correlation_bytes.set(weight)

    def rules_in_force(self, sha256: str, states: Iterable[str], refused: int, own_ids: Iterable[str]) -> None:
        """Show which content is in force; our own rules' series start at 0."""
        self.ruleset.clear()
        self.ruleset.labels(sha256).set(1)
        counts = {"live": 0, "shadow": 0, "off": 0, "quarantined": 0, "refused": refused}
        for state in states:
            counts[state] += 1
        for state, number in counts.items():
            self.rules_loaded.labels(state).set(number)
        for rule_id in own_ids:
            for counter in (self.rule_matches, self.rule_candidates, self.rule_scanned):
                counter.labels(rule_id)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
