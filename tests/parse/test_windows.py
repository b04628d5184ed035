"""Windows events: the same fields by the same names in every shape, and what each event id means."""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, strategies as st

from soc import parse
from soc.event import Event, WindowsKind
from soc.parse import ABSENT, windows
from soc.parse.windows_fields import nested_fields
from soc.record import LogSource, Record

SIGMA = Path(__file__).parents[3] / "shared" / "data" / "sigma"


def event_of(document: dict[str, Any]) -> Event:
    return parse.parse(Record(orjson.dumps(document), "file:x", 0, 1_770_000_000_000_000, LogSource("logs.host")))


def value(event: Event, name: str) -> Any:
    accessor = event.format.field(name)
    assert accessor is not None
    return accessor(event.native)


def nested(leaves: Any, **system: Any) -> dict[str, Any]:
    known = {"Channel": "System", "EventID": 1, "Computer": "srv1"}
    return {"Event": {"System": {**known, **system}, **leaves}}


ONE = {
    "windows_flat": {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon",
                     "Computer": "ws1.example.net", "Execution_ProcessID": 7, "UserID": "S-1-5-18", "Image": r"C:\a.exe", "RuleName": ""},
    "windows_nxlog": {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon",
                      "Hostname": "ws1.example.net", "ProcessID": 7, "UserID": "S-1-5-18", "Image": r"C:\a.exe", "RuleName": ""},
    "windows_evtx_dump": {"Event": {"System": {
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": {"#attributes": {"Qualifiers": 0}, "#text": "1"},
        "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "ws1.example.net", "Execution": {"#attributes": {"ProcessID": 7}},
        "Security": {"#attributes": {"UserID": "S-1-5-18"}}}, "EventData": {"Image": r"C:\a.exe", "RuleName": ""}}},
    "windows_winlogbeat": {"@timestamp": "2026-01-02T03:04:05Z", "winlog": {
        "event_id": "1", "channel": "Microsoft-Windows-Sysmon/Operational", "provider_name": "Microsoft-Windows-Sysmon",
        "computer_name": "ws1.example.net", "process": {"pid": 7}, "user": {"identifier": "S-1-5-18"},
        "event_data": {"Image": r"C:\a.exe", "RuleName": ""}}},
}  # fmt: skip


@pytest.mark.parametrize("shape", ONE)
def test_each_shape_offers_the_names_of_sigma(shape: str) -> None:
    event = event_of(ONE[shape])
    names = (
        "EventID",
        "Channel",
        "Provider_Name",
        "Computer",
        "Execution_ProcessID",
        "UserID",
        "Image",
        "RuleName",
        "Nothing",
    )
    assert event.format.name == shape
    assert [value(event, name) for name in names] == [
        1, "Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", "ws1.example.net", 7, "S-1-5-18", r"C:\a.exe", "", ABSENT,
    ]  # fmt: skip
    assert event.format.kind(event.native) == WindowsKind("microsoft-windows-sysmon/operational", 1)


@pytest.mark.parametrize("shape", ONE)
def test_each_shape_becomes_the_same_document(shape: str) -> None:
    document = parse.ecs(event_of(ONE[shape]))
    told = (
        "event.code",
        "event.provider",
        "event.type",
        "host.name",
        "process.executable",
        "process.name",
        "process.pid",
        "user.id",
    )
    assert [document.get(name) for name in told] == [
        "1", "Microsoft-Windows-Sysmon", ["start"], "ws1.example.net", r"C:\a.exe", "a.exe", 7, "S-1-5-18",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event_id", "number"),
    [
        (4624, 4624),
        ("4624", 4624),
        ({"#text": 4624}, 4624),
        ({"Value": "4624"}, 4624),
        (4624.0, 4624),
        (True, -1),
        (None, -1),
        ("x", -1),
        ([], -1),
    ],
)
def test_event_ids_come_in_many_forms(event_id: Any, number: int) -> None:
    assert windows.kind_of("Security", event_id) == WindowsKind("security", number)


@pytest.mark.parametrize("document", [
    {"@timestamp": "2026-01-02T03:04:05Z", "event": {"code": "1", "kind": "event"}},
    {"EventID": 5, "level": "info"},
    {"Event": "System", "time": 1},
    {"winlog": "x", "message": "y"},
    {"Channel": "general", "text": "hello"},
    {"event_id": 7, "user": "ann"},
])  # fmt: skip
def test_other_json_is_not_taken_for_windows(document: dict[str, Any]) -> None:
    assert not event_of(document).format.name.startswith("windows")


