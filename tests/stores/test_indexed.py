"""What documents are found by."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from soc import alerting
from soc.stores import indexed
from tests.stores.invented import HOSTILE, finding


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        ("web-1", ["web-1"]),
        ("", [""]),
        (None, []),
        ([], []),
        ({"x": 1}, []),
        (["a", "b", "a"], ["a", "b"]),
        (["a", ["b", ["c"]], None, {"x": 1}], ["a", "b", "c"]),
        ([7, 2.5, 5.0, 1e300, True, False], ["7", "2.5", "5.0", "1e300", "true", "false"]),
        ("K" * 1024, ["K" * 1024]),
        ("K" * 1025, []),
        ("\U0001f600" * 512, ["\U0001f600" * 512]),
        ("\U0001f600" * 512 + "x", []),
    ],
)
def test_keywords(value, terms):
    assert indexed.terms({"host": {"name": value}}, "host.name") == terms


@pytest.mark.parametrize("document", [{}, {"host": None}, {"host": "web-1"}, {"host": [{"name": "web-1"}]}])
def test_nothing_is_found_where_the_field_is_not(document):
    assert indexed.terms(document, "host.name") == []


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        (5, [5]),
        (5.0, [5]),
        (5.5, []),
        ("5", []),
        (True, []),
        (2**63, []),
        (-(2**63), [-(2**63)]),
        (1e300, []),
        ([3, 4], [3, 4]),
    ],
)
def test_whole_numbers(value, terms):
    assert indexed.terms({"soc": {"risk": value}}, "soc.risk") == terms


@pytest.mark.parametrize(
    ("value", "terms"),
    [
        ("1970-01-01T00:00:01.234567Z", [1234]),
        ("1969-12-31T23:59:59.999500Z", [-1]),
        ("2026-03-15T12:00:00+07:00", [1_773_550_800_000]),
        ("yesterday", []),
        (5, []),
    ],
)
def test_times_are_whole_milliseconds(value, terms):
    assert indexed.terms({"@timestamp": value}, "@timestamp") == terms


@pytest.mark.parametrize(
    ("field", "values", "asked"),
    [
        ("soc.risk", ["73", 21, "many", "", 2**70, str(2**70)], [73, 21]),
        ("host.name", ["web-1", 7, "", "K" * 1025], ["web-1", "7"]),
        ("soc.bucket", ["1970-01-01T00:00:01Z", 1000, "soon"], [1000]),
    ],
)
def test_what_is_asked_for_reads_the_same_way(field, values, asked):
    assert indexed.asked(field, values) == asked


@given(st.text(max_size=600))
def test_words_lose_nothing_and_are_short(text):
    folded = alerting.fold(text)
    words = list(indexed.words({"soc": {"search": folded}}))
    assert "".join(words) == "".join(folded.split())
    assert all(len(word.encode("utf-16-le")) // 2 <= indexed.MAX_WORD + 1 for word in words)


@given(st.text(max_size=600))
def test_a_text_finds_itself(text):
    words = list(indexed.words({"soc": {"search": alerting.fold(text)}}))
    assert set(indexed.asked_words(text)) <= set(words)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_reduced_document_holds_the_whole_one(value):
    document = finding(user__name=value).document
    reduced = indexed.reduced(document)
    assert set(reduced) == {"@timestamp", "rule", "event", "soc", "reduced"}
    assert indexed.whole(reduced) == indexed.whole(document) == document


def test_months_are_of_arrival_for_events_and_of_the_bucket_for_windows():
    soc = {"arrived": "2026-03-01T00:00:00Z", "bucket": "2026-02-28T23:00:00Z"}
    assert indexed.month_of_finding({"soc": {**soc, "kind": "rule"}}) == "2026.03"
    assert indexed.month_of_finding({"soc": {**soc, "kind": "anomaly"}}) == "2026.02"
    assert indexed.month_of_alert({"soc": soc}) == "2026.02"
