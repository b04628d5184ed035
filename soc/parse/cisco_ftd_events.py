"""Security events of Threat Defense, 430001 to 430007: `Name: value, Name: value`, by the names of Cisco's Security Event Syslog Messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from soc import instant
from soc.parse import fieldmap, network, url
from soc.parse.when import iso

if TYPE_CHECKING:
    from soc.event import Event
    from soc.parse.format import Document, Native

_NAME = re.compile(r"(?:^|, ?)([A-Z][A-Za-z0-9_]{0,40}(?: [A-Za-z0-9_]{1,40}){0,4}): ?")

MEANING: dict[str, tuple[str, list[str], list[str]]] = {
    "430001": ("intrusion-detected", ["intrusion_detection"], ["info"]),
    "430002": ("connection-started", ["network"], ["connection", "start"]),
    "430003": ("connection-finished", ["network"], ["connection", "end"]),
    "430004": ("file-detected", ["file"], ["info"]),
    "430005": ("malware-detected", ["malware", "file"], ["info"]),
}
"""Action, categories and types of the events by their number."""

_RECORD_TYPES = {
    "a host address": "A", "ip6 address": "AAAA", "text strings": "TXT", "a domain name pointer": "PTR", "an authoritative name server": "NS",
    "the canonical name for an alias": "CNAME", "marks the start of a zone of authority": "SOA", "mail exchange": "MX", "server selection": "SRV",
    "a mail exchange": "MX", "host information": "HINFO", "any": "ANY",
}  # fmt: skip
_RESPONSES = {
    "no error": "NOERROR", "non-existent domain": "NXDOMAIN", "server failure": "SERVFAIL", "query refused": "REFUSED", "format error": "FORMERR",
    "not implemented": "NOTIMP", "not authorized": "NOTAUTH",
}  # fmt: skip

_FIELDS = fieldmap.table(
    (None, {
        "IngressInterface": "observer.ingress.interface.name", "EgressInterface": "observer.egress.interface.name", "IngressZone": "observer.ingress.zone",
        "EgressZone": "observer.egress.zone", "ACPolicy": "rule.ruleset", "FilePolicy": "rule.ruleset", "AccessControlRuleName": "rule.name", "SID": "rule.id",
        "Revision": "rule.version", "Classification": "rule.category", "AccessControlRuleReason": "event.reason", "User": "user.id",
        "UserAgent": "user_agent.original", "HTTPReferer": "http.request.referrer", "ReferencedHost": "url.domain", "HTTP_Hostname": "url.domain",
        "HTTPMethod": "http.request.method", "DNSQuery": "dns.question.name", "FileName": "file.name", "FileSHA256": "file.hash.sha256",
        "ThreatName": "threat.software.name", "ArchiveSHA256": "file.hash.sha256", "SSLServerName": "tls.client.server_name", "SSLCipherSuite": "tls.cipher",
        "VLAN_ID": "network.vlan.id", "Message": "message", "OriginalClientSrcIP": "client.address", "EmailSubject": "email.subject",
        "EmailMessageID": "email.message_id",
    }),
    (network.ip, {
        "SrcIP": "source.ip", "DstIP": "destination.ip", "NAT_InitiatorIP": "source.nat.ip", "NAT_ResponderIP": "destination.nat.ip",
        "SecIntMatchingIP": "threat.indicator.ip",
    }),
    (network.number, {
        "SrcPort": "source.port", "DstPort": "destination.port", "InitiatorPackets": "source.packets", "ResponderPackets": "destination.packets",
        "InitiatorBytes": "source.bytes", "ResponderBytes": "destination.bytes", "NAT_InitiatorPort": "source.nat.port", "NAT_ResponderPort": "destination.nat.port",
        "HTTPResponse": "http.response.status_code", "FileSize": "file.size",
    }),
    (lambda text: network.transport(text)[0], {"Protocol": "network.transport"}),
    (str.lower, {"ApplicationProtocol": "network.protocol"}),
    (lambda text: _RECORD_TYPES.get(text.lower(), text), {"DNSRecordType": "dns.question.type"}),
    (lambda text: _RESPONSES.get(text.lower(), text), {"DNSResponseType": "dns.response_code"}),
    (fieldmap.one, {"EmailSender": "email.from.address", "EmailRecipient": "email.to.address"}),
)  # fmt: skip
_ELSEWHERE = frozenset({"URL", "URI", "HTTP_URI", "Client", "WebApplication", "ConnectionDuration", "FirstPacketSecond", "ICMPType", "ICMPCode",
                        "Endpoint Profile", "EventPriority", "message", "text", "id", "product", "severity", "class", "device_host", "device_time", "device_zone"})  # fmt: skip
_NOBODY = frozenset(
    {"no authentication required", "not found", "unknown", "no authentication", "pending", "invalid id"}
)
_DENIED = ("block", "drop", "reset", "denied")
_UNRESTED = frozenset({"malware", "custom detection"})


def fields(body: str) -> dict[str, Any]:
    """The event's fields by their own names; of a repeated name the first."""
    names = list(_NAME.finditer(body.rstrip()))
    found: dict[str, Any] = {}
    for name, behind in zip(names, [*names[1:], None], strict=False):
        found.setdefault(name[1], body[name.end() : behind.start() if behind else None].strip())
    return found


