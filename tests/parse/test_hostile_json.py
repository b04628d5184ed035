"""Whatever a JSON object holds, it becomes an event or a dead letter with a reason; nothing raises."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings, strategies as st

from soc import instant, parse
from soc.event import Event
from soc.parse import any_json, ecs_json, windows, windows_message, windows_xml
from soc.parse.frame import Frame
from soc.record import LogSource, Record

FORMATS = (windows.FLAT, windows.NXLOG_JSON, windows.EVTX_DUMP, windows.WINLOGBEAT, ecs_json.FORMAT, any_json.FORMAT)
FIELDS = (
    "Image", "CommandLine", "EventID", "Channel", "Provider_Name", "Data", "Channel_2", "Level_2", "ThreatName", "SystemTime",
    "event.code", "dns.answers.data", "event.category", "a.b.c", "Message", "Name", "",
)  # fmt: skip

_SYSTEM = {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "{0}"}},
    "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 3},
    "TimeCreated": {"#attributes": {"SystemTime": "2026-01-02T03:04:05Z"}},
    "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
    "Security": {"#attributes": {"UserID": "S-1-5-18"}},
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Computer": "ws1.example.net",
    "Keywords": "0x8020000000000000",
    "Level": 4,
}
_LEAVES = {
    "UtcTime": "2026-01-02 03:04:05.678", "Image": r"C:\a\b.exe", "CommandLine": '"b.exe" /c', "Hashes": "MD5=00,IMPHASH=11",
    "User": r"EXAMPLE\ann", "SourceIp": "192.0.2.1", "SourcePort": "1", "DestinationIp": "2001:db8::1", "DestinationPort": 2,
    "Protocol": "tcp", "QueryResults": "type:  5 a.example;::ffff:192.0.2.9;", "TargetObject": r"HKLM\a\b", "Details": "DWORD (0x1)",
    "TargetFilename": r"C:\x.txt", "ImageLoaded": r"C:\x.dll", "MemberName": "CN=a,DC=b", "TargetUserName": "u@R", "ProcessId": "0x1",
    "SubjectUserName": "s", "ShareLocalPath": r"\??\C:\d", "RelativeTargetName": "f", "ShareName": r"\\*\d", "ObjectType": "Key",
    "ObjectName": r"\REGISTRY\MACHINE\x", "Data": ["a", "HostApplication=x y", None], "ContextInfo": " Host Name = h\n", "url": "http://[",
    "IpAddress": "::ffff:192.0.2.1", "Threat Name": "x", "Path": "file:_C:\\a; b", "Direction": "%%14592", "Signed": "true",
}  # fmt: skip
SEEDS: tuple[dict[str, Any], ...] = (
    {"EventID": 1, "Channel": "Security", "Provider_Name": "p", "Keywords": -9214364837600034816, **_LEAVES},
    {"EventID": "4688", "SourceName": "p", "Hostname": "h.example.net", "SourceModuleType": "im_msvistalog", "EventTime": "2026-01-02 03:04:05",
     "Channel": "System", "Severity": "INFO", "Message": "Client Address: 192.0.2.4:80", **_LEAVES},
    {"Event": {"System": _SYSTEM, "EventData": _LEAVES}},
    {"Event": {"System": _SYSTEM, "UserData": {"X": {"#attributes": {"xmlns": "x"}, "Channel": "c", "In": {"a": {"b": 1}}}}}},
    {"@timestamp": "2026-01-02T03:04:05Z", "event": {"code": 3, "kind": "event", "action": "t"}, "host": {"mac": ["0a:1b:2c:3d:4e:5f"]},
     "winlog": {"event_id": 3, "channel": "Security", "provider_name": "Microsoft-Windows-Sysmon", "event_data": _LEAVES,
                "user": {"identifier": "S", "name": "n"}, "process": {"pid": 1, "thread": {"id": 2}}, "task": "t"}},
    {"event_id": 4624, "log_name": "Security", "event_data": {"param1": "a"}, "user_data": None, "@timestamp": "x"},
    {"@timestamp": "2026-01-02T03:04:05+07:00", "event": {"dataset": "nginx.access", "category": ["web"]}, "dns": {"answers": [{"data": "a"}]},
     "related": {"user": "x", "ip": 5}, "network": {"iana_number": 6, "transport": ["tcp"]}, "source": {"ip": "192.0.2.1", "port": "x"}},
    {"@timestamp": 1767323045, "event.kind": "event", "event.category": "web", "source.ip": "192.0.2.1", "destination.ip": "192.0.2.2",
     "source.port": 1, "destination.port": 2, "network.iana_number": "6", "source.bytes": True, "destination.bytes": 1.5},
    {"time": 1e300, "msg": "x", "user": None, "src_ip": "x", "pid": "99999999999999999999", "host": {"a": 1}},
)  # fmt: skip

_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.sampled_from(["", "-", " ", "0x", "0xZZ", "\\", "a\\", "::", "[", "\u0130", "\ud800", "9" * 400, "-1", "1e9", "2026-99-99T00:00:00Z"]),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(), st.just({"#text": []}), st.just([[]])), max_size=3),
    st.dictionaries(st.sampled_from(["#text", "#attributes", "Value", "a", "Name", "code"]), st.one_of(st.none(), st.text(max_size=3)), max_size=3),
)  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every value inside of a document."""
    if isinstance(value, dict):
        return [p for key, below in value.items() for p in [(*path, key), *paths(below, (*path, key))]]
    return []


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    if not isinstance(value, dict):
        return value
    return {**value, path[0]: changed(value.get(path[0]), path[1:], odd)}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A usual document with some of its values replaced by odd ones."""
    document = draw(st.sampled_from(SEEDS))
    for path in draw(st.lists(st.sampled_from(paths(document)), min_size=1, max_size=6)):
        document = changed(document, path, draw(_ODD))
    return document


def event_of(format_: parse.Format, document: dict[str, Any]) -> Event | None:
    record = Record(b"{}", "file:x", 0, 1_770_000_000_000_000, LogSource("logs.host"))
    frame = Frame("", document, None, None, instant.zone("Asia/Ho_Chi_Minh"), record.arrived)
    native = format_.decode(frame)
    return None if native is None else Event(record, format_, native, frame)


def use(event: Event) -> None:
    """All that the pipeline asks of an event."""
    assert isinstance(event.time, int)
    hash(event.format.kind(event.native))
    for name in FIELDS:
        accessor = event.format.field(name)
        if accessor is not None:
            accessor(event.native)
    list(event.format.values(event.native))
    parse.nested(parse.ecs(event))


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
@settings(max_examples=60, deadline=None)
@given(document=documents())
@example(document={"EventID": {}, "Channel": []})
@example(document={"winlog": {"event_data": [], "keywords": [[]]}, "@timestamp": []})
@example(document={"@timestamp": [], "event": {"kind": {}}, "related": {"ip": 5, "user": {"a": 1}, "hash": "x"}})
@example(document={"@timestamp": 1, "event.kind": "event", "source.ip": "192.0.2.1", "destination.ip": "192.0.2.2",
                   "source.port": -1, "destination.port": 2, "network.iana_number": 6})  # fmt: skip
def test_no_document_makes_a_format_raise(format_: parse.Format, document: dict[str, Any]) -> None:
    event = event_of(format_, document)
    if event is not None:
        use(event)


@settings(max_examples=80, deadline=None)
@given(document=documents())
def test_every_json_object_that_is_delivered_becomes_an_event(document: dict[str, Any]) -> None:
    try:
        raw = orjson.dumps(document)
    except TypeError:  # integers and surrogates that JSON cannot hold
        return
    event = parse.parse(Record(raw, "file:x", 0, 1_770_000_000_000_000, LogSource("logs.host")))
    use(event)
    orjson.dumps(parse.ecs(event))


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet='<>/="Evnt SysmDa&;#x01', max_size=200))
def test_no_text_makes_the_xml_format_raise(text: str) -> None:
    record = Record(b"", "file:x", 0, 0, LogSource("logs.host"))
    for body in (text, f"<Event><System>{text}</System><EventData>{text}</EventData></Event>"):
        frame = Frame(body, None, None, None, instant.zone("UTC"), 0)
        native = windows_xml.decode(frame)
        if native is not None:
            use(Event(record, windows_xml.FORMAT, native, frame))


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="#015 2\n\t:Subject AcountNamLogIDrv-$\\\u2019", max_size=200))
def test_no_text_makes_the_message_format_raise(text: str) -> None:
    record = Record(b"", "file:x", 0, 0, LogSource("logs.host"))
    for title in ("An account was logged off.", "A new process has been created.\n", ""):
        native = windows_message.decode(Frame(title + text, None, None, None, instant.zone("UTC"), 0))
        if native is not None:
            use(Event(record, windows_message.FORMAT, native, Frame(text, None, None, None, instant.zone("UTC"), 0)))


def test_xml_with_a_document_type_is_not_read() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Event><System><EventID>1</EventID></System></Event>'
    assert windows_xml.decode(Frame(bomb, None, None, None, instant.zone("UTC"), 0)) is None


def test_xml_that_is_too_deep_is_not_read() -> None:
    deep = f"<Event><System><EventID>1</EventID></System>{'<a>' * 40}{'</a>' * 40}</Event>"
    assert windows_xml.decode(Frame(deep, None, None, None, instant.zone("UTC"), 0)) is None
