"""What a record is does not depend on other records, on how literals are found, or on what is imported yet."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC

import orjson
import pytest

from soc import literals as scanning, parse
from soc.cli.parse import document_of
from soc.errors import ConfigurationError
from soc.parse import recognition, table
from soc.parse.frame import Frame
from soc.parse.syslog import Syslog
from soc.record import LogSource, Record
from tests.conftest import SHARED
from tests.parse.test_golden import GOLDEN, cases, record_of
from tests.parse.texts import ARRIVED


def test_a_format_is_named_as_its_line_in_the_table_says() -> None:
    assert [*table._JSON, *table._TEXT] == [format_.name for format_ in (*table.of_json(), *table.of_text())]
    assert all(format_.json for format_ in (*table.WINDOWS, *table.of_json()))
    assert not any(format_.json for format_ in table.of_text())


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown format 'syslogd'; known: apache, .*, windows_flat, "):
        parse.named("syslogd")


def test_windows_events_in_json_need_no_other_format() -> None:
    program = (
        "import sys; from soc import parse; from soc.record import LogSource, Record\n"
        "record = Record(b'{\"EventID\": 1, \"Channel\": \"Security\"}', '', 0, 0, LogSource('logs.host'))\n"
        "assert parse.parse(record).format.name == 'windows_flat'\n"
        "assert parse.named('windows_nxlog').json\n"
        "print(sorted({'soc.parse.nginx', 'soc.parse.suricata', 'zoneinfo'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"


def _bodies() -> list[Frame]:
    frames = []
    for file in sorted(GOLDEN.glob("*.jsonl")):
        for case in cases(file):
            try:
                frame = parse.parse(record_of(case)).frame
            except parse.Unparsable:
                continue
            if frame.json is None:
                frames.append(frame)
    return frames


def _one_by_one(frame: Frame) -> tuple[parse.Format, ...]:
    """The same as plainly as can be."""
    app = frame.syslog.app.lower().rpartition("/")[2] if frame.syslog else ""
    text = f"{frame.syslog.structured}\n{frame.text}" if frame.syslog else frame.text
    first = [format_ for format_ in table.of_text() if app and app in format_.programs]
    rest = [
        format_
        for format_ in table.of_text()
        if format_ not in first and (not format_.hints or any(hint in text for hint in format_.hints))
    ]
    return (*first, *rest)


@pytest.mark.parametrize("engine", ["hyperscan", "none"])
def test_one_scan_finds_what_looking_for_each_literal_finds(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "none":
        monkeypatch.setattr(scanning, "_hyperscan", None)
    known = recognition.Recognition(table.of_text())
    bodies = _bodies()
    assert len(bodies) > 500
    assert [known.candidates(frame) for frame in bodies] == [_one_by_one(frame) for frame in bodies]


def test_a_lone_surrogate_is_a_letter_like_others() -> None:
    frame = Frame("\ud800 type=USER_LOGIN msg=audit(1.0:1): \udfff", None, None, None, UTC, 0)
    assert "auditd" in [format_.name for format_ in recognition.of_texts().candidates(frame)]


def test_literals_are_found_in_structured_data_too() -> None:
    header = Syslog(134, "", "fw1", "CheckPoint", "1", structured='[sc@2620 loguid:"{0x1}" product:"VPN-1"]')
    frame = Frame("", None, header._replace(app="x"), None, UTC, 0)
    assert "checkpoint" in [format_.name for format_ in recognition.of_texts().candidates(frame)]


def test_the_service_can_have_everything_ready_before_the_first_record() -> None:
    parse.prepare()
    assert {"nginx", "suricata", "windows_flat", "plain"} <= parse.formats().keys()


def _documents(raws: list[bytes]) -> list[bytes]:
    told = []
    for raw in raws:
        record = Record(raw, "file:mixed", 0, ARRIVED, LogSource("logs.host"))
        told.append(orjson.dumps(document_of(record), option=orjson.OPT_SORT_KEYS))
    return told


@pytest.mark.shared
def test_a_mixed_stream_of_all_families_gives_the_documents_that_each_gives_by_itself() -> None:
    raws = [
        orjson.dumps({"message": case["raw"], "event": {"timezone": case.get("context", {}).get("tz", "+00:00")}})
        for family in sorted((SHARED / "data/parser_cases/open").glob("*.jsonl"))
        for case in cases(family)
    ]
    alone = _documents(raws)
    order = list(range(len(raws)))
    random.Random(6).shuffle(order)
    mixed = dict(zip(order, _documents([raws[at] for at in order]), strict=True))
    assert len(raws) > 5000
    assert [at for at in range(len(raws)) if mixed[at] != alone[at]] == []
