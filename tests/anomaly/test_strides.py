"""What detect gathers: cut at slices, judged for lateness by record, whole whatever the batches."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc import instant, parse
from soc.anomaly import Strides, aggregate
from soc.anomaly.strides import kind_of
from soc.record import LogSource, Record
from tests.faults.world import START, line_of

SOURCE = LogSource("logs.host")


def event(offset: int, host: int = 0, late: int = 0, source: LogSource = SOURCE, stride: int | None = None):
    at, raw = line_of(START + offset * instant.SECOND, host, "x")
    arrived = at + late * instant.SECOND
    cut = offset // 8 * 8 if stride is None else stride
    return parse.parse(Record(raw, "logs.host:0", offset, arrived, source, stride=cut))


def counts(partials) -> dict:
    """Of each slice of a window the aggregate that went furthest."""
    kept = {}
    for one in sorted(partials, key=lambda partial: partial.through):
        kept[one.entity, one.start, one.stride] = (one.through, one.aggregate["n"])
    return kept


@given(st.lists(st.integers(1, 7), max_size=12), st.lists(st.integers(0, 2), min_size=20, max_size=40))
def test_batch_boundaries_do_not_matter(detector, sizes, hosts) -> None:
    events = [event(offset, host) for offset, host in enumerate(hosts)]
    whole = Strides([detector])
    for one in events:
        whole.add(one)
    cut, found, start = Strides([detector]), [], 0
    for size in [*sizes, len(events)]:
        for one in events[start : start + size]:
            cut.add(one)
        found += [(partial, partial.aggregate["n"]) for partial in cut.partials()]
        start += size
    furthest = {(one.entity, one.start, one.stride): (one.through, number) for one, number in found}
    assert furthest == counts(whole.partials())


@pytest.mark.parametrize(("late", "counted"), [(0, 1), (60, 1), (61, 0), (-300, 1), (-301, 0)])
def test_a_record_is_late_by_its_own_arrival(detector, late, counted) -> None:
    strides = Strides([detector])
    strides.add(event(0, late=late))
    assert (len(strides.partials()), strides.late) == (counted, 1 - counted)


def test_in_a_whole_file_nothing_is_late(detector) -> None:
    strides = Strides([detector])
    strides.add(event(0, late=10**6, source=SOURCE._replace(whole=True)))
    (partial,) = strides.partials()
    assert partial.scope == "logs.host:0"


def test_another_topic_is_not_counted(detector) -> None:
    strides = Strides([detector])
    strides.add(event(0, source=LogSource("logs.app")))
    assert strides.partials() == []


def test_other_content_keeps_what_a_slice_has_counted(detector) -> None:
    """A detector that stays must not start again in the middle of a slice: the later count would replace the whole one."""
    strides = Strides([detector])
    strides.add(event(0))
    strides.partials()
    strides.use([detector])
    strides.add(event(1))
    (partial,) = strides.partials()
    assert partial.aggregate["n"] == 2


def test_an_off_detector_counts_nothing(detector) -> None:
    import msgspec

    strides = Strides([msgspec.structs.replace(detector, state="off")])
    strides.add(event(0))
    assert strides.partials() == []


@pytest.mark.parametrize(
    ("document", "kind"),
    [({"b": "x"}, "x"), ({"a": ["first", "second"]}, "first"), ({"a": "", "b": 7}, "7"), ({}, "-"), ({"a": "y" * 500}, "y" * 120)],
)  # fmt: skip
def test_the_kind_is_the_first_field_that_there_is(document, kind) -> None:
    assert kind_of(document, ["a", "b"]) == kind


def test_an_empty_aggregate_changes_nothing() -> None:
    made = aggregate.empty()
    aggregate.add(made, "k", 0, "r", sample=True)
    assert aggregate.merge([aggregate.empty(), made]) == made
