"""The fields of a Windows event under the names that Sigma rules use, in each shape that collectors give it.

The flat shape is the reference: EventData and UserData leaves at the top level, unnamed `<Data>` as `Data`, `Provider_Name`,
`Execution_ProcessID` and the like for the attributes of System, blanks in names removed, null kept. Where a leaf has the name
of a System element, System wins and the leaf is offered as `<name>_2`. Every other shape offers the same names by two
functions: `*_field` gives the accessor of one name (rules, per event), `*_fields` the whole event as flat (findings).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from soc.parse.format import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Accessor, Native

Path = tuple[str, ...]

_NOTHING: Mapping[str, Any] = {}

# System elements that hold text, and the names of the attributes of those that hold attributes.
ELEMENTS = ("EventID", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID", "Channel", "Computer")
_NUMBERS = frozenset({"EventID", "Version", "Level", "Task", "Opcode", "EventRecordID"})
ATTRIBUTES: dict[str, tuple[str, str]] = {
    "Provider_Name": ("Provider", "Name"),
    "Provider_Guid": ("Provider", "Guid"),
    "Provider_EventSourceName": ("Provider", "EventSourceName"),
    "SystemTime": ("TimeCreated", "SystemTime"),
    "Correlation_ActivityID": ("Correlation", "ActivityID"),
    "Correlation_RelatedActivityID": ("Correlation", "RelatedActivityID"),
    "Execution_ProcessID": ("Execution", "ProcessID"),
    "Execution_ThreadID": ("Execution", "ThreadID"),
    "UserID": ("Security", "UserID"),
}
_OWN = frozenset({"#attributes", "#text"})  # what evtx_dump adds to an element that has attributes
_SYSTEM = frozenset(ELEMENTS) | ATTRIBUTES.keys()


def section(native: Any, *path: str) -> Mapping[str, Any]:
    """The object at a path; an empty one where there is none."""
    for name in path:
        if not isinstance(native, dict):
            return _NOTHING
        native = native.get(name)
    return native if isinstance(native, dict) else _NOTHING


def at(native: Any, path: Path) -> Any:
    """The value at a path, ABSENT where there is none."""
    return section(native, *path[:-1]).get(path[-1], ABSENT)


def without_blanks(leaves: Mapping[str, Any], name: str) -> Any:
    """The value whose name is `name` but for blanks (`Threat Name`), ABSENT if there is none."""
    if " " in "".join(leaves):
        for spaced, value in leaves.items():
            if spaced.replace(" ", "") == name:
                return value
    return ABSENT


def number_of(value: Any) -> Any:
    """Digits as the number they are; anything else as it is."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else value


# ---------------------------------------------------------------------------------------------- evtx_dump: nested


def nested_leaves(native: Native) -> Mapping[str, Any]:
    """EventData, or the one element inside UserData."""
    event = section(native, "Event")
    data = event.get("EventData")
    if isinstance(data, dict):
        return data
    for name, value in section(event, "UserData").items():
        if name != "#attributes":
            return _lifted(value) if isinstance(value, dict) else _NOTHING
    return _NOTHING


def _lifted(element: Mapping[str, Any]) -> Mapping[str, Any]:
    """The leaves inside of elements that hold elements, beside the others."""
    if not any(isinstance(value, dict) and value.keys() - _OWN for value in element.values()):
        return element
    found: dict[str, Any] = {}
    for name, value in element.items():
        if isinstance(value, dict) and name not in _OWN and value.keys() - _OWN:
            found.update(_lifted(value))
        else:
            found[name] = value
    return found


def nested_field(name: str) -> Accessor:
    """The accessor of a name in `{"Event": {"System": ..., "EventData": ...}}`."""
    if name in _SYSTEM:
        return _nested_system(name)
    stem = name.removesuffix("_2")
    if stem != name and stem in _SYSTEM:
        return lambda native: _second(native, stem)

    def get(native: Native) -> Any:
        leaves = native["Event"].get("EventData")  # there is an Event: it was recognised by that
        if type(leaves) is not dict:
            leaves = nested_leaves(native)
        value = leaves.get(name, ABSENT)
        if value is ABSENT:
            return _unusual(leaves, name)
        return _text(value) if type(value) is dict else value

    return get


def _nested_system(name: str) -> Accessor:
    def get(native: Native) -> Any:
        value = _system_value(native["Event"]["System"], name)
        if value is not ABSENT:
            return value
        leaf = nested_leaves(native).get(name, ABSENT)
        return _text(leaf) if isinstance(leaf, dict) else leaf

    return get


def _system_value(system: Mapping[str, Any], name: str) -> Any:
    if name in ATTRIBUTES:
        element, attribute = ATTRIBUTES[name]
        return attributes(system, element).get(attribute, ABSENT)
    value = system.get(name, ABSENT)
    value = _text(value) if isinstance(value, dict) else value
    return number_of(value) if name in _NUMBERS else value