def ecs(event: Event, document: Document) -> None:
    """The ECS fields of one of these events."""
    native = event.native
    document["message"] = None
    fieldmap.fill(document, native, _FIELDS)
    document["message"] = document["message"] or native["text"]
    action, document["event.category"], types = MEANING[native["id"]]
    document["event.action"], document["event.type"] = action, [*types, *_verdict(native)]
    document["network.icmp.type"], document["network.icmp.code"] = native.get("ICMPType"), native.get("ICMPCode")
    if types[0] == "connection":
        document["event.outcome"] = "success"
    if native["id"] == "430001" or (
        native["id"] == "430005" and native.get("SHA_Disposition", "").lower() in _UNRESTED
    ):
        document["event.kind"] = "alert"
    applications = [
        native[name].lower() for name in ("Client", "WebApplication") if native.get(name, "") not in fieldmap.UNSET
    ]
    document["network.application"] = applications if len(applications) > 1 else "".join(applications)
    _period(event, document)
    _user(native.get("User", ""), document)
    _device(native.get("Endpoint Profile", ""), document)
    url.fill(document, native.get("URL") or native.get("URI") or native.get("HTTP_URI") or "")
    fieldmap.keep(document, native, "cisco.ftd.", _FIELDS.names | _ELSEWHERE)


def _verdict(native: Native) -> list[str]:
    action = native.get("AccessControlRuleAction", "").lower()
    if any(word in action for word in _DENIED):
        return ["denied"]
    return ["allowed"] if action in {"allow", "trust", "fastpath"} else []


def _period(event: Event, document: Document) -> None:
    """From the first packet to the record, or to it for as long as it says that the connection lasted."""
    native = event.native
    begun = iso(native["FirstPacketSecond"], event.frame.zone) if "FirstPacketSecond" in native else None
    seconds = network.number(native.get("ConnectionDuration"))
    if seconds is not None and seconds < 1 << 33:
        document["event.duration"] = seconds * 1_000_000_000
        document["event.end"] = document["@timestamp"]
        begun = begun if begun is not None else event.time - seconds * instant.SECOND
    if begun is not None:
        document["event.start"] = instant.iso(begun)


def _user(user: str, document: Document) -> None:
    if user and user.lower() not in _NOBODY:
        domain, backslash, name = user.rpartition("\\")
        document["user.name"], document["user.domain"] = name, domain if backslash else None


def _device(profile: str, document: Document) -> None:
    """ISE's profile of an endpoint, from the general to the special: `Workstation:Microsoft-Workstation:Windows7-Workstation`."""
    parts = profile.split(":")
    if parts[0] == "Workstation":
        parts = [part.removesuffix("-Workstation").replace("_", " ") for part in parts[1:]]
        document["device.model.name"] = parts[1] if len(parts) > 1 else None
        document["host.type"] = {"Macintosh": "Mac"}.get(parts[0], parts[0]) if parts else None
    elif len(parts) > 2:
        document["device.model.name"] = parts[2].replace("-", " ")
    document["device.manufacturer"] = parts[0].removesuffix("-Device") if parts else None
