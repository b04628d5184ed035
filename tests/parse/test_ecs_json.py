"""Documents that are ECS already, and JSON of no known shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from soc import parse
from soc.event import Event, Logsource
from soc.parse import ABSENT, ecs_json
from soc.record import LogSource, Record

ARRIVED = 1_770_000_000_000_000


def event_of(document: dict[str, Any], timezone: str = "UTC") -> Event:
    return parse.parse(Record(orjson.dumps(document), "file:x", 0, ARRIVED, LogSource("logs.app", timezone=timezone)))


def value(document: dict[str, Any], name: str) -> Any:
    accessor = ecs_json.field(name)
    return accessor(document)


@pytest.mark.parametrize("document", [
    {"a": {"b": {"c": 1}}}, {"a.b.c": 1}, {"a": {"b.c": 1}}, {"a.b": {"c": 1}}, {"a": "text", "a.b": {"c": 1}},
    {"a": {"b": 2}, "a.b": {"c": 1}},
])  # fmt: skip
def test_a_dotted_name_is_found_whichever_dots_are_objects(document: dict[str, Any]) -> None:
    assert value(document, "a.b.c") == 1


@pytest.mark.parametrize(("document", "found"), [
    ({"a": {"b": None}}, None), ({"a.b": ""}, ""), ({"a": {}}, ABSENT), ({"a": None}, ABSENT), ({"a": {"b": {"c": 1}}}, {"c": 1}),
])  # fmt: skip
def test_null_empty_and_absent_stay_different(document: dict[str, Any], found: Any) -> None:
    assert value(document, "a.b") == found


def test_a_name_inside_of_a_list_of_objects_gives_their_values() -> None:
    assert value({"dns": {"answers": [{"data": "a"}, {"type": "A"}, {"data": "b"}]}}, "dns.answers.data") == ["a", "b"]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=2),
        lambda below: st.dictionaries(st.sampled_from(["a", "b", "a.b", "c"]), below, min_size=1, max_size=3),
    )
)
def test_every_name_of_the_flat_document_is_found_in_the_nested_one(document: Any) -> None:
    if not isinstance(document, dict):
        return
    flat = parse.flat(document)
    for name, _ in flat:
        told = value(document, name)  # an object where both `a.b` and `a.b.c` are spelt
        assert isinstance(told, dict) or told in [found for known, found in flat if known == name]


@pytest.mark.parametrize(("told", "time"), [
    ("2026-01-15T09:03:04", 1_768_442_584_000_000),
    ("2026-01-15T02:03:04Z", 1_768_442_584_000_000),
    ("2026-01-15T04:03:04+02:00", 1_768_442_584_000_000),
    (1_768_442_584, 1_768_442_584_000_000),
    (1_768_442_584_123, 1_768_442_584_123_000),
    ("yesterday", ARRIVED),
    (True, ARRIVED),
    (None, ARRIVED),
])  # fmt: skip
def test_the_time_stamp_may_lack_its_zone_or_be_a_number(told: Any, time: int) -> None:
    assert event_of({"@timestamp": told, "event": {"kind": "event"}}, "Asia/Ho_Chi_Minh").time == time


@pytest.mark.parametrize(("document", "kind"), [
    ({"event": {"dataset": "nginx.access"}}, (Logsource("", "webserver", "nginx"),)),
    ({"event.dataset": "system.auth", "process.name": "sshd"}, (Logsource("linux", "", "auth"), Logsource("linux", "", "sshd"))),
    ({"event": {"module": "auditd", "kind": "event"}}, (Logsource("linux", "", "auditd"),)),
    ({"event": {"category": ["web"], "kind": "event"}}, (Logsource("", "webserver", ""),)),
    ({"event": {"dataset": "fortinet_fortigate.log"}}, (Logsource("fortigate", "firewall", ""),)),
    ({"event": {"dataset": "firewall.traffic"}}, (Logsource("", "firewall", ""),)),
    ({"event": {"dataset": "postgresql.log"}}, (Logsource("postgresql", "database", ""),)),
    ({"event": {"kind": "event"}, "dns": {"question": {"name": "a.example"}}}, (Logsource("", "dns", ""),)),
    ({"event": {"dataset": ["x"], "kind": "event"}}, (Logsource(),)),
])  # fmt: skip
def test_data_sets_name_the_log_source_of_sigma(document: dict[str, Any], kind: tuple[Logsource, ...]) -> None:
    event = event_of({"@timestamp": "2026-01-15T02:03:04Z", **document})
    assert event.format.name == "ecs_json"
    assert event.format.kind(event.native) == kind


def test_the_types_of_an_ecs_document_are_kept() -> None:
    document = {
        "@timestamp": "2026-01-15T02:03:04Z",
        "event": {"kind": "event"},
        "a": {"n": 1, "f": 1.5, "b": False, "l": ["x"]},
    }
    told = parse.ecs(event_of(document))
    assert [told[name] for name in ("a.n", "a.f", "a.b", "a.l")] == [1, 1.5, False, ["x"]]


@pytest.mark.parametrize(
    "document", [{}, {"a": 1}, {"@timestamp": "2026-01-15T02:03:04Z"}, {"event": {"kind": "event"}}, {"ecs": "x"}]
)
def test_json_of_no_known_shape_is_an_event_all_the_same(document: dict[str, Any]) -> None:
    event = event_of(document)
    assert event.format.name == "json"
    assert event.format.kind(event.native) == (Logsource(),)


def test_a_record_cannot_say_what_the_service_says_itself() -> None:
    claims = {
        "soc": {"asset": {"criticality": "low"}},
        "soc.suppressed_by": ["x"],
        "triage": {"status": "closed"},
        "ecs": {"version": "8.11"},
    }
    record = Record(
        orjson.dumps({**claims, "event": {"kind": "event"}, "@timestamp": "2026-03-01T00:00:00Z"}),
        "file:test",
        0,
        0,
        LogSource("logs.app"),
    )
    assert not [name for name in parse.ecs(parse.parse(record)) if name.startswith(("soc", "triage"))]