def attributes(system: Mapping[str, Any], element: str) -> Mapping[str, Any]:
    """The attributes of an element; evtx_dump can also put them beside it (`--separate-json-attributes`)."""
    value = system.get(element)
    inside = value.get("#attributes") if isinstance(value, dict) else None
    return inside if isinstance(inside, dict) and inside else section(system, f"{element}_attributes")


def _second(native: Native, name: str) -> Any:
    leaf = _text(nested_leaves(native).get(name, ABSENT))
    told = _system_value(section(native, "Event", "System"), name)
    return ABSENT if told is ABSENT or told == leaf else leaf


def _unusual(leaves: Mapping[str, Any], name: str) -> Any:
    value = without_blanks(leaves, name)
    if value is ABSENT and name != "xmlns":
        return section(leaves, "#attributes").get(name, ABSENT)
    return _text(value)


def _text(value: Any) -> Any:
    """An element with attributes: its text, None if it has none."""
    return value.get("#text", value.get("Value")) if isinstance(value, dict) else value


def nested_fields(native: Native) -> dict[str, Any]:
    """The whole event as flat."""
    system, leaves = section(native, "Event", "System"), nested_leaves(native)
    known = ((name, _system_value(system, name)) for name in (*ATTRIBUTES, *ELEMENTS))
    return join({name: value for name, value in known if value is not ABSENT}, leaves)


def join(found: dict[str, Any], leaves: Mapping[str, Any]) -> dict[str, Any]:
    """System and leaves as one; `found` is added to."""
    attached = ((name, value) for name, value in section(leaves, "#attributes").items() if not name.startswith("xmlns"))
    for name, value in (*attached, *leaves.items()):
        if name == "#attributes":
            continue
        short, leaf = name.replace(" ", ""), _text(value) if isinstance(value, dict) else value
        if short not in _SYSTEM or short not in found:
            found[short] = leaf
        elif found[short] != leaf:
            found[f"{short}_2"] = leaf
    return found


# ------------------------------------------------------------------------------------------------------ Winlogbeat

# Where Winlogbeat 7 and later (`winlog.`) and 6 (top level) put what System holds.
_WINLOG: dict[str, tuple[Path, ...]] = {
    "EventID": (("winlog", "event_id"), ("event_id",), ("event", "code")),
    "Channel": (("winlog", "channel"), ("log_name",)),
    "Computer": (("winlog", "computer_name"), ("computer_name",)),
    "Provider_Name": (("winlog", "provider_name"), ("source_name",), ("event", "provider")),
    "Provider_Guid": (("winlog", "provider_guid"), ("provider_guid",)),
    "EventRecordID": (("winlog", "record_id"), ("record_number",)),
    "Version": (("winlog", "version"), ("version",)),
    "Level": (("winlog", "level"), ("level",), ("log", "level")),
    "Task": (("winlog", "task"), ("task",)),
    "Opcode": (("winlog", "opcode"), ("opcode",)),
    "Keywords": (("winlog", "keywords"), ("keywords",)),
    "SystemTime": (("winlog", "time_created"), ("@timestamp",)),
    "UserID": (("winlog", "user", "identifier"), ("user", "identifier")),
    "AccountName": (("winlog", "user", "name"),),
    "Domain": (("winlog", "user", "domain"),),
    "Execution_ProcessID": (("winlog", "process", "pid"), ("process_id",)),
    "Execution_ThreadID": (("winlog", "process", "thread", "id"), ("thread_id",)),
    "Correlation_ActivityID": (("winlog", "activity_id"), ("activity_id",)),
    "Correlation_RelatedActivityID": (("winlog", "related_activity_id"), ("related_activity_id",)),
    "Message": (("message",),),
}
# What Winlogbeat's own modules move out of event_data into ECS fields.
_MOVED: dict[str, dict[str, Path]] = {
    "Microsoft-Windows-Sysmon": {
        "Image": ("process", "executable"),
        "CommandLine": ("process", "command_line"),
        "CurrentDirectory": ("process", "working_directory"),
        "ProcessGuid": ("process", "entity_id"),
        "ProcessId": ("process", "pid"),
        "ParentImage": ("process", "parent", "executable"),
        "ParentCommandLine": ("process", "parent", "command_line"),
        "ParentProcessGuid": ("process", "parent", "entity_id"),
        "ParentProcessId": ("process", "parent", "pid"),
        "OriginalFileName": ("process", "pe", "original_file_name"),
        "TargetFilename": ("file", "path"),
        "ImageLoaded": ("file", "path"),
        "TargetObject": ("registry", "path"),
        "QueryName": ("dns", "question", "name"),
        "DestinationIp": ("destination", "ip"),
        "DestinationPort": ("destination", "port"),
        "DestinationHostname": ("destination", "domain"),
        "SourceIp": ("source", "ip"),
        "SourcePort": ("source", "port"),
        "RuleName": ("rule", "name"),
    },
    "Microsoft-Windows-Security-Auditing": {
        "NewProcessName": ("process", "executable"),
        "CommandLine": ("process", "command_line"),
        "ParentProcessName": ("process", "parent", "executable"),
        "IpAddress": ("source", "ip"),
        "IpPort": ("source", "port"),
        "ServiceName": ("service", "name"),
    },
}
_NO_PATHS: dict[str, Path] = {}
_MOVABLE = frozenset(name for names in _MOVED.values() for name in names)


