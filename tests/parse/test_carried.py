"""Sensors, name and mail servers, hypervisors, hosts: carried in any wrapping they stay what they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from soc.parse import syslog
from tests.parse.texts import event_of

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent.parent / "golden"
FORMATS = ("suricata", "zeek", "zeek_tsv", "snort", "snort_json", "dns", "postfix", "mail_other", "vmware", "ibm_aix")
WRAPPINGS: dict[str, Callable[[str], str]] = {
    "RFC 3164": lambda line: f"<134>Feb 28 23:14:02 host1 relayed[1]: {line}",
    "RFC 5424": lambda line: f"<134>1 2026-02-28T16:14:02.000Z host1 relayed 1 - - {line}",
    "CRI": lambda line: f"2026-02-28T16:14:05.277747246Z stderr F {line}",
    "journal": lambda line: orjson.dumps({"MESSAGE": line, "__REALTIME_TIMESTAMP": "1772295242123456", "_COMM": "relayed"}).decode(),
    "Filebeat": lambda line: orjson.dumps({"@timestamp": "2026-02-28T16:14:05Z", "agent": {"type": "filebeat"}, "message": line}).decode(),
}  # fmt: skip


def bare_lines(name: str) -> list[str]:
    """The lines of a golden file that carry no wrapping of their own."""
    cases = [orjson.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines()]
    own = [case["raw"] for case in cases if case.get("format") == name and "header" not in case]
    return [line for line in own if syslog.split(line)[0] is None and '"result":{"_raw"' not in line]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_record_is_recognised_in_whatever_carries_it(name: str, wrapping: str) -> None:
    strangers = [
        line
        for line in bare_lines(name)
        if event_of(WRAPPINGS[wrapping](line)).format.name != name and "\n" not in line
    ]
    assert bare_lines(name)
    assert strangers == []


@pytest.mark.parametrize("name", FORMATS)
def test_no_other_format_takes_a_record_first(name: str) -> None:
    assert {event_of(line).format.name for line in bare_lines(name)} == {name}
