"""Which alert a finding belongs to: entity, rule's own key, and a bucket of clamped time."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc import instant
from soc.alerting import event_group
from soc.alerting.grouping import EARLY, LATENESS, text_of
from soc.finding import RuleInfo

NOW = 1_795_500_000_000_000  # on a whole hour
RULE = RuleInfo("r", "R", "", "1", "rule", "low", "host")


def group(document, layer="host", time=NOW, **changes):
    return event_group(RULE._replace(layer=layer, **changes), document, time, NOW, "ref:1")


@pytest.mark.parametrize(
    ("layer", "document", "key"),
    [
        ("host", {"host.name": "h", "source.ip": "192.0.2.1"}, ("host.name", "h")),
        ("host", {"source.ip": "192.0.2.1", "user.name": "u"}, ("source.ip", "192.0.2.1")),
        ("network", {"host.name": "h", "source.ip": "192.0.2.1"}, ("source.ip", "192.0.2.1")),
        ("application", {"host.name": "h"}, ("host.name", "h")),
        ("data", {"user.name": "u"}, ("user.name", "u")),
        ("platform", {"service.name": "s"}, ("service.name", "s")),
        ("host", {}, ("host.name", "")),
    ],
)
def test_the_entity_of_a_layer_is_the_key_and_others_stand_in(layer, document, key) -> None:
    assert group(document, layer).key == (key,)


def test_a_rule_may_name_its_own_key() -> None:
    found = group({"user.name": ["root", "x"], "host.name": "h"}, group=("user.name", "url.domain"))
    assert found.key == (("user.name", "root"), ("url.domain", ""))


def test_without_grouping_each_record_is_a_key_of_its_own() -> None:
    assert group({"host.name": "h"}, ungrouped=True).key == (("soc.ref", "ref:1"),)


@given(st.integers(instant.EARLIEST, instant.LATEST))
def test_no_clock_reaches_buckets_far_from_the_arrival(time) -> None:
    bucket = group({"host.name": "h"}, time=time).bucket
    assert bucket % instant.HOUR == 0
    assert instant.floor(NOW - LATENESS, instant.HOUR) <= bucket <= instant.floor(NOW + EARLY, instant.HOUR)


def test_the_bucket_is_the_rules() -> None:
    assert group({}, time=NOW + instant.MINUTE, bucket=instant.MINUTE).bucket == NOW + instant.MINUTE


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), ([], ""), (["a", "b"], "a"), (7, "7"), (True, "True"), ("", "")]
)
def test_a_value_as_text(value, text) -> None:
    assert text_of(value) == text
