"""Pairs of ISE records: escaped commas, structures, names that come more than once."""

from __future__ import annotations

from typing import Any

import pytest

from soc import parse
from soc.record import LogSource, Record

HEAD = "CISE_A 0000000001 1 0 2026-02-28 23:14:02.728 +07:00 0000000002 5400 NOTICE A: text, "


def native(pairs: str) -> dict[str, Any]:
    event = parse.parse(Record((HEAD + pairs).encode(), "p", 0, 0, LogSource("logs.host")))
    assert event.format.name == "cisco_ise"
    header = {
        "category",
        "message_id",
        "segments",
        "segment",
        "time",
        "zone",
        "sequence",
        "code",
        "level",
        "class",
        "text",
        "message",
    }
    return {name: value for name, value in event.native.items() if name not in header}


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ("a=1, b=2,", {"a": "1", "b": "2"}),
        (r"a=x\,Port = 1\,y, b=2,", {"a": "x,Port = 1,y", "b": "2"}),
        ("a={x=1, y=2; }, b=2,", {"a": "{x=1, y=2; }", "b": "2"}),
        ("Step=1, Step=2, Step=3,", {"Step": ["1", "2", "3"]}),
        ("a=one, or two, b=2,", {"a": "one, or two", "b": "2"}),
        ("a=1, , b=2,", {"a": "1", "b": "2"}),
        ("Device IP Address=192.0.2.1, Issuer - Common Name=CA, b=,#15", {"Device IP Address": "192.0.2.1", "Issuer - Common Name": "CA", "b": ""}),
        ("a={, " + "b=1, " * 100, {"a": "{, " + ", ".join(["b=1"] * 63), "b": ["1"] * 37}),
    ],
)  # fmt: skip
def test_commas_separate_only_pairs(pairs: str, found: dict[str, Any]) -> None:
    assert native(pairs) == found
