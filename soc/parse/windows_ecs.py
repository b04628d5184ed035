"""Windows events as ECS, from their flat fields (`windows_fields`): what all have in common, and who describes the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.ecs_fields import host_name
from soc.parse.windows_events import DATASETS, FAILURES, LEVELS, MEANINGS
from soc.parse.windows_fields import number_of
from soc.parse.windows_other import describe_other
from soc.parse.windows_powershell import describe_powershell
from soc.parse.windows_security import describe_security
from soc.parse.windows_sysmon import describe_sysmon
from soc.parse.windows_values import arguments, base_name, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soc.event import Event
    from soc.parse.format import Document, EcsField, Native
    from soc.parse.windows_convention import Convention

    Describe = Callable[[Mapping[str, Any], Document, int, Convention], None]

_BY_CHANNEL: dict[str, Describe] = {
    "security": describe_security,
    "microsoft-windows-sysmon/operational": describe_sysmon,
    "windows powershell": describe_powershell,
    "powershellcore/operational": describe_powershell,
    "microsoft-windows-powershell/operational": describe_powershell,
}
_AUDIT_SUCCESS, _AUDIT_FAILURE = 0x0020_0000_0000_0000, 0x0010_0000_0000_0000
_OUTCOMES = {
    "audit success": "success", "audit_success": "success", "success": "success",
    "audit failure": "failure", "audit_failure": "failure", "failure": "failure",
}  # fmt: skip


def describe(fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    """Add the ECS fields of a Windows event to a document."""
    event_id = number(fields.get("EventID"))
    channel = text(fields.get("Channel")) or ""
    code = -1 if event_id is None else event_id
    _system(fields, document, convention)
    _event(fields, document, channel.lower(), code)
    _BY_CHANNEL.get(channel.lower(), describe_other)(fields, document, code, convention)
    _processes(document, convention)


def fields_of(value: Callable[[str], Callable[[Native], Any]]) -> dict[str, EcsField]:
    """The accessors of those fields that System alone decides, from the accessors of what System holds."""
    computer, channel, event_id = value("Computer"), value("Channel"), value("EventID")

    def host(event: Event) -> Any:
        return text(computer(event.native)) or host_name(event)

    def dataset(event: Event) -> str | None:
        return DATASETS.get((text(channel(event.native)) or "").lower())

    def action(event: Event) -> str | None:
        code = number(event_id(event.native))
        of_channel = MEANINGS.get((text(channel(event.native)) or "").lower(), {})
        meaning = of_channel.get(-1 if code is None else code)
        return (meaning.action or None) if meaning else None

    def code(event: Event) -> str | None:
        return text(number_of(event_id(event.native)))

    return {"host.name": host, "event.dataset": dataset, "event.action": action, "event.code": code}


def _system(fields: Mapping[str, Any], document: Document, convention: Convention) -> None:
    computer = text(fields.get("Computer"))
    if computer:
        document["host.name"] = computer
        document["host.hostname"] = computer.partition(".")[0] if convention.first_label_is_hostname else None
    document["process.name"] = None  # a syslog header around the event names its relay
    document["host.os.type"] = document["host.os.family"] = "windows"
    document["process.pid"] = number(fields.get("Execution_ProcessID"))
    document["process.thread.id"] = number(fields.get("Execution_ThreadID"))
    document["user.id"] = text(fields.get("UserID"))
    domain = text(fields.get("Domain"))
    if domain:  # without it, AccountName is a leaf of the event, not the account that wrote it
        document["user.name"], document["user.domain"] = text(fields.get("AccountName")), domain
    document["log.level"] = _level(fields)
    document["winlog.channel"] = text(fields.get("Channel"))
    document["winlog.record_id"] = text(fields.get("EventRecordID"))
    document["winlog.provider_guid"] = text(fields.get("Provider_Guid"))
    document["winlog.activity_id"] = text(fields.get("Correlation_ActivityID"))
    message = fields.get("Message")
    if isinstance(message, str):
        document["message"] = message


def _level(fields: Mapping[str, Any]) -> str | None:
    severity = text(fields.get("Severity"))
    if severity:
        return severity.lower()
    level = number_of(fields.get("Level"))
    return LEVELS.get(level) if isinstance(level, int) else (text(level) or "").lower()


def _event(fields: Mapping[str, Any], document: Document, channel: str, code: int) -> None:
    document["event.kind"] = "event"
    document["event.module"] = "windows"
    document["event.dataset"] = DATASETS.get(channel)
    document["event.provider"] = text(fields.get("Provider_Name"))
    document["event.code"] = text(number_of(fields.get("EventID")))
    document["event.outcome"] = _outcome(fields) or ("failure" if channel == "security" and code in FAILURES else None)
    meaning = MEANINGS.get(channel, {}).get(code)
    if meaning:
        document["event.category"] = list(meaning.category)
        document["event.type"] = list(meaning.type)
        document["event.action"] = meaning.action


def _outcome(fields: Mapping[str, Any]) -> str | None:
    told = fields.get("EventType")
    if isinstance(told, str) and told.lower() in _OUTCOMES:
        return _OUTCOMES[told.lower()]
    keywords = fields.get("Keywords")
    for word in keywords if isinstance(keywords, list) else (keywords,):
        if isinstance(word, str) and word.lower() in _OUTCOMES:
            return _OUTCOMES[word.lower()]
        if (bits := number(word, 1 << 64)) is not None:
            if bits & _AUDIT_SUCCESS:
                return "success"
            if bits & _AUDIT_FAILURE:
                return "failure"
    return None


def _parent_command_line(document: Document) -> None:
    image, told = document.get("process.parent.executable"), document.get("process.parent.command_line")
    if image and (not told or told.lower() == base_name(image).lower()):
        document["process.parent.command_line"] = image


def _processes(document: Document, convention: Convention) -> None:
    """What follows from images and command lines."""
    for process in ("process", "process.parent"):
        executable = document.get(f"{process}.executable")
        if executable:
            document[f"{process}.name"] = base_name(executable)
            folder = executable[: len(executable) - len(base_name(executable))]
            if convention.image_folder_is_working_directory and folder:
                document.setdefault(f"{process}.working_directory", folder)
        command_line = document.get(f"{process}.command_line")
        if command_line:
            parts = arguments(command_line)
            document[f"{process}.args"] = parts
            document[f"{process}.args_count"] = len(parts)
    if convention.image_is_parent_command_line:
        _parent_command_line(document)
