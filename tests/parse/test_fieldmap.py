"""Tables of native fields."""

from __future__ import annotations

from typing import Any

import pytest

from soc.parse import network
from soc.parse.fieldmap import fill, integer, keep, nanoseconds, table

TABLE = table(
    (None, {"rule": "rule.name", "policy": "rule.name rule.ruleset"}),
    (network.ip, {"src": "source.ip", "peer": "source.ip"}),
)


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ({"rule": "a", "policy": "b"}, {"rule.name": "a", "rule.ruleset": "b"}),
        ({"policy": "b", "rule": "a"}, {"rule.name": "a", "rule.ruleset": "b"}),
        ({"policy": "b"}, {"rule.name": "b", "rule.ruleset": "b"}),
        ({"rule": "N/A", "policy": "b"}, {"rule.name": "b", "rule.ruleset": "b"}),
        ({"src": "nowhere", "peer": "192.0.2.1"}, {"source.ip": "192.0.2.1"}),
        ({"src": "", "other": "x"}, {}),
    ],
)
def test_the_first_field_of_the_table_that_says_something_counts(
    native: dict[str, str], expected: dict[str, Any]
) -> None:
    document: dict[str, Any] = {}
    fill(document, native, TABLE)
    assert document == expected


def test_what_a_document_has_already_stays() -> None:
    document: dict[str, Any] = {"rule.name": "mine", "source.ip": ""}
    fill(document, {"rule": "a", "src": "192.0.2.1"}, TABLE)
    assert document == {"rule.name": "mine", "source.ip": "192.0.2.1"}


def test_what_the_table_leaves_out_is_kept_under_the_vendor_s_name() -> None:
    document: dict[str, Any] = {}
    keep(document, {"rule": "a", "colour": "red", "size": "-"}, "vendor.product.", TABLE.names)
    assert document == {"vendor.product.colour": "red"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12_000_000_000), ("0", 0), ("1.5", None), ("-1", None), ("9" * 18, None), ("", None)],
)
def test_seconds_become_nanoseconds(text: str, expected: int | None) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("1,234", 1234), ("-5", -5), ("7", 7), ("x", None), ("-", None)])
def test_counts_may_have_signs_and_separators(text: str, expected: int | None) -> None:
    assert integer(text) == expected
