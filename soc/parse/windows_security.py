"""Events of the Security channel as ECS: who did what to whom, from where, with which process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.windows_events import GROUPS, LOGONS
from soc.parse.windows_values import address, number, pairs, port, put_file, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document
    from soc.parse.windows_convention import Convention

_DIRECTIONS = {"%%14592": "inbound", "%%14593": "outbound"}
_EXECUTABLES = ("NewProcessName", "ProcessName", "CallerProcessName", "Application")
_PROCESS_IDS = ("NewProcessId", "ProcessId", "CallerProcessId", "ProcessID", "ClientProcessId")
_SOURCES = ("IpAddress", "ClientAddress", "SourceAddress")
_FILES = frozenset({"File", "Process"})


def describe_security(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """Add what an event of the Security channel tells."""
    if not _TELLING & fields.keys():
        fields = {**_rendered(fields), **fields}
    _user(fields, document, event_id, convention)
    _target(fields, document, event_id, convention)
    _relate(fields, document, event_id, convention)
    _process(fields, document, event_id)
    _network(fields, document, convention)
    if event_id in LOGONS:
        document["client.ip"] = document["source.ip"]
    _object(fields, document, event_id)
    document["service.name"] = text(fields.get("ServiceName"))


# Events without one of these were sent as a message only; what its (English) lines stand for.
_TELLING = frozenset({"SubjectUserName", "TargetUserName", "SourceAddress", "IpAddress", "ProcessName"})
_LINES = {
    "SubjectUserName": ("Account Name", "User Name"),
    "SubjectDomainName": ("Account Domain", "Domain Name", "Domain"),
    "SubjectUserSid": ("Security ID",),
    "ClientAddress": ("Client Address", "Source Network Address", "Source Address"),
    "WorkstationName": ("Workstation Name",),
    "ProcessName": ("Process Name",),
}


def _rendered(fields: Mapping[str, Any]) -> dict[str, str]:
    told = pairs(fields.get("Message"))
    return {name: told[line] for name, lines in _LINES.items() for line in reversed(lines) if line in told}


def first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first of some fields that says something."""
    return next((fields[name] for name in names if text(fields.get(name)) is not None), None)


def _user(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """`user` is who acts: the subject, in logon events (by most conventions) the account that logs on."""
    target_acts = event_id in LOGONS and convention.logon_target_acts
    order: tuple[str, ...] = ("Subject",)
    if event_id in LOGONS:
        order = ("Target", "Subject") if target_acts else ("Subject", "Target")
    for side in order:
        name = _name(fields.get(f"{side}UserName"), convention)
        sid = first(fields, (f"{side}UserSid", f"{side}Sid"))
        if name or (sid and side == order[0]):
            document["user.id"] = text(sid) or document.get("user.id")
        if name:
            document["user.name"] = name.partition("@")[0]
            document["user.domain"] = text(fields.get(f"{side}DomainName"))
            return
    name = text(fields.get("AccountName"))
    if name:
        document["user.name"], document["user.domain"] = name, text(fields.get("AccountDomain", fields.get("Domain")))


def _target(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """`user.target` is the account that something is done to; where it is a group, `group`."""
    domain, sid = text(fields.get("TargetDomainName")), text(first(fields, ("TargetUserSid", "TargetSid")))
    name = _name(first(fields, ("OldTargetUserName", "TargetUserName")), convention)
    if event_id in GROUPS:
        _group(fields, document, {"domain": domain, "id": sid, "name": name})
        return
    document["user.target.name"], document["user.target.domain"], document["user.target.id"] = name, domain, sid
    document["user.changes.name"] = text(fields.get("NewTargetUserName"))
    if event_id in {4648, 4688}:
        document["user.effective.name"], document["user.effective.domain"] = name, domain
        document["user.effective.id"] = sid


def _relate(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """`related.user` has both sides by the names that the event has for them, but for a group's."""
    if event_id in GROUPS:
        return
    told = [fields.get(f"{side}UserName") for side in ("Subject", "Target")]
    named = ["-" if convention.nobody_is_related and name == "-" else _name(name, convention) for name in told]
    document["related.user"] = [name for name in named if name]


def _name(value: Any, convention: Convention) -> str | None:
    """The name of an account."""
    name = text(value)
    return name.removesuffix("$") if name and convention.computer_account_is_computer else name


def _group(fields: Mapping[str, Any], document: Document, group: dict[str, str | None]) -> None:
    for name, value in group.items():
        document[f"group.{name}"] = value
    member, sid = text(fields.get("MemberName")), text(fields.get("MemberSid"))
    if member is None and sid is None:
        return
    document["user.target.id"] = sid
    if member:
        parts = [part.strip().partition("=") for part in member.split(",")]
        document["user.target.name"] = parts[0][2] or member
        document["user.target.domain"] = next((value for key, _, value in reversed(parts) if key.upper() == "DC"), None)
    for name, value in group.items():
        document[f"user.target.group.{name}"] = value


def _process(fields: Mapping[str, Any], document: Document, event_id: int) -> None:
    message = pairs(fields.get("Message")) if event_id == 4688 and "ProcessId" not in fields else {}
    document["process.executable"] = text(first(fields, _EXECUTABLES))
    document["process.command_line"] = text(fields.get("CommandLine"))
    pid = number(first(fields, _PROCESS_IDS))
    if pid is not None:
        document["process.pid"] = pid
    if event_id == 4688:
        creator = fields.get("ProcessId", message.get("Creator Process ID"))
        document["process.parent.pid"] = number(creator)
        document["process.parent.executable"] = text(fields.get("ParentProcessName"))


def _network(fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    document["source.ip"] = address(first(fields, _SOURCES))
    document["source.port"] = port(first(fields, ("IpPort", "SourcePort")))
    document["source.domain"] = text(first(fields, ("WorkstationName", "Workstation", "ClientName")))
    document["destination.ip"] = address(fields.get("DestAddress"))
    document["destination.port"] = port(fields.get("DestPort"))
    document["destination.domain"] = text(fields.get("AuthenticationServer"))
    protocol = number(fields.get("Protocol"))
    if protocol is not None and 0 <= protocol < 256:
        document["network.iana_number"] = str(protocol)
        document["network.transport"] = str(protocol) if convention.transport_is_number else None
    direction = fields.get("Direction")
    document["network.direction"] = _DIRECTIONS.get(direction) if isinstance(direction, str) else None


def _object(fields: Mapping[str, Any], document: Document, event_id: int) -> None:
    """Files, registry keys and shares that were touched."""
    kind, name = text(fields.get("ObjectType")), text(fields.get("ObjectName"))
    if name and kind in _FILES:
        put_file(document, name)
    elif name and (kind == "Key" or event_id == 4657):
        hive, _, key = name.removeprefix("\\REGISTRY\\").partition("\\")
        document["registry.path"], document["registry.hive"], document["registry.key"] = name, hive, key
        document["registry.value"] = text(fields.get("ObjectValueName"))
    folder, file = text(fields.get("ShareLocalPath")), text(fields.get("RelativeTargetName"))
    share = text(fields.get("ShareName"))
    if folder and file:
        put_file(document, f"{folder}\\{file}")
        document["file.name"], document["file.directory"] = file, folder
    elif folder:
        document["file.directory"] = folder
    if share and file:
        document["file.target_path"] = f"{share}\\{file}"