def winlog_leaves(native: Native) -> Mapping[str, Any]:
    """`event_data` or `user_data`, from `winlog` or (version 6) the top level."""
    winlog = native.get("winlog", native)
    if not isinstance(winlog, dict):
        return _NOTHING
    for name in ("event_data", "user_data"):
        leaves = winlog.get(name)
        if isinstance(leaves, dict) and leaves:
            return leaves
    return _NOTHING


def winlog_field(name: str) -> Accessor:
    """The accessor of a name in a Winlogbeat document."""
    if name in _WINLOG:
        return _winlog_system(name)
    stem = name.removesuffix("_2")
    if stem != name and stem in _WINLOG:
        return lambda native: winlog_leaves(native).get(stem, ABSENT)

    def get(native: Native) -> Any:
        leaves = winlog_leaves(native)
        value = leaves.get(name, ABSENT)
        if value is ABSENT:
            value = without_blanks(leaves, name)
        return _moved(native, name) if value is ABSENT and name in _MOVABLE else value

    return _unnamed if name == "Data" else get


def _winlog_system(name: str) -> Accessor:
    paths = _WINLOG[name]

    def get(native: Native) -> Any:
        for path in paths:
            value = at(native, path)
            if value is not ABSENT:
                return number_of(value) if name in _NUMBERS else value
        return winlog_leaves(native).get(name, ABSENT)

    return get


def _unnamed(native: Native) -> Any:
    """Winlogbeat numbers what has no name: param1, param2, ..."""
    leaves = winlog_leaves(native)
    if "Data" in leaves:
        return leaves["Data"]
    found = [leaves[name] for name in _numbered(len(leaves)) if name in leaves]
    return found or ABSENT


@lru_cache(maxsize=64)
def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"param{number}" for number in range(1, count + 1))


def _moved(native: Native, name: str) -> Any:
    """A leaf that one of Winlogbeat's modules has moved into an ECS field."""
    provider = section(native, "winlog").get("provider_name")
    path = _MOVED.get(provider, {}).get(name) if isinstance(provider, str) else None
    return at(native, path) if path else ABSENT


def winlog_fields(native: Native) -> dict[str, Any]:
    """The whole event as flat."""
    winlog, leaves = section(native, "winlog"), winlog_leaves(native)
    found: dict[str, Any] = {}
    for name, paths in _WINLOG.items():
        value = winlog.get(paths[0][-1], ABSENT) if len(paths[0]) == 2 else at(native, paths[0])
        if value is ABSENT:
            others = (at(native, path) for path in paths[1:])
            value = next((told for told in others if told is not ABSENT), ABSENT)
        if value is ABSENT:
            value = leaves.get(name, ABSENT)
        elif name in _NUMBERS:
            value = number_of(value)
        if value is not ABSENT:
            found[name] = value
    found = join(found, {name: value for name, value in leaves.items() if name != "xml_name"})
    if (unnamed := _unnamed(native)) is not ABSENT:
        found.setdefault("Data", unnamed)
    provider = winlog.get("provider_name")
    for name, path in _MOVED.get(provider, _NO_PATHS).items() if isinstance(provider, str) else ():
        if name not in found and (value := at(native, path)) is not ABSENT:
            found[name] = value
    return found


# ----------------------------------------------------------------------------------------------------------- NXLog

_NXLOG = {
    "Provider_Name": ("SourceName",),
    "Provider_Guid": ("ProviderGuid",),
    "Computer": ("Hostname",),
    "Execution_ProcessID": ("ProcessID", "ExecutionProcessID"),
    "Execution_ThreadID": ("ThreadID", "ExecutionThreadID"),
    "EventRecordID": ("RecordNumber",),
    "Opcode": ("OpcodeValue",),
    "Correlation_ActivityID": ("ActivityID",),
    "Correlation_RelatedActivityID": ("RelatedActivityID",),
    "SystemTime": ("EventTime",),
}


def nxlog_field(name: str) -> Accessor:
    """The accessor of a name in an NXLog document: flat, with names of its own for System."""
    others = _NXLOG.get(name, ())

    def get(native: Native) -> Any:
        value = native.get(name, ABSENT)
        if value is not ABSENT:
            return value
        for other in others:
            if other in native:
                return native[other]
        return without_blanks(native, name)

    return get


def nxlog_fields(native: Native) -> dict[str, Any]:
    """The whole event as flat."""
    found = {name: value for name, value in native.items() if " " not in name}
    for name, others in _NXLOG.items():
        for other in others:
            if other in native:
                found.setdefault(name, native[other])
    for name, value in native.items():
        found.setdefault(name.replace(" ", ""), value)
    return found
