"""Alerting rules and the dashboard ask for metrics that exist, with labels that they have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from soc.metrics import Metrics
from tests.services import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = ROOT / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "soc.rules.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "soc.json").read_text())
_NAME = re.compile(r"\b(?:soc|process|python)_[a-z_]+")
SCRAPED = {"instance", "job", "role"}
"""Labels that Prometheus and the supervisor add."""


def samples() -> set[str]:
    """Names of samples, also of those series that appear later."""
    names = set()
    for family in text_string_to_metric_families(Metrics().text().decode()):
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + ending for ending in endings}
    return names


def labels() -> set[str]:
    """Of all our metrics."""
    metrics = [each for each in vars(Metrics()).values() if hasattr(each, "_labelnames")]
    return {label for metric in metrics for label in metric._labelnames}


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def grouped(expression: str) -> set[str]:
    return {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")}


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_asks_for_metrics_that_exist(where: str, expression: str) -> None:
    told = set(_NAME.findall(expression))
    assert told - samples() == set(), where
    assert grouped(expression) - labels() - SCRAPED - {"le"} == set(), where


def test_no_metric_has_a_label_that_the_supervisor_or_prometheus_sets() -> None:
    assert labels() & SCRAPED == set()


def test_every_alert_is_tested() -> None:
    tests = yaml.safe_load((DEPLOY / "prometheus" / "soc.rules.test.yml").read_text())["tests"]
    fired = {each["alertname"] for test in tests for each in test["alert_rule_test"] if each["exp_alerts"]}
    assert fired == {rule["alert"] for rule in RULES}


def test_the_panels_have_names_of_their_own_and_follow_the_variables() -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    source = {"type": "prometheus", "uid": "prometheus"}
    assert [panel["title"] for panel in panels if panel["datasource"] != source] == []
    names = {each["name"] for each in DASHBOARD["templating"]["list"]}
    assert names == {"instance", "role"}
    for title, expression in ((panel["title"], target["expr"]) for panel in panels for target in panel["targets"]):
        used = set(re.findall(r'=~"\$(\w+)"', expression))
        assert used == names, title
