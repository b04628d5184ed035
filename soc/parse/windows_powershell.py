"""PowerShell events (400, 403, 600, 800; 4103 to 4106) as ECS: the host application and its engine are in blocks of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soc.parse.windows_values import account, arguments, base_name, number, pairs, put_file, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document
    from soc.parse.windows_convention import Convention

_BLOCKS = ("ContextInfo", "param3", "param2")


def describe_powershell(fields: Mapping[str, Any], document: Document, event_id: int, convention: Convention) -> None:
    """Add what a PowerShell event tells."""
    told = _context(fields)
    document["process.title"] = text(told.get("HostName"))
    document["process.entity_id"] = text(told.get("HostId", told.get("HostID")))
    document["process.command_line"] = text(told.get("HostApplication", told.get("Applicationhôte")))
    document["event.sequence"] = number(told.get("SequenceNumber"))
    put_file(document, text(told.get("ScriptName")) or text(fields.get("Path")))
    command_line = document["process.command_line"]
    if command_line and (parts := arguments(command_line)):
        document["process.name"] = base_name(parts[0])
    domain, name = account(told.get("UserId", told.get("User")))
    if name and not (convention.collector_names_account and document.get("user.name")):
        document["user.domain"], document["user.name"] = domain, name
    if event_id == 4103:
        _users(told, document)


def _context(fields: Mapping[str, Any]) -> dict[str, str]:
    """The pairs of the block that holds them, their names without blanks (`Host Name` and `HostName`)."""
    blocks: list[Any] = [fields.get(name) for name in _BLOCKS]
    data = fields.get("Data")
    blocks += data if isinstance(data, list) else [data]
    found: dict[str, str] = {}
    for block in blocks:
        for name, value in pairs(block).items():
            found.setdefault(name.replace(" ", ""), value)
    return found


def _users(told: Mapping[str, str], document: Document) -> None:
    """A remote pipeline names who connected besides who runs it."""
    for name, side in (("User", "source"), ("ConnectedUser", "destination")):
        domain, user = account(told.get(name))
        if user and told.get("ConnectedUser"):
            document[f"{side}.user.domain"], document[f"{side}.user.name"] = domain, user
