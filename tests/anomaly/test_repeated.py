"""Reading repeated events once changes nothing about what is counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings, strategies as st

from soc import parse
from soc.anomaly import Repeated, Strides
from soc.record import LogSource, Record

SOURCE = LogSource("logs.host", whole=True)
documents = st.fixed_dictionaries(
    {
        "@timestamp": st.sampled_from(
            [
                "2026-03-02T07:00:00Z",
                "2026-03-02T07:00:09.250Z",
                "2026-03-02T07:11:00.5Z",
                "2026-02-30T07:00:00Z",
                "soon",
            ]
        ),
        "host.name": st.sampled_from(["web-01", "db-01"]),
        "event.code": st.sampled_from(["4624", "4625"]),
    },
    optional={
        "event.dataset": st.just("invented"),
        "host": st.just({"name": "elsewhere"}),
        "message": st.sampled_from(["hello", '{"host.name": "inner"}']),
    },
)


def records(raws: list[bytes], source: LogSource = SOURCE) -> list[Record]:
    return [Record(raw, "file:x", number, 0, source, stride=number // 4) for number, raw in enumerate(raws)]


@settings(max_examples=60)
@given(st.lists(documents, max_size=14))
def test_what_is_counted_is_what_parsing_each_event_counts(detector, told) -> None:
    plain, once = Strides([detector]), Strides([detector])
    repeated = Repeated(once)
    for record in records([json.dumps(one).encode() for one in told]):
        plain.add(parse.parse(record))
        repeated.add(record)
    assert once.partials() == plain.partials()


def test_a_second_time_further_on_is_the_one_that_counts(detector) -> None:
    tail = b'"host.name":"web-01","event.code":"1","@timestamp":"2026-03-02T09:00:00Z"}'
    strides = Strides([detector])
    repeated = Repeated(strides)
    for record in records([b'{"@timestamp":"2026-03-02T07:00:00Z",' + tail] * 2):
        repeated.add(record)
    assert [partial.start % 86_400_000_000 // 3_600_000_000 for partial in strides.partials()] == [9]


def test_what_cannot_be_read_is_refused_every_time(detector) -> None:
    repeated = Repeated(Strides([detector]))
    for record in records([b'{"@timestamp":"2026-03-02T07:00:00Z", oh'] * 2):
        with pytest.raises(parse.Unparsable):
            repeated.add(record)


def test_the_same_text_of_another_source_is_read_anew(detector) -> None:
    raw = b'{"@timestamp":"2026-03-02T07:00:00Z","host.name":"web-01","event.code":"1"}'
    strides = Strides([detector])
    repeated = Repeated(strides)
    for source in (SOURCE, LogSource("logs.app", whole=True)):
        for record in records([raw, raw], source):
            repeated.add(record)
    (partial,) = strides.partials()
    assert partial.aggregate["n"] == 2