def test_null_empty_and_absent_stay_different() -> None:
    event = event_of(nested({"EventData": {"A": None, "B": ""}}))
    assert [value(event, name) for name in ("A", "B", "C")] == [None, "", ABSENT]


def test_unnamed_data_is_a_list() -> None:
    event = event_of(nested({"EventData": {"Data": {"#text": ["x", "y"]}}}))
    assert value(event, "Data") == ["x", "y"]
    beat = event_of({"winlog": {"channel": "Application", "event_id": 1, "event_data": {"param1": "x", "param2": "y"}}})
    assert value(beat, "Data") == ["x", "y"]


@pytest.mark.parametrize("document", [
    nested({"EventData": {"Threat Name": "Test"}}),
    {"EventID": 1116, "SourceName": "p", "Channel": "c", "Threat Name": "Test"},
    {"winlog": {"event_id": 1116, "channel": "c", "event_data": {"Threat Name": "Test"}}},
])  # fmt: skip
def test_blanks_in_names_do_not_count(document: dict[str, Any]) -> None:
    assert value(event_of(document), "ThreatName") == "Test"


def test_system_wins_over_a_leaf_of_the_same_name() -> None:
    event = event_of(
        nested({"UserData": {"LogFileCleared": {"#attributes": {"xmlns": "x"}, "Channel": "Application"}}})
    )
    assert (value(event, "Channel"), value(event, "Channel_2"), value(event, "xmlns")) == (
        "System",
        "Application",
        ABSENT,
    )


def test_elements_inside_of_user_data_are_lifted() -> None:
    event = event_of(
        nested({"UserData": {"X": {"Files": {"File": "a", "File_1": "b"}, "Flags": {"#attributes": {"value": "1"}}}}})
    )
    assert [value(event, name) for name in ("File", "File_1", "Flags", "Files")] == ["a", "b", None, ABSENT]


def test_keywords_are_searched_in_the_leaves_only() -> None:
    event = event_of(nested({"EventData": {"Data": {"#text": ["needle"]}, "Path": None}}))
    assert list(event.format.values(event.native)) == [1, "System", "srv1", "needle", None]


def test_what_a_module_moved_into_ecs_is_still_found() -> None:
    event = event_of({
        "winlog": {"event_id": 25, "channel": "c", "provider_name": "Microsoft-Windows-Sysmon"},
        "process": {"executable": r"C:\git.exe", "pid": 12},
    })  # fmt: skip
    assert [value(event, name) for name in ("Image", "ProcessId", "NewProcessName")] == [r"C:\git.exe", 12, ABSENT]


def test_winlogbeat_6_keeps_everything_at_the_top() -> None:
    event = event_of({
        "@timestamp": "2026-01-02T03:04:05.000Z", "event_id": 4625, "log_name": "Security", "computer_name": "dc1",
        "source_name": "Microsoft-Windows-Security-Auditing", "event_data": {"TargetUserName": "ann", "IpAddress": "192.0.2.7"},
    })  # fmt: skip
    document = parse.ecs(event)
    assert (value(event, "TargetUserName"), document["user.name"], document["source.ip"]) == ("ann", "ann", "192.0.2.7")


def test_the_time_of_sysmon_is_utc_and_other_local_times_are_in_the_zone_of_the_source() -> None:
    raw = orjson.dumps({"EventID": 1, "Channel": "c", "SourceName": "p", "EventTime": "2026-01-02 10:00:00"})
    local = parse.parse(Record(raw, "file:x", 0, 0, LogSource("logs.host", timezone="+07:00")))
    raw = orjson.dumps(
        {"EventID": 1, "Channel": "c", "SourceName": "p", "EventTime": "x", "UtcTime": "2026-01-02 03:00:00.000"}
    )
    sysmon = parse.parse(Record(raw, "file:x", 0, 0, LogSource("logs.host", timezone="+07:00")))
    assert local.time == sysmon.time == 1_767_322_800_000_000


def security(event_id: int, **leaves: Any) -> dict[str, Any]:
    return parse.ecs(
        event_of({"EventID": event_id, "Channel": "Security", "Provider_Name": "p", "Computer": "dc1", **leaves})
    )


