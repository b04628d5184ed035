"""Events of the other channels as ECS: the field names that services, tasks, Defender and remote sessions share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc.parse import url
from soc.parse.windows_values import account, address, number, port, put_file, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soc.parse.format import Document
    from soc.parse.windows_convention import Convention

_ADDRESSES = ("IpAddress", "Address", "ClientIP", "ClientAddress")
_USERS = ("User", "DetectionUser", "SubjectUserName", "UserName", "AccountName")
_IN_MESSAGE = re.compile(
    r"Client (?:IP|Address): *(\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9A-Fa-f:]*:[0-9A-Fa-f:]+\]?)(?::(\d{1,5}))?", re.ASCII
)
_SERVICES = frozenset({7000, 7009, 7023, 7024, 7031, 7034, 7036, 7040})


def describe_other(fields: Mapping[str, Any], document: Document, event_id: int, _convention: Convention) -> None:
    """Add what the usual field names tell."""
    if "cs-uri-stem" in fields:
        from soc.parse import iis  # noqa: PLC0415 (few sites' events need the format, all wait for its import)

        iis.from_event(fields, document)
    _who(fields, document)
    _from(fields, document)
    _url(fields, document)
    service = fields.get("ServiceName", fields.get("param1") if event_id in _SERVICES else None)
    document["service.name"] = text(service)
    document["process.executable"] = text(fields.get("ProcessName"))
    threat = text(fields.get("ThreatName"))
    if threat:
        document["rule.name"] = threat
        put_file(document, _defender_path(text(fields.get("Path"))))


def _who(fields: Mapping[str, Any], document: Document) -> None:
    for field in _USERS if "ServiceName" not in fields else ():  # a service's account is not who acts
        domain, name = account(fields.get(field))
        if name:
            document["user.name"] = name
            document["user.domain"] = domain or text(fields.get("SubjectDomainName")) or document.get("user.domain")
            return


def _from(fields: Mapping[str, Any], document: Document) -> None:
    for field in _ADDRESSES:
        document["source.ip"] = address(fields.get(field))
        if document["source.ip"]:
            return
    message = fields.get("Message")
    if isinstance(message, str) and (found := _IN_MESSAGE.search(message)):
        document["source.ip"] = address(found[1].rstrip("."))
        document["source.port"] = port(found[2])


def _url(fields: Mapping[str, Any], document: Document) -> None:
    """A transfer of BITS: from where, what, how much."""
    told = text(fields.get("url"))
    if told is None:
        return
    url.fill(document, told)
    document["url.full"] = told
    document["destination.domain"] = document.get("url.domain")
    document["file.name"] = text(fields.get("name"))
    document["file.size"] = number(fields.get("fileLength"))


def _defender_path(path: str | None) -> str | None:
    """Defender lists `file:_C:\\path; containerfile:_...`."""
    return path.partition(";")[0].strip().removeprefix("file:_") if path else None
