"""ECS is a pure function of an event: what the frame told, what the format knows, and what follows from both."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from soc import instant

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document

SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
FACILITIES = (
    "kernel", "user-level", "mail", "system", "security/authorization", "syslogd", "line printer", "network news", "uucp",
    "clock", "security/authorization", "ftp", "ntp", "log audit", "log alert", "clock", "local0", "local1", "local2",
    "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip


def ecs(event: Event) -> Document:
    """The ECS document of an event, flat with dotted names, without `event.original`.

    Nothing is invented: a field that is neither in the record nor computed from it is absent.
    """
    document: Document = {"@timestamp": instant.iso(event.time)}
    _from_frame(event, document)
    event.format.ecs(event, document)
    _follow(document)
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def _from_frame(event: Event, document: Document) -> None:
    header = event.frame.syslog
    if header:
        if header.priority is not None and header.priority < 192:
            document["log.syslog.priority"] = header.priority
            document["log.syslog.facility.code"] = header.priority >> 3
            document["log.syslog.facility.name"] = FACILITIES[header.priority >> 3]
            document["log.syslog.severity.code"] = header.priority & 7
            document["log.syslog.severity.name"] = SEVERITIES[header.priority & 7]
        document["log.syslog.hostname"] = header.hostname
        document["log.syslog.appname"] = header.app
        document["log.syslog.procid"] = header.pid
        document["log.syslog.msgid"] = header.msgid
        document["log.syslog.version"] = str(header.version) if header.version else None
        document["host.name"] = document["host.hostname"] = header.hostname
        document["process.name"] = header.app
        document["process.pid"] = int(header.pid) if header.pid.isascii() and header.pid.isdigit() else None
    if event.frame.envelope:
        for name, value in flat(event.frame.envelope):
            if name.startswith(("host.", "log.file.", "observer.")) or name in _ENVELOPE:
                document.setdefault(name, value)
    if event.frame.text:
        document["message"] = event.frame.text
    if event.record.peer:
        document["observer.ip"] = [event.record.peer]


_ENVELOPE = frozenset({"event.timezone", "event.dataset", "event.module", "log.offset"})
_ADDRESSED = ("source", "destination", "client", "server")
_USERS = (
    "user.name",
    "user.target.name",
    "user.effective.name",
    "user.changes.name",
    "source.user.name",
    "destination.user.name",
)
_HOSTS = (
    "host.name",
    "host.hostname",
    "observer.hostname",
    "source.domain",
    "destination.domain",
    "url.domain",
    "dns.question.name",
)
_IPS = ("source.ip", "destination.ip", "source.nat.ip", "destination.nat.ip", "host.ip", "client.ip", "server.ip")
_HASHES = ("md5", "sha1", "sha256", "sha512", "imphash")


def _follow(document: Document) -> None:
    """What ECS defines as following from other fields: `*.address`, `related.*`."""
    for side in _ADDRESSED:
        address = document.get(f"{side}.address")
        if address is None:
            address = document.get(f"{side}.ip") or document.get(f"{side}.domain")
            if address:
                document[f"{side}.address"] = address
        elif f"{side}.ip" not in document and is_ip(address):
            document[f"{side}.ip"] = address
    _relate(document, "related.ip", _IPS)
    _relate(document, "related.user", _USERS)
    _relate(document, "related.hosts", _HOSTS)
    hashes = [name for name in document if name.rpartition(".")[2] in _HASHES and ".hash." in name]
    if hashes:
        _relate(document, "related.hash", tuple(hashes))


def _relate(document: Document, name: str, sources: tuple[str, ...]) -> None:
    related: list[Any] = list(document.get(name, ()))
    for source in sources:
        value = document.get(source)
        for item in value if isinstance(value, list) else (value,):
            if item and item not in related:
                related.append(item)
    if related:
        document[name] = related


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def flat(document: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names and values of a nested mapping; lists are values."""
    found: list[tuple[str, Any]] = []
    for key, value in document.items():
        if isinstance(value, dict):
            found += flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def nested(document: Document) -> dict[str, Any]:
    """The same document with objects for dots; where `a` and `a.b` both exist, `a` is kept as `a.value`."""
    root: dict[str, Any] = {}
    for name, value in document.items():
        *path, last = name.split(".")
        node = root
        for part in path:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                below = node[part] = {"value": below}
            node = below
        if isinstance(node.get(last), dict) and not isinstance(value, dict):
            node[last]["value"] = value
        else:
            node[last] = value
    return root