def test_a_logon_is_by_the_account_that_logs_on() -> None:
    document = security(
        4624, SubjectUserName="DC1$", TargetUserName="ann", TargetDomainName="EXAMPLE", TargetUserSid="S-1-5-21-1", IpAddress="::ffff:192.0.2.9",
        IpPort="0", WorkstationName="-", Keywords="0x8020000000000000",
    )  # fmt: skip
    told = (
        "event.action",
        "event.outcome",
        "user.name",
        "user.domain",
        "user.id",
        "source.ip",
        "source.port",
        "related.user",
    )
    assert [document[name] for name in told] == [
        "logged-in", "success", "ann", "EXAMPLE", "S-1-5-21-1", "192.0.2.9", 0, ["DC1$", "ann"],
    ]  # fmt: skip
    assert "source.domain" not in document


def test_a_failed_logon_is_a_failure_without_its_keywords() -> None:
    assert security(4625, TargetUserName="ann")["event.outcome"] == "failure"


def test_a_group_change_names_group_and_member() -> None:
    document = security(
        4732, SubjectUserName="adm", TargetUserName="Admins", TargetDomainName="Builtin", TargetSid="S-1-5-32-544",
        MemberName="CN=Bob,OU=x,DC=example,DC=net", MemberSid="S-1-5-21-2",
    )  # fmt: skip
    told = (
        "user.name",
        "group.name",
        "group.id",
        "user.target.name",
        "user.target.id",
        "user.target.group.name",
        "event.type",
    )
    assert [document[name] for name in told] == [
        "adm", "Admins", "S-1-5-32-544", "Bob", "S-1-5-21-2", "Admins", ["group", "change"],
    ]  # fmt: skip


def test_a_new_process_has_hex_ids_its_parent_and_its_arguments() -> None:
    document = security(
        4688, NewProcessId="0x1b4", NewProcessName=r"C:\Windows\cmd.exe", ProcessId="0x10", ParentProcessName=r"C:\a\b.exe",
        CommandLine='"C:\\Windows\\cmd.exe" /c "dir x"', Execution_ProcessID=4,
    )  # fmt: skip
    told = (
        "process.pid",
        "process.name",
        "process.parent.pid",
        "process.parent.name",
        "process.args",
        "process.args_count",
    )
    assert [document[name] for name in told] == [436, "cmd.exe", 16, "b.exe", [r"C:\Windows\cmd.exe", "/c", "dir x"], 3]


def winlogbeat(event_id: int, leaves: dict[str, Any], **others: Any) -> dict[str, Any]:
    told = {
        "channel": "Security",
        "event_id": event_id,
        "computer_name": "ws1",
        "task": "Special Logon",
        "event_data": leaves,
    }
    event = {"event": {"action": "Special Logon"}, "@timestamp": "2026-01-02T03:04:06Z", "winlog": told}
    return parse.ecs(event_of({**event, **others}))


@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        ({}, ["2026-01-02T03:04:05.000Z", "logged-in-special", "WS1$", ["WS1$"]]),
        ({"@version": "1"}, ["2026-01-02T03:04:06.000Z", "Special Logon", "WS1", ["WS1"]]),
    ],
)
def test_what_logstash_hands_on_keeps_its_time_its_task_and_computers_without_dollar(
    stamp: Any, told: list[Any]
) -> None:
    document = winlogbeat(4672, {"SubjectUserName": "WS1$", "UtcTime": "2026-01-02 03:04:05"}, **stamp)
    assert [document[name] for name in ("@timestamp", "event.action", "user.name", "related.user")] == told


def nxlog(event_id: int, channel: str = "Security", **leaves: Any) -> dict[str, Any]:
    known = {"EventID": event_id, "Channel": channel, "SourceName": "p", "Hostname": "ws1.example.net"}
    return parse.ecs(event_of({**known, **leaves}))


def test_nxlog_relates_nobody_and_the_short_name_of_the_host() -> None:
    document = nxlog(4688, SubjectUserName="ann", TargetUserName="-", ParentProcessName=r"C:\Program Files\b.exe")
    assert document["related.user"] == ["ann", "-"]
    assert document["related.hosts"] == ["ws1"]
    assert document["process.parent.command_line"] == r"C:\Program Files\b.exe"
    assert "process.parent.args" not in document


