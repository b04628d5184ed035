"""LEEF: delimiters of all kinds, and dates of all devices."""

from __future__ import annotations

from datetime import UTC

import pytest

from soc import instant
from soc.parse import leef

HEADER = {"LEEFVersion": "2.0", "Vendor": "a", "Product": "b", "Version": "c", "EventID": "d"}


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("LEEF:2.0|a|b|c|d|^|x=1 2^y=3", {"x": "1 2", "y": "3"}),
        ("LEEF:2.0|a|b|c|d|x5E|x=1^y=3", {"x": "1", "y": "3"}),
        ("LEEF:2.0|a|b|c|d|0x09|x=1\ty=3", {"x": "1", "y": "3"}),
        ("LEEF:2.0|a|b|c|d||x=1\ty=a=b", {"x": "1", "y": "a=b"}),
        ("LEEF:2.0|a|b|c|d|x=1\tx=2", {"x": "1"}),
        ("LEEF: 2.0|a|b|c|d|x=1 2 y=3", {"x": "1 2", "y": "3"}),
        ("LEEF:2.0|a|b|c|d|x=1#011y=3", {"x": "1", "y": "3"}),
        ("LEEF:2.0|a|b|c|d", {}),
    ],
)
def test_attributes_end_where_the_header_says(text: str, attributes: dict[str, str]) -> None:
    assert leef.fields(text) == {**HEADER, **attributes}


@pytest.mark.parametrize("text", ["LEEF:x|a|b|c|d|", "LEEF:1.0|a|b|c", "1|a|b|c|d|", "about LEEF"])
def test_other_texts_are_declined(text: str) -> None:
    assert leef.fields(text) is None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1772295242000", "2026-02-28T16:14:02.000Z"),
        ("Feb 28 2026 16:14:02", "2026-02-28T16:14:02.000Z"),
        ("Feb 28 2026 16:14:02.125 GMT", "2026-02-28T16:14:02.125Z"),
        ("Feb 28 2026 23:14:02 Asia/Ho_Chi_Minh", "2026-02-28T16:14:02.000Z"),
        ("Feb 28 2026 23:14:02 (GMT+07:00)", "2026-02-28T16:14:02.000Z"),
        ("Feb 28 2026 16:14:02 XYZT", "2026-02-28T16:14:02.000Z"),
        ("2026/02/28 16:14:02", "2026-02-28T16:14:02.000Z"),
        ("2026-02-28T23:14:02.125+07:00", "2026-02-28T16:14:02.125Z"),
        ("2026-02-28 23:14:02 +0700", "2026-02-28T16:14:02.000Z"),
        ("soon", None),
    ],
)
def test_dates_are_read_in_the_forms_of_many_devices(text: str, iso: str | None) -> None:
    told = leef.moment(text, UTC, 0)
    assert (instant.iso(told) if told is not None else None) == iso
