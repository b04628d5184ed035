"""Single ECS fields are what the whole document has, in every format, shape and wrapping."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from soc import parse
from soc.event import Event
from soc.parse import syslog
from soc.parse.frame import Frame
from soc.record import LogSource, Record
from tests.parse.test_golden import GOLDEN, cases, record_of
from tests.parse.test_hostile_json import FORMATS, documents, event_of
from tests.parse.test_hostile_text import LINES, TEXT_FORMATS

HEADER, _ = syslog.split("<13>Jan 15 09:03:05 relay1 agent[7]: x")
TOLD = ("host.name", "event.code", "event.action", "event.dataset", "process.name")


def differing(event: Event) -> dict[str, tuple[Any, Any]]:
    """The fields of the format's table that are not what the document has."""
    document = parse.ecs(event)
    fields = {name: accessor(event) for name, accessor in event.format.ecs_fields.items()}
    return {name: (told, document.get(name)) for name, told in fields.items() if told != document.get(name)}


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.jsonl")), ids=lambda file: file.stem)
def test_every_golden_record_tells_the_fields_of_its_document(file: Any) -> None:
    for case in cases(file):
        if "ecs" in case:
            assert differing(parse.parse(record_of(case))) == {}, case["raw"]


def test_what_detectors_ask_for_is_in_the_tables_of_the_formats_of_hosts() -> None:
    lacking = {
        name: [told for told in TOLD if told not in parse.formats()[name].ecs_fields]
        for name in ("ecs_json", "linux_auth", "auditd", "plain", "nginx", "apache")
    }
    assert not any(lacking.values()), lacking
    windows = {name for name in parse.formats() if name.startswith("windows_")}
    assert all({*TOLD[:4]} <= parse.formats()[name].ecs_fields.keys() for name in windows)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
@settings(max_examples=100, deadline=None)
@given(
    document=documents(),
    envelope=st.sampled_from(
        [None, {"host": {"name": "e1"}, "event.dataset": "d"}, {"host.name": "", "host": {"name": 0}}]
    ),
    header=st.sampled_from([None, HEADER]),
)
@example(document={"@timestamp": 1, "event.code": 1, "event": {"code": 2}}, envelope=None, header=None)
@example(document={"@timestamp": 1, "event": {"code": 2}, "event.code": 1}, envelope=None, header=None)
@example(
    document={"@timestamp": 1, "event": {"code": {}}, "event.code": None, "host.name": "a"},
    envelope=None,
    header=HEADER,
)
@example(
    document={
        "winlog": {"event_id": 4672, "channel": "Security", "task": "t"},
        "event": {"action": "t"},
        "host.name": "-",
    },
    envelope=None,
    header=HEADER,
)
@example(
    document={"@version": 1, "winlog": {"event_id": 4672, "channel": "Security", "task": "t"}, "event.action": "t"},
    envelope=None,
    header=None,
)
@example(document={"winlog": {"event_data": {"Com puter": "c"}}, "event": {"code": []}}, envelope=None, header=None)
@example(document={"EventID": 1, "SourceName": "s", "Com puter": "c", "Hostname": "h"}, envelope=None, header=None)
@example(
    document={"Event": {"System": {"EventID": 4624, "Channel": "Security"}, "EventData": {"Com puter": "c"}}},
    envelope=None,
    header=None,
)
def test_an_odd_document_tells_the_fields_of_its_document_too(
    format_: Any, document: Any, envelope: Any, header: Any
) -> None:
    event = event_of(format_, document)
    if event is not None:
        assert differing(event._replace(frame=event.frame._replace(envelope=envelope, syslog=header))) == {}


@pytest.mark.parametrize("name", [name for name in TEXT_FORMATS if parse.formats()[name].ecs_fields])
@settings(max_examples=50, deadline=None)
@given(line=st.sampled_from(LINES), other=st.sampled_from(LINES), cut=st.integers(0, 300))
def test_a_damaged_line_tells_the_fields_of_its_document_too(name: str, line: str, other: str, cut: int) -> None:
    header, body = syslog.split(line[:cut] + other[cut:])
    native = parse.formats()[name].decode(Frame(body, None, header, None, UTC, 0))
    if native is not None:
        record = Record(body.encode("utf-8", "surrogatepass"), "p", 0, 0, LogSource("logs.host"))
        assert differing(Event(record, parse.formats()[name], native, Frame(body, None, header, None, UTC, 0))) == {}


def test_a_name_outside_of_the_table_is_looked_up_in_the_document() -> None:
    case = {
        "raw": '{"EventID": 4624, "Channel": "Security", "Provider_Name": "p", "Computer": "ws1", "TargetUserName": "ann"}'
    }
    fields = parse.EcsFields(parse.parse(record_of(case)))
    names = ("event.code", "user.name", "host.name", "no.such")
    assert [fields.get(name) for name in names] == ["4624", "ann", "ws1", None]