def test_nxlog_keeps_a_command_line_that_tells_more_than_the_image() -> None:
    parent = {"ParentImage": r"C:\w.exe", "UtcTime": "2026-01-02 03:04:05"}
    channel = "Microsoft-Windows-Sysmon/Operational"
    told = [
        nxlog(1, channel, **parent, ParentCommandLine=line)["process.parent.command_line"]
        for line in ("W.EXE", "w.exe -k")
    ]
    assert told == [r"C:\w.exe", "w.exe -k"]


def test_the_transport_is_a_name_but_from_nxlog() -> None:
    flow = {
        "SourceAddress": "192.0.2.1",
        "DestAddress": "192.0.2.2",
        "SourcePort": "1",
        "DestPort": "2",
        "Protocol": "6",
    }
    here, there = security(5156, **flow), nxlog(5156, **flow)
    assert (here["network.transport"], there["network.transport"]) == ("tcp", "6")
    assert here["network.community_id"] == there["network.community_id"]


def test_the_account_of_a_pipeline_is_the_collector_s_with_nxlog_only() -> None:
    told = {"ContextInfo": r"User = WORKGROUP\SYSTEM", "Domain": "NT AUTHORITY", "AccountName": "SYSTEM"}
    channel = "Microsoft-Windows-PowerShell/Operational"
    flat = parse.ecs(event_of({"EventID": 4103, "Channel": channel, "Provider_Name": "p", **told}))
    assert (flat["user.domain"], nxlog(4103, channel, **told)["user.domain"]) == ("WORKGROUP", "NT AUTHORITY")


def test_the_same_command_line_has_no_more_arguments_than_blanks_allow() -> None:
    from soc.parse.windows_values import arguments

    assert arguments('a "b c"d  ""  "e') == ["a", "b cd", '""', "e"]


@given(st.text(alphabet='ab" \t\\', max_size=30))
def test_no_character_of_a_command_line_is_lost_but_blanks_and_quotes(line: str) -> None:
    from soc.parse.windows_values import arguments

    def kept(text: str) -> list[str]:
        return [letter for letter in text if letter not in ' \t"']

    assert kept("".join(arguments(line))) == kept(line)


@pytest.mark.shared
def test_the_nested_copy_of_each_event_offers_the_fields_of_the_flat_one() -> None:
    differing: Counter[tuple[str, str]] = Counter()
    accessors: dict[str, Any] = {}
    with (
        gzip.open(SIGMA / "attack_evtx.jsonl.gz") as flat_file,
        gzip.open(SIGMA / "attack_evtx_nested.jsonl.gz") as nested_file,
    ):
        for flat_line, nested_line in zip(flat_file, nested_file, strict=True):
            flat, native = orjson.loads(flat_line), orjson.loads(nested_line)
            lifted = nested_fields(native)
            for name in flat.keys() | lifted.keys():
                accessor = accessors.setdefault(name, windows.EVTX_DUMP.field(name))
                for how, told in (("accessor", accessor(native)), ("all", lifted.get(name, ABSENT))):
                    wanted = flat.get(name, ABSENT)
                    differing[how, name] += told != wanted or type(told) is not type(wanted)
            differing["kind", ""] += windows.FLAT.kind(flat) != windows.EVTX_DUMP.kind(native)
            differing["values", ""] += texts(windows.FLAT, flat) != texts(windows.EVTX_DUMP, native)
    assert +differing == {}


def texts(format_: parse.Format, native: dict[str, Any]) -> list[str]:
    return sorted(repr(found) for found in format_.values(native))


@pytest.mark.shared
@pytest.mark.parametrize("file", ["otrf_100k", "regression", "attack_evtx", "attack_evtx_nested"])
def test_every_real_event_is_recognised_and_dated(file: str) -> None:
    formats: Counter[str] = Counter()
    undated = 0
    with gzip.open(SIGMA / f"{file}.jsonl.gz") as lines:
        for line in islice(lines, 0, None, 5):
            event = parse.parse(Record(line.rstrip(), "file:x", 0, 0, LogSource("logs.host")))
            formats[event.format.name] += 1
            undated += not event.timed
    assert formats.keys() == {"windows_evtx_dump" if file.endswith("nested") else "windows_flat"}
    assert undated == 0
