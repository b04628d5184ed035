"""A known JSON shape with a value of another type in it is still read or declined, in every JSON format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings, strategies as st

from soc import parse
from tests.parse.test_hostile_json import changed, event_of, paths, use

GOLDEN = Path(__file__).parent.parent / "golden"
JSON_FORMATS = sorted(name for name, format_ in parse.formats().items() if format_.json)
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**70,
        1e300,
        "",
        "-",
        "::",
        "[",
        "9" * 400,
        "2026-99-99T00:00:00Z",
        [],
        {},
        [None],
        [{}],
        {"a": {}},
        ["a", 1],
    ]
)


def documents(name: str) -> list[dict[str, Any]]:
    """The objects of a format's golden file, out of any wrapping that a line has."""
    file = GOLDEN / f"{name}.jsonl"
    cases = [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []
    raws = [case["raw"].strip().rstrip(",") for case in cases if case.get("format") == name and "raw" in case]
    return [orjson.loads(raw[raw.index("{") :]) for raw in raws if raw.endswith("}")]


@pytest.mark.parametrize("name", JSON_FORMATS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_object_with_odd_values_is_read_or_declined(name: str, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(documents(name) or [{}]))
    for path in data.draw(st.lists(st.sampled_from(paths(document) or [()]), min_size=1, max_size=4)):
        document = changed(document, path, data.draw(ODD)) if path else document
    event = event_of(parse.formats()[name], document)
    if event is not None:
        use(event)
